// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.ring;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.managedhsm.crypto.fixture.NewThread;
import dev.managedhsm.crypto.fixture.ThreadStack;
import dev.managedhsm.crypto.foreign.CLibrary;
import dev.managedhsm.crypto.key.KeyClass;
import dev.managedhsm.crypto.key.KeyHandle;
import dev.managedhsm.crypto.key.KeyName;
import dev.managedhsm.crypto.lifecycle.KeyUpdate;
import dev.managedhsm.crypto.operation.Algorithm;
import dev.managedhsm.crypto.operation.Completions;
import dev.managedhsm.crypto.operation.Limits;
import dev.managedhsm.crypto.operation.OperationSlot;
import dev.managedhsm.crypto.operation.Outcome;
import dev.managedhsm.crypto.operation.Stage;
import java.lang.foreign.Arena;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class OperationRingTest {
    private final RingRig rig = new RingRig();
    private final List<Throwable> failures = new CopyOnWriteArrayList<>();
    private @Nullable OperationRing opened;

    @AfterEach
    void end() {
        if (opened != null) {
            opened.close();
        }
        rig.close();
    }

    @ParameterizedTest
    @EnumSource(IdleStrategy.class)
    void signsAndHandsBackWithEveryIdleStrategy(IdleStrategy idle) throws Exception {
        OperationRing ring = ring(new RingConfig(1, 1, 16, 16, idle, false));
        OperationSlot slot = rig.sign(rig.key("k", KeyClass.P_256), Algorithm.ES256, 32);
        assertEquals(Admission.ADMITTED, ring.submit(slot, System.nanoTime()));
        assertSame(slot, rig.home.take());
        assertEquals(Outcome.DONE, slot.outcome());
        assertEquals(64, slot.outputValueLength());
        assertTrue(slot.nanos(Stage.EXECUTE) >= 0);
    }

    @Test
    void tellsHowItsLanesDo() throws Exception {
        OperationRing ring = ring(new RingConfig(1, 1, 16, 8, IdleStrategy.PHASED, false));
        KeyHandle key = rig.key("k", KeyClass.P_256);
        long nanos = 0;
        for (int i = 0; i < 3; i++) {
            ring.submit(rig.sign(key, Algorithm.ES256, 32), System.nanoTime());
            nanos += rig.home.take().nanos(Stage.EXECUTE);
        }
        LaneGauge fast = ring.lanes().get(0);
        LaneGauge slow = ring.lanes().get(1);
        assertEquals(List.of("fast", "slow"), List.of(fast.name(), slow.name()));
        assertEquals(List.of(16, 8), List.of(fast.capacity(), slow.capacity()));
        assertEquals(List.of(3L, 0L), List.of(fast.operations(), slow.operations()));
        assertEquals(List.of(nanos, 0L), List.of(fast.busyNanos(), slow.busyNanos()));
        assertEquals(0, fast.depth());
        assertEquals(1, fast.workers());
    }

    @Test
    void handsBackEachOfManySlotsOnceWithTwoWorkersOnOneLane() throws Exception {
        OperationRing ring = ring(new RingConfig(2, 1, 64, 16, IdleStrategy.PHASED, true));
        KeyHandle key = rig.key("k", KeyClass.OCT_256);
        int count = 20_000;
        Set<OperationSlot> back = Collections.newSetFromMap(new IdentityHashMap<>());
        List<OperationSlot> slots = new ArrayList<>();
        for (int i = 0; i < 64; i++) {
            slots.add(rig.sign(key, Algorithm.HS256, 32));
        }
        int out = 0;
        int taken = 0;
        while (taken < count) {
            // A worker that was put off the core holds its place, so a full lane is an expected answer here.
            while (!slots.isEmpty() && ring.submit(slots.getLast(), System.nanoTime()) == Admission.ADMITTED) {
                slots.removeLast();
                out++;
            }
            if (out > 0) {
                OperationSlot slot = rig.home.take();
                assertEquals(Outcome.DONE, slot.outcome());
                back.add(slot);
                slots.add(slot);
                out--;
                taken++;
            }
        }
        for (; out > 0; out--) {
            back.add(rig.home.take());
        }
        assertEquals(64, back.size());
        assertTrue(rig.home.offered.isEmpty());
    }

    /** An owner that has the worker leave something on its stack. */
    private static final class LeavingOwner implements Completions {
        private final byte[] left = ThreadStack.bytesToLeave();
        private final CompletableFuture<Thread> worker = new CompletableFuture<>();
        private @Nullable ThreadStack stack;

        @Override
        public void offer(OperationSlot slot) {
            stack = ThreadStack.ofCurrentThread();
            ThreadStack.leave(left);
        }

        @Override
        public void wake() {
            worker.complete(Thread.currentThread());
        }
    }

    @Test
    void leavesNothingOnAWorkersStackThatWaits() throws Exception {
        assumeTrue(CLibrary.known());
        OperationRing ring = ring(new RingConfig(1, 1, 16, 16, IdleStrategy.BLOCKING, false));
        KeyHandle key = rig.key("k", KeyClass.OCT_256);
        try (Arena arena = Arena.ofShared()) {
            LeavingOwner owner;
            OperationSlot slot;
            int turns = 0;
            do { // until one is cheap: what is forgotten before the worker waits is not forgotten at once
                assertTrue(++turns < 10_000, "an HMAC takes no longer than a signature");
                owner = new LeavingOwner();
                slot = new OperationSlot(0, arena.allocate(Limits.SLOT_LENGTH, 64), owner);
                rig.again(slot, key, Algorithm.HS256, 32);
                assertEquals(Admission.ADMITTED, ring.submit(slot, System.nanoTime()));
                NewThread.awaitSleep(owner.worker.get(1, TimeUnit.MINUTES));
            } while (slot.nanos(Stage.EXECUTE) >= Worker.EXPENSIVE_NANOS);
            byte[] stack = Objects.requireNonNull(owner.stack).bytes();
            assertEquals(0, ThreadStack.pieces(owner.left, stack));
        }
    }

    @Test
    void wakesTheOwnerFarLessOftenThanItHandsBack() throws Exception {
        OperationRing ring = ring(new RingConfig(1, 1, 512, 16, IdleStrategy.PHASED, false));
        KeyHandle key = rig.key("k", KeyClass.OCT_256);
        List<OperationSlot> slots = new ArrayList<>();
        for (int i = 0; i < 512; i++) {
            slots.add(rig.sign(key, Algorithm.HS256, 32));
        }
        int before = rig.home.wakes.get();
        for (OperationSlot slot : slots) {
            ring.submit(slot, System.nanoTime());
        }
        for (int i = 0; i < slots.size(); i++) {
            rig.home.take();
        }
        int wakes = rig.home.wakes.get() - before;
        assertTrue(wakes <= slots.size() / 2, wakes + " wake-ups for " + slots.size());
    }

    @Test
    void refusesAtOnceWhenTheLaneIsFull() throws Exception {
        OperationRing ring = ring(new RingConfig(1, 1, 16, 4, IdleStrategy.PHASED, false));
        KeyHandle key = rig.key("slow", KeyClass.RSA_3072);
        int admitted = 0;
        int full = 0;
        for (int i = 0; i < 64; i++) {
            switch (ring.submit(rig.sign(key, Algorithm.RS256, 32), System.nanoTime())) {
                case ADMITTED -> admitted++;
                case FULL -> full++;
                case TOO_LATE, CLOSED -> throw new AssertionError("there is a minute, and the ring is open");
            }
        }
        assertTrue(full > 0, "64 slots do not fit four places");
        for (int i = 0; i < admitted; i++) {
            assertEquals(Outcome.DONE, rig.home.take().outcome());
        }
    }

    @Test
    void refusesAtOnceWhatTheQueueWouldServeTooLate() throws Exception {
        OperationRing ring = ring(new RingConfig(1, 1, 16, 64, IdleStrategy.PHASED, false));
        KeyHandle key = rig.key("slow", KeyClass.RSA_3072);
        ring.submit(rig.sign(key, Algorithm.RS256, 32), System.nanoTime());
        rig.home.take(); // from now on the lane knows what an operation takes
        int admitted = 0;
        while (ring.waitNanos(rig.sign(key, Algorithm.RS256, 32)) < 3_000_000) {
            ring.submit(rig.sign(key, Algorithm.RS256, 32), System.nanoTime());
            admitted++;
        }
        OperationSlot hasty = rig.sign(key, Algorithm.RS256, 32);
        long now = System.nanoTime();
        hasty.deadlineNanos(now + 1);
        assertEquals(Admission.TOO_LATE, ring.submit(hasty, now));
        for (int i = 0; i < admitted; i++) {
            rig.home.take();
        }
    }

    @Test
    void countsEachWaitingOperationByItsOwnCost() throws Exception {
        OperationRing ring = ring(new RingConfig(1, 1, 64, 64, IdleStrategy.PHASED, false));
        KeyHandle cheap = rig.key("cheap", KeyClass.OCT_256);
        KeyHandle dear = rig.key("dear", KeyClass.RSA_2048);
        for (int i = 0; i < 40; i++) { // nothing is left of what was assumed at the start
            ring.submit(rig.sign(cheap, Algorithm.HS256, 32), System.nanoTime());
            rig.home.take();
        }
        int out = 0;
        while (ring.lanes().getFirst().depth() < 8) {
            ring.submit(rig.sign(dear, Algorithm.RS256, 32), System.nanoTime());
            out++;
        }
        long before = ring.waitNanos(rig.sign(cheap, Algorithm.HS256, 32));
        assertEquals(Admission.ADMITTED, ring.submit(rig.sign(cheap, Algorithm.HS256, 32), System.nanoTime()));
        out++;
        assertTrue(before >= 100_000, "seven RSA signatures wait, and the wait is said to be " + before + " ns");
        for (int i = 0; i < out; i++) {
            rig.home.take();
        }
        assertEquals(0, ring.waitNanos(rig.sign(cheap, Algorithm.HS256, 32)));
    }

    @Test
    void givesEachWhoIsRefusedATimeOfItsOwn() throws Exception {
        OperationRing ring = ring(new RingConfig(1, 1, 16, 4, IdleStrategy.PHASED, false));
        OperationSlot slot = rig.sign(rig.key("slow", KeyClass.RSA_3072), Algorithm.RS256, 32);
        long now = System.nanoTime();
        long first = ring.retryNanos(slot, now);
        long second = ring.retryNanos(slot, now);
        long third = ring.retryNanos(slot, now);
        assertTrue(second > first && third - second == second - first, first + ", " + second + ", " + third);
        for (int i = 0; i < 200_000; i++) {
            third = ring.retryNanos(slot, now);
        }
        assertEquals(Lane.RETRY_NANOS_MAX, third);
        long later = now + Lane.RETRY_NANOS_MAX;
        assertTrue(ring.retryNanos(slot, later) < Lane.RETRY_NANOS_MAX, "time does not heal");
    }

    @Test
    void verifiesWithALargeKeyInTheFastLane() throws Exception {
        OperationRing ring = ring(new RingConfig(1, 1, 16, 4, IdleStrategy.PHASED, false));
        KeyHandle key = rig.key("large", KeyClass.RSA_3072);
        ring.submit(rig.sign(key, Algorithm.RS256, 32), System.nanoTime());
        rig.home.take();
        assertEquals(1, ring.lanes().get(1).operations());
        OperationSlot verify = rig.sign(key, Algorithm.RS256, 384); // a signature of zeroes
        verify.put(OperationSlot.Field.DIGEST, 32);
        verify.ask(dev.managedhsm.crypto.operation.Operation.VERIFY, Algorithm.RS256, key);
        ring.submit(verify, System.nanoTime());
        assertEquals(Outcome.SIGNATURE_INVALID, rig.home.take().outcome());
        assertEquals(1, ring.lanes().get(0).operations());
    }

    @Test
    void touchesNoKeyOnceTheDeadlineHasPassed() throws Exception {
        OperationRing ring = ring(new RingConfig(1, 1, 16, 16, IdleStrategy.PHASED, false));
        OperationSlot slot = rig.sign(rig.key("k", KeyClass.P_256), Algorithm.ES256, 32);
        slot.deadlineNanos(System.nanoTime() - 1);
        ring.submit(slot, System.nanoTime());
        assertEquals(Outcome.DEADLINE_PASSED, rig.home.take().outcome());
        assertEquals(0, slot.outputValueLength());
    }

    @Test
    void findsNothingUnderTheHandleOfADeletedKey() throws Exception {
        OperationRing ring = ring(new RingConfig(1, 1, 16, 16, IdleStrategy.PHASED, false));
        KeyHandle key = rig.key("k", KeyClass.P_256);
        rig.done(rig.lifecycle.delete(new KeyName("k")));
        ring.submit(rig.sign(key, Algorithm.ES256, 32), System.nanoTime());
        assertEquals(Outcome.KEY_GONE, rig.home.take().outcome());
    }

    @Test
    void asksTheKeysAttributesAgainOnTheWorker() throws Exception {
        OperationRing ring = ring(new RingConfig(1, 1, 16, 16, IdleStrategy.PHASED, false));
        KeyHandle key = rig.key("k", KeyClass.P_256);
        rig.done(rig.lifecycle.update(new KeyName("k"), null, new KeyUpdate(null, false, null, null, null)));
        ring.submit(rig.sign(key, Algorithm.ES256, 32), System.nanoTime());
        assertEquals(Outcome.KEY_DISABLED, rig.home.take().outcome());

        KeyUpdate expired = new KeyUpdate(null, true, null, 1L, null);
        rig.done(rig.lifecycle.update(new KeyName("k"), null, expired));
        ring.submit(rig.sign(key, Algorithm.ES256, 32), System.nanoTime());
        assertEquals(Outcome.KEY_NOT_IN_PERIOD, rig.home.take().outcome());

        KeyUpdate nothing = new KeyUpdate(
                EnumSet.of(dev.managedhsm.crypto.key.PermittedOperation.VERIFY), null, null, Long.MAX_VALUE, null);
        rig.done(rig.lifecycle.update(new KeyName("k"), null, nothing));
        ring.submit(rig.sign(key, Algorithm.ES256, 32), System.nanoTime());
        assertEquals(Outcome.OPERATION_NOT_PERMITTED, rig.home.take().outcome());
    }

    @Test
    void handsBackEverythingThatWasAdmittedBeforeItEnds() throws Exception {
        OperationRing ring = ring(new RingConfig(1, 1, 64, 64, IdleStrategy.PHASED, false));
        KeyHandle fast = rig.key("fast", KeyClass.P_256);
        KeyHandle slow = rig.key("slow", KeyClass.RSA_3072);
        for (int i = 0; i < 40; i++) {
            assertEquals(Admission.ADMITTED, ring.submit(rig.sign(fast, Algorithm.ES256, 32), System.nanoTime()));
            assertEquals(Admission.ADMITTED, ring.submit(rig.sign(slow, Algorithm.RS256, 32), System.nanoTime()));
        }
        ring.close();
        assertEquals(80, rig.home.offered.size());
        rig.home.offered.forEach(slot -> assertEquals(Outcome.DONE, slot.outcome()));
        assertEquals(Admission.CLOSED, ring.submit(rig.sign(fast, Algorithm.ES256, 32), System.nanoTime()));
    }

    @Test
    void tellsWhenTheEngineBreaksItsPromiseAndStillHandsBack() throws Exception {
        OperationRing ring = ring(new RingConfig(1, 1, 16, 16, IdleStrategy.PHASED, false));
        OperationSlot slot = rig.sign(rig.key("k", KeyClass.P_256), Algorithm.ES256, 32);
        rig.sealingKeys.close(); // the key is cold, and nothing can unseal it any more
        ring.submit(slot, System.nanoTime());
        assertEquals(Outcome.ENGINE_FAILED, rig.home.take().outcome());
        assertEquals(1, failures.size());
    }

    @Test
    void handsBackWhatComesToAWorkerThatCouldNotStart() throws Exception {
        KeyHandle key = rig.key("k", KeyClass.P_256);
        List<AutoCloseable> readers = new ArrayList<>();
        for (int i = 0; i < dev.managedhsm.crypto.keyring.Keyring.READERS_MAX_DEFAULT; i++) {
            readers.add(rig.keyring.reader()); // no room is left for a worker's
        }
        OperationRing ring = ring(new RingConfig(1, 1, 16, 16, IdleStrategy.PHASED, false));
        for (int i = 0; i < 100; i++) {
            while (ring.submit(rig.sign(key, Algorithm.ES256, 32), System.nanoTime()) != Admission.ADMITTED) {
                Thread.onSpinWait();
            }
            assertEquals(Outcome.ENGINE_FAILED, rig.home.take().outcome());
        }
        ring.close(); // after it has ended, each worker has told why it could not start
        assertEquals(2, failures.size());
        for (AutoCloseable reader : readers) {
            reader.close();
        }
    }

    private OperationRing ring(RingConfig config) {
        OperationRing ring = new OperationRing(config, rig.engine, rig.keyring, Clock.systemUTC(), failures::add);
        opened = ring;
        return ring;
    }
}
