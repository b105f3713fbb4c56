// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.ring;

import com.lmax.disruptor.InsufficientCapacityException;
import com.lmax.disruptor.RingBuffer;
import com.lmax.disruptor.Sequence;
import com.lmax.disruptor.SequenceBarrier;
import com.lmax.disruptor.Sequencer;
import dev.managedhsm.crypto.operation.OperationSlot;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * One bounded ring of submitted slots and the shared sequence from which its workers claim.
 *
 * <p>{@link #publish} and {@link #wake} may be called by any number of event loops; they never wait. {@link #claim}, {@link #take} and
 * {@link #served} are the workers'. A claimed sequence is always taken before its worker ends, so closing loses no slot.
 *
 * <p>Disruptor 4 has no worker pool; claiming by compare-and-set on a shared sequence is what its predecessor did, and
 * was measured best where cheap and expensive operations mix: a share fixed in advance makes cheap ones wait behind an
 * expensive one.
 */
final class Lane {
    /** A place in the ring. Reused for ever; holds a slot from publish to take. */
    static final class Place {
        @Nullable
        OperationSlot slot;
    }

    /**
     * Where a gate stands that holds nothing back. The shared sequence is registered before all gates and moves after a
     * gate was set, so a producer that has not seen the gate has not seen the claim either.
     */
    private static final long NOTHING_HELD = Long.MAX_VALUE;

    /** Nobody is told to come back later than this. */
    static final long RETRY_NANOS_MAX = 60_000_000_000L;

    private final String name;
    private final int workers;
    private final ServiceCosts costs;
    private final RingBuffer<Place> ring;
    private final WakeOnDemand waiting;
    private final SequenceBarrier barrier;
    private final Sequence claimed = new Sequence(Sequencer.INITIAL_CURSOR_VALUE);
    private final List<WorkTally> tallies = new CopyOnWriteArrayList<>();

    /** What all slots that wait to be taken will take a worker, by the costs when they were submitted. */
    private final AtomicLong queuedNanos = new AtomicLong();

    /** Until when the lane will be busy with those that were refused, if they come back when they were told. */
    private final AtomicLong promisedUntilNanos = new AtomicLong(System.nanoTime());

    Lane(String name, int capacity, int workers, IdleStrategy idle, ServiceCosts costs) {
        this.name = name;
        this.workers = workers;
        this.costs = costs;
        this.waiting = new WakeOnDemand(idle.waitStrategy());
        this.ring = RingBuffer.createMultiProducer(Place::new, capacity, waiting);
        this.barrier = ring.newBarrier();
        ring.addGatingSequences(claimed);
    }

    String name() {
        return name;
    }

    /** A sequence by which a worker holds back the ring from overwriting what it has claimed and not yet taken. */
    Sequence gate() {
        Sequence gate = new Sequence();
        ring.addGatingSequences(gate);
        gate.set(NOTHING_HELD);
        return gate;
    }

    /** Where a worker counts what it does; asked for once by each, before it runs. */
    WorkTally tally() {
        WorkTally tally = new WorkTally();
        tallies.add(tally);
        return tally;
    }

    SequenceBarrier barrier() {
        return barrier;
    }

    /**
     * Puts the slot into the ring unless it is full or would be served too late. A worker that sleeps may not see it before
     * {@link #wake}.
     */
    Admission publish(OperationSlot slot, long nowNanos) {
        long waitNanos = waitNanos();
        if (waitNanos > 0 && nowNanos + waitNanos - slot.deadlineNanos() > 0) {
            return Admission.TOO_LATE;
        }
        long sequence;
        try {
            sequence = ring.tryNext();
        } catch (InsufficientCapacityException full) { // a constant without stack trace
            return Admission.FULL;
        }
        long nanos = expectedNanos(slot);
        slot.expectedNanos(nanos);
        queuedNanos.getAndAdd(nanos);
        ring.get(sequence).slot = slot;
        ring.publish(sequence); // nothing between tryNext and here can throw
        return Admission.ADMITTED;
    }

    /** What the slot's operation usually takes a worker, in nanoseconds. */
    private long expectedNanos(OperationSlot slot) {
        return costs.nanos(slot.operation(), slot.key().keyClass());
    }

    /** Wakes the workers that sleep; they see what was published before. */
    void wake() {
        waiting.wake();
    }

    /** Ends the workers, once they have taken what is published. */
    void alert() {
        barrier.alert(); // whose own signal wakes nobody
        waiting.wake();
    }

    /** The next sequence for a worker, which must take it. Moves the worker's gate up to just before it. */
    long claim(Sequence gate) {
        long next;
        do {
            next = claimed.get() + 1;
            gate.set(next - 1);
        } while (!claimed.compareAndSet(next - 1, next));
        return next;
    }

    /**
     * Whether a claimed sequence will be published, after the ring was closed: waits for a producer that is between its
     * claim and its publish, which is nanoseconds away.
     */
    boolean settled(long sequence) {
        while (ring.getCursor() >= sequence) {
            if (ring.isAvailable(sequence)) {
                return true;
            }
            Thread.onSpinWait();
        }
        return false;
    }

    /** The slots that nobody took; only when all workers have ended. */
    List<OperationSlot> left() {
        List<OperationSlot> left = new ArrayList<>();
        long cursor = ring.getCursor();
        for (long sequence = Math.max(0, cursor - capacity() + 1); sequence <= cursor; sequence++) {
            Place place = ring.get(sequence);
            OperationSlot slot = place.slot;
            if (slot != null) {
                place.slot = null;
                left.add(slot);
            }
        }
        return left;
    }

    /**
     * Takes the slot of a claimed and published sequence and releases the place. A worker that has taken holds nothing of
     * the ring back, however long its operation takes.
     */
    OperationSlot take(long sequence, Sequence gate) {
        Place place = ring.get(sequence);
        OperationSlot slot = place.slot;
        if (slot == null) {
            throw new IllegalStateException("a published place holds a slot");
        }
        place.slot = null;
        gate.set(NOTHING_HELD);
        queuedNanos.getAndAdd(-slot.expectedNanos());
        return slot;
    }

    /** Tells what the slot's operation took. */
    void served(OperationSlot slot, long nanos) {
        costs.served(slot.operation(), slot.key().keyClass(), nanos);
    }

    /** How many slots wait to be claimed. */
    long depth() {
        return Math.max(0, ring.getCursor() - claimed.get());
    }

    /** How many slots the lane can hold. */
    int capacity() {
        return ring.getBufferSize();
    }

    int workers() {
        return workers;
    }

    /** For how long the workers have executed, in nanoseconds, added up over them. */
    long busyNanos() {
        return tallies.stream().mapToLong(WorkTally::busyNanos).sum();
    }

    /** How many slots the workers have served. */
    long operations() {
        return tallies.stream().mapToLong(WorkTally::operations).sum();
    }

    /** How long a slot submitted now would wait for a worker, in nanoseconds, by what waiting operations usually take. */
    long waitNanos() {
        return queuedNanos.get() / workers;
    }

    /**
     * In how many nanoseconds a slot that was refused would be served if it came again. Each that asks is given a time of
     * its own behind those before it, so that not all come back at once and are refused again; at most
     * {@link #RETRY_NANOS_MAX}.
     */
    long retryNanos(OperationSlot slot, long nowNanos) {
        long share = expectedNanos(slot) / workers;
        while (true) {
            long promised = promisedUntilNanos.get();
            long afterQueue = nowNanos + waitNanos();
            long turn = promised - afterQueue > 0 ? promised : afterQueue;
            if (turn - nowNanos >= RETRY_NANOS_MAX) {
                return RETRY_NANOS_MAX;
            }
            if (promisedUntilNanos.compareAndSet(promised, turn + share)) {
                return turn - nowNanos;
            }
        }
    }
}
