// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.ring;

import dev.managedhsm.crypto.operation.OperationSlot;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.LongSupplier;

/**
 * One event loop's way into the ring: it wakes sleeping workers once for several cheap operations. Used by its event loop's thread
 * only.
 *
 * <p>Waking a thread that sleeps costs the waker about 10 microseconds, and the one that is woken as many. An event loop that reads many
 * requests in one turn, each for a cheap operation, would wake a worker for each of them, which falls asleep again before the next one is
 * read. So it wakes when its turn is over, or earlier for {@value #WORK_NANOS} ns of work. No answer could leave before the turn
 * is over, whatever else the turn does.
 *
 * <p>Less than {@value #LITTLE_NANOS} ns of work waits for the end of the next turn, and on while turns bring more, until the first slot
 * has waited for {@value #PUT_OFF_NANOS} ns.
 */
public final class Submitter {
    /** So many slots wake a worker whatever they take: a lane must not fill up with what nobody was woken for. */
    static final int SLOTS_MAX = 64;

    /** Work for which a worker is woken within a turn. */
    static final long WORK_NANOS = 75_000;

    /** Less work than this is less than waking a worker for it. */
    static final long LITTLE_NANOS = 10_000;

    /** How long little work may have waited at the end of a turn and wait for another. */
    static final long PUT_OFF_NANOS = 300_000;

    private final OperationRing ring;
    private final LoopTurns turns;
    private final LongSupplier clock;
    private final Runnable endOfTurn = this::turnOver;

    /** How many slots the fast lane was given since its workers were woken last. */
    private int unannounced;

    /** What they will take, in nanoseconds, by the ring's own costs. */
    private long unannouncedNanos;

    /** When the first of them was. */
    private long firstNanos;

    /** How many of them the turn before has left. */
    private int leftBefore;

    private boolean scheduled;

    /**
     * @param ring where slots go
     * @param turns of the event loop
     */
    public Submitter(OperationRing ring, LoopTurns turns) {
        this(ring, turns, System::nanoTime);
    }

    /** The same with the clock on which slots are submitted. */
    Submitter(OperationRing ring, LoopTurns turns, LongSupplier clock) {
        this.ring = ring;
        this.turns = turns;
        this.clock = clock;
    }

    /**
     * Puts a slot into the ring as {@link OperationRing#submit} does; a worker that sleeps is woken for it by the end of the turn, or a
     * few turns later where there is little to do.
     *
     * @param nowNanos on the clock of {@link System#nanoTime()}
     * @return what became of the slot; unless admitted, the slot is still the caller's
     */
    public Admission submit(OperationSlot slot, long nowNanos) {
        Lane lane = ring.lane(slot);
        Admission admission = ring.publish(lane, slot, nowNanos);
        if (admission == Admission.ADMITTED && ring.gathers(lane, slot)) {
            gather(slot.expectedNanos(), nowNanos);
        } else {
            lane.wake();
            announce(); // a refusal too: a lane may be full of what nobody was woken for
        }
        return admission;
    }

    private void gather(long nanos, long nowNanos) {
        if (unannounced == 0) {
            firstNanos = nowNanos;
        }
        unannounced++;
        unannouncedNanos += nanos;
        if (unannounced >= SLOTS_MAX || unannouncedNanos >= WORK_NANOS) {
            announce();
        } else if (!scheduled) {
            schedule(true);
        }
    }

    private void turnOver() {
        scheduled = false;
        if (unannounced > leftBefore
                && unannouncedNanos < LITTLE_NANOS
                && clock.getAsLong() - firstNanos < PUT_OFF_NANOS) {
            leftBefore = unannounced;
            schedule(false);
        } else {
            announce();
        }
    }

    private void schedule(boolean thisTurn) {
        try {
            if (thisTurn) {
                turns.atEnd(endOfTurn);
            } else {
                turns.atEndOfNext(endOfTurn);
            }
            scheduled = true;
        } catch (RejectedExecutionException ended) { // the event loop ends: nothing comes after this
            announce();
        }
    }

    private void announce() {
        if (unannounced > 0) {
            unannounced = 0;
            unannouncedNanos = 0;
            leftBefore = 0;
            ring.wakeFast();
        }
    }
}
