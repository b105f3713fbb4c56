// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.ring;

import dev.managedhsm.crypto.operation.OperationSlot;
import java.util.concurrent.RejectedExecutionException;

/**
 * One event loop's way into the ring: it wakes sleeping workers once for several cheap operations. Used by its event loop's thread
 * only.
 *
 * <p>Waking a thread that sleeps costs the waker about 10 microseconds, and the one that is woken as many. An event loop that reads many
 * requests in one turn, each for a cheap operation, would wake a worker for each of them, which falls asleep again before the next one is
 * read. So it wakes when its turn is over, or earlier for {@value #WORK_NANOS} ns of work. No answer could leave before the turn
 * is over, whatever else the turn does.
 *
 * <p>Where all that came in a turn is less work than a wake-up, and the next turn brings more, it wakes a few turns later.
 */
public final class Submitter {
    /** Whatever they take, so that a lane does not fill up with what nobody was woken for. */
    static final int SLOTS_MAX = 64;

    /** Work for which a worker is woken within a turn. */
    static final long WORK_NANOS = 75_000;

    /** Work for which no worker is woken while turns bring more of it. */
    static final long LITTLE_NANOS = 10_000;

    /** How many more turns little work waits for. */
    static final int TURNS_MAX = 3;

    private final OperationRing ring;
    private final LoopTurns turns;
    private final Runnable endOfTurn = this::turnOver;

    /** How many slots the fast lane was given since its workers were woken last. */
    private int unannounced;

    /** What they will take, in nanoseconds, by the ring's own costs. */
    private long unannouncedNanos;

    /** How many of them the turn before has left. */
    private int leftBefore;

    /** How many turns have left any. */
    private int turnsLeft;

    private boolean scheduled;

    /**
     * @param ring where slots go
     * @param turns of the event loop
     */
    public Submitter(OperationRing ring, LoopTurns turns) {
        this.ring = ring;
        this.turns = turns;
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
            gather(slot.expectedNanos());
        } else {
            lane.wake();
            announce(); // a refusal too: a lane may be full of what nobody was woken for
        }
        return admission;
    }

    private void gather(long nanos) {
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
        boolean more = unannounced > leftBefore;
        if (more && unannouncedNanos < LITTLE_NANOS && turnsLeft < TURNS_MAX) {
            leftBefore = unannounced;
            turnsLeft++;
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
            turnsLeft = 0;
            ring.wakeFast();
        }
    }
}
