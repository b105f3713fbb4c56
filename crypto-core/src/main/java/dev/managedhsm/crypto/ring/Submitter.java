// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.ring;

import dev.managedhsm.crypto.operation.OperationSlot;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;

/**
 * One event loop's way into the ring: it wakes sleeping workers of the fast lane once for several slots. Used by its event
 * loop's thread only.
 *
 * <p>Waking a thread that sleeps costs the waker about 13 microseconds. An event loop that reads many requests in one turn, each
 * for a cheap operation, would wake a worker for each of them, which falls asleep again before the next one is read. So it wakes
 * when its turn is over, or after {@value #WAKE_EVERY} slots, or when a slot comes {@value #WAKE_AFTER_NANOS} ns after the first
 * one that nobody was woken for. A request that is alone in its turn waits for nothing: its turn is over.
 */
public final class Submitter implements Runnable {
    static final int WAKE_EVERY = 8;
    static final long WAKE_AFTER_NANOS = 75_000;

    private final OperationRing ring;
    private final Executor owner;

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
     * Puts a slot into the ring as {@link OperationRing#submit} does; a worker that sleeps is woken for it soon.
     *
     * @param nowNanos on the clock of {@link System#nanoTime()}
     * @return what became of the slot; unless admitted, the slot is still the caller's
     */
    public Admission submit(OperationSlot slot, long nowNanos) {
        Lane lane = ring.lane(slot);
        Admission admission = ring.publish(lane, slot, nowNanos);
        if (admission != Admission.ADMITTED) {
            return admission;
        }
        if (ring.gathers(lane)) {
            gather(nowNanos);
        } else {
            lane.wake();
        }
        return admission;
    }

    private void gather(long nowNanos) {
        if (unannounced == 0) {
            firstNanos = nowNanos;
        }
        unannounced++;
        if (unannounced >= WAKE_EVERY || nowNanos - firstNanos >= WAKE_AFTER_NANOS) {
            wake();
        } else if (!scheduled) {
            try {
                owner.execute(this);
                scheduled = true;
            } catch (RejectedExecutionException ended) { // the event loop ends: nothing comes after this
                wake();
            }
        }
    }

    /** The event loop's turn is over. */
    @Override
    public void run() {
        scheduled = false;
        if (unannounced > 0) {
            wake();
        }
    }

    private void wake() {
        unannounced = 0;
        ring.wakeFast();
    }
}
