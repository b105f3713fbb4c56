// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.ring;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import dev.managedhsm.crypto.engine.NativeEngine;
import dev.managedhsm.crypto.key.KeyClass;
import dev.managedhsm.crypto.key.KeyHandle;
import dev.managedhsm.crypto.memory.LockedMemory;
import dev.managedhsm.crypto.operation.Algorithm;
import dev.managedhsm.crypto.operation.Completions;
import dev.managedhsm.crypto.operation.Limits;
import dev.managedhsm.crypto.operation.Operation;
import dev.managedhsm.crypto.operation.OperationSlot;
import dev.managedhsm.crypto.operation.OperationSlot.Field;
import dev.managedhsm.crypto.operation.Outcome;
import java.lang.management.ManagementFactory;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** A worker's thread from claim to hand-back, watched by the JVM's own counter. */
class WorkerAllocationTest {
    private static final int SLOTS = 32;
    private static final int OPERATIONS = 10_000;
    private static final int ROUNDS_MAX = 20;
    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    /** Asked in turn. */
    private record Asked(Operation operation, Algorithm algorithm, KeyHandle key, int length) {}

    /** Where slots come back. Neither lock nor queue node, because it is the worker that offers. */
    private static final class Home implements Completions {
        private final AtomicReferenceArray<@Nullable OperationSlot> back = new AtomicReferenceArray<>(SLOTS);
        private final Thread owner = Thread.currentThread();
        private int next;

        @Override
        public void offer(OperationSlot slot) {
            back.set(slot.index(), slot);
        }

        @Override
        public void wake() {
            LockSupport.unpark(owner);
        }

        OperationSlot take() {
            long endNanos = System.nanoTime() + TimeUnit.MINUTES.toNanos(1);
            while (System.nanoTime() < endNanos) {
                for (int i = 0; i < SLOTS; i++) {
                    OperationSlot slot = back.getAndSet(next++ % SLOTS, null);
                    if (slot != null) {
                        return slot;
                    }
                }
                LockSupport.parkNanos(this, TimeUnit.SECONDS.toNanos(1));
            }
            throw new AssertionError("no slot came back");
        }
    }

    private final List<Asked> asked = new ArrayList<>();
    private final Home home = new Home();
    private final AtomicReference<@Nullable Throwable> broken = new AtomicReference<>();
    private int turn;

    @Test
    void executesTenThousandOperationsWithoutAllocating() throws Exception {
        RingConfig config = new RingConfig(1, 1, SLOTS, 2, IdleStrategy.PHASED, false);
        try (RingRig rig = new RingRig();
                LockedMemory memory = LockedMemory.allocate((long) SLOTS * Limits.SLOT_LENGTH, "slots");
                OperationRing ring =
                        new OperationRing(config, rig.engine, rig.keyring, Clock.systemUTC(), broken::set)) {
            assertInstanceOf(NativeEngine.class, rig.engine);
            ask(rig);
            for (int i = 0; i < SLOTS; i++) {
                var place = memory.segment().asSlice((long) i * Limits.SLOT_LENGTH, Limits.SLOT_LENGTH);
                home.offer(new OperationSlot(i, place, home));
            }
            long worker = workerId();
            // Interpreted native calls allocate, and so does each change to better compiled code, once.
            long allocated = Long.MAX_VALUE;
            for (int round = 0; round < ROUNDS_MAX && allocated > 0; round++) {
                allocated = allocatedBytes(worker, ring);
            }
            assertEquals(0, allocated);
        }
    }

    /** The cheap ones five times as often as RSA, so that the test takes seconds. */
    private void ask(RingRig rig) throws Exception {
        KeyHandle oct = rig.key("oct", KeyClass.OCT_256);
        KeyHandle ec = rig.key("ec", KeyClass.P_256);
        for (int i = 0; i < 5; i++) {
            asked.add(new Asked(Operation.SIGN, Algorithm.ES256, ec, 32));
            asked.add(new Asked(Operation.SIGN, Algorithm.HS256, oct, 32));
            asked.add(new Asked(Operation.ENCRYPT, Algorithm.A256GCM, oct, 1024));
            asked.add(new Asked(Operation.WRAP_KEY, Algorithm.A256KW, oct, 32));
        }
        asked.add(new Asked(Operation.SIGN, Algorithm.RS256, rig.key("rsa", KeyClass.RSA_2048), 32));
    }

    private long allocatedBytes(long worker, OperationRing ring) {
        long before = THREADS.getThreadAllocatedBytes(worker);
        for (int i = 0; i < OPERATIONS; i++) {
            submit(ring);
        }
        List<OperationSlot> all = new ArrayList<>();
        for (int i = 0; i < SLOTS; i++) {
            all.add(back());
        }
        long after = THREADS.getThreadAllocatedBytes(worker);
        all.forEach(home::offer);
        return after - before;
    }

    private void submit(OperationRing ring) {
        OperationSlot slot = back();
        Asked next = asked.get(turn++ % asked.size());
        slot.wipe();
        slot.ask(next.operation, next.algorithm, next.key);
        slot.put(Field.VALUE, next.length);
        long nowNanos = System.nanoTime();
        slot.deadlineNanos(nowNanos + TimeUnit.MINUTES.toNanos(1));
        assertEquals(Admission.ADMITTED, ring.submit(slot, nowNanos));
    }

    /** A slot that was never out, or has come back well. */
    private OperationSlot back() {
        OperationSlot slot = home.take();
        assertNull(broken.get());
        assertTrue(slot.inputEnd() == 0 || slot.outcome() == Outcome.DONE, () -> "ended with " + slot.outcome());
        return slot;
    }

    private static long workerId() {
        for (long id : THREADS.getAllThreadIds()) {
            var thread = THREADS.getThreadInfo(id);
            if (thread != null && thread.getThreadName().equals("fast-0")) {
                return id;
            }
        }
        throw new AssertionError("the ring has a fast worker");
    }
}
