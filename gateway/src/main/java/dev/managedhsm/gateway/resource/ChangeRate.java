// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.resource;

import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * How often something may be done: so many times at once, and so often a second in the long run. Any thread; a short lock.
 */
final class ChangeRate {
    private final long intervalNanos;
    private final long capacityNanos;
    private final LongSupplier nanoTime;

    /** How much time is left to spend; each change costs an interval. */
    private long creditNanos;

    private long countedNanos;

    /**
     * @param perSecond how often in the long run
     * @param atOnce how often after a pause
     * @param nanoTime a clock as {@link System#nanoTime()} is one
     */
    ChangeRate(int perSecond, int atOnce, LongSupplier nanoTime) {
        this.intervalNanos = TimeUnit.SECONDS.toNanos(1) / perSecond;
        this.capacityNanos = intervalNanos * atOnce;
        this.nanoTime = nanoTime;
        this.creditNanos = capacityNanos;
        this.countedNanos = nanoTime.getAsLong();
    }

    /** Whether it may be done now; then it counts as done. */
    synchronized boolean take() {
        long nowNanos = nanoTime.getAsLong();
        creditNanos = Math.min(capacityNanos, creditNanos + Math.max(0, nowNanos - countedNanos));
        countedNanos = nowNanos;
        if (creditNanos < intervalNanos) {
            return false;
        }
        creditNanos -= intervalNanos;
        return true;
    }
}
