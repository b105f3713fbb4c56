// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.ring;

import dev.managedhsm.crypto.operation.OperationSlot;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;

/**
 * One event loop's way into the ring: it wakes sleeping workers once for several cheap operations. Used by its event loop's thread
 * only.
 *
 * <p>Waking a thread that sleeps costs the waker about 13 microseconds. An event loop that reads many requests in one turn, each
 * for a cheap operation, would wake a worker for each of them, which falls asleep again before the next one is read. So it wakes
 * when its turn is over, with the {@value #WAKE_EVERY}th slot, or with a slot that comes {@value #WAKE_AFTER_NANOS} ns after the first
 * one that nobody was woken for. No answer could leave before the turn is over, whatever else the turn does.
 */
public final class Submitter {
    static final int WAKE_EVERY = 8;
    static final long WAKE_AFTER_NANOS = 75_000;

    private final OperationRing ring;
    private final Executor owner;
    private final Runnable endOfTurn = this::turnOver;

    /** How many slots the fast lane was given since its workers were woken last. */
    private int unannounced;

    /** When the first of them was. */
    private long firstNanos;

    private boolean scheduled;

    /**
     * @param ring where slots go
     * @param owner runs tasks on the event loop, when its turn is over
     */
    public Submitter(OperationRing ring, Executor owner) {
        this.ring = ring;
        this.owner = owner;
    }

    /**
     * Puts a slot into the ring as {@link OperationRing#submit} does; a worker that sleeps is woken for it by the end of the turn.
     *
     * @param nowNanos on the clock of {@link System#nanoTime()}
     * @return what became of the slot; unless admitted, the slot is still the caller's
     */
    public Admission submit(OperationSlot slot, long nowNanos) {
        Lane lane = ring.lane(slot);
        Admission admission = ring.publish(lane, slot, nowNanos);
        if (admission == Admission.ADMITTED && ring.gathers(lane, slot)) {
            gather(nowNanos);
        } else {
            lane.wake();
            announce(); // a refusal too: a lane may be full of what nobody was woken for
        }
        return admission;
    }

    private void gather(long nowNanos) {
        if (unannounced == 0) {
            firstNanos = nowNanos;
        }
        unannounced++;
        if (unannounced >= WAKE_EVERY || nowNanos - firstNanos >= WAKE_AFTER_NANOS) {
            announce();
        } else if (!scheduled) {
            scheduled = true;
            try {
                owner.execute(endOfTurn);
            } catch (RejectedExecutionException ended) { // the event loop ends: nothing comes after this
                scheduled = false;
                announce();
            }
        }
    }

    private void turnOver() {
        scheduled = false;
        announce();
    }

    private void announce() {
        if (unannounced > 0) {
            unannounced = 0;
            ring.wakeFast();
        }
    }
}
