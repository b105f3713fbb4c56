// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.perf.micro;

import dev.managedhsm.crypto.operation.OperationSlot;
import dev.managedhsm.crypto.ring.Admission;
import dev.managedhsm.crypto.ring.IdleStrategy;
import dev.managedhsm.crypto.ring.OperationRing;
import dev.managedhsm.crypto.ring.RingConfig;
import dev.managedhsm.gateway.dispatch.SlotPool;
import java.time.Clock;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Keeps a number of slots on their way through the ring and back: the production ring with one pinned fast worker, the
 * production slot pool and completion queue, and the calling thread in the place of the event loop, which sleeps when
 * nothing has come back and is woken by the worker. A sleeping worker is woken for each slot: there are no turns to gather slots in.
 *
 * <p>Owned by one thread, which may change while {@link #out()} is 0. Allocates nothing after the constructor.
 */
public final class RingLoop implements AutoCloseable {
    private static final long WAIT_NANOS_MAX = TimeUnit.SECONDS.toNanos(60);

    private final Asking asking;
    private final int inFlight;
    private final OperationRing ring;
    private final SlotPool<RingLoop> slots;
    private final AtomicReference<@Nullable Throwable> broken = new AtomicReference<>();
    private final Mailbox mailbox = new Mailbox();
    private final WorkerThread worker;
    private int back;

    /**
     * Makes the workload's key and starts the ring.
     *
     * @param keys where the keys live
     * @param workload what is asked
     * @param inFlight how many slots are on their way at a time, at least 1
     * @param idle what the worker does while nothing waits
     */
    public RingLoop(LiveKeys keys, Workload workload, int inFlight, IdleStrategy idle) {
        this.asking = keys.asking(workload);
        this.inFlight = inFlight;
        int capacity = Math.max(2, Integer.highestOneBit(inFlight) * 2);
        boolean pinned = Runtime.getRuntime().availableProcessors() > 1;
        RingConfig config = new RingConfig(1, 1, capacity, 2, idle, pinned);
        this.slots = new SlotPool<>(inFlight, mailbox, RingLoop::finished);
        this.ring = new OperationRing(config, keys.engine(), keys.keyring(), Clock.systemUTC(), broken::set);
        this.worker = WorkerThread.ofRing();
    }

    /** The thread that executes. */
    public WorkerThread worker() {
        return worker;
    }

    /** Brings the slots on their way, up to the number wanted but one: {@link #step} submits the last. */
    public void fill() {
        mailbox.owner = Thread.currentThread();
        while (slots.out() < inFlight - 1) {
            submit();
        }
    }

    /** Submits one slot and takes one back, waiting if none is there. */
    public void step() {
        submit();
        while (back == 0) {
            mailbox.await();
        }
        back--;
    }

    /** Takes back all that is on its way. */
    public void drain() {
        while (slots.out() > 0) {
            mailbox.await();
        }
        back = 0;
    }

    /** How many slots are on their way. */
    public int out() {
        return slots.out();
    }

    private void submit() {
        OperationSlot slot = slots.acquire(this);
        if (slot == null) {
            throw new IllegalStateException("all slots are on their way");
        }
        asking.put(slot);
        long nowNanos = System.nanoTime();
        slot.start(nowNanos);
        slot.deadlineNanos(nowNanos + WAIT_NANOS_MAX);
        Admission admission = ring.submit(slot, nowNanos);
        if (admission != Admission.ADMITTED) {
            throw new IllegalStateException("the ring said " + admission);
        }
    }

    private static void finished(OperationSlot slot, RingLoop loop) {
        Throwable failure = loop.broken.getPlain();
        if (failure != null) {
            throw new IllegalStateException("the worker failed", failure);
        }
        LiveKeys.done(slot);
        loop.slots.release(slot);
        loop.back++;
    }

    @Override
    public void close() {
        drain();
        ring.close();
        slots.close();
    }

    /** The event loop's task queue, as long as it needs to be: the completion queue never schedules twice. */
    private static final class Mailbox implements Executor {
        private volatile @Nullable Runnable task;
        private volatile Thread owner = Thread.currentThread();

        @Override
        public void execute(Runnable drain) {
            task = drain;
            LockSupport.unpark(owner);
        }

        void await() {
            Runnable next;
            while ((next = task) == null) {
                LockSupport.park(this);
            }
            task = null;
            next.run();
        }
    }
}
