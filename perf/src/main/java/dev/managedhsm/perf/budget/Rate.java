// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.perf.budget;

import java.util.concurrent.TimeUnit;

/**
 * How much was done in a slice of time.
 *
 * @param operations how many operations
 * @param cpuSeconds CPU time of the one thread that executed them
 * @param wallSeconds how long the slice took
 */
public record Rate(long operations, double cpuSeconds, double wallSeconds) {
    private static final double NANOS = TimeUnit.SECONDS.toNanos(1);

    /** A slice that began at {@code startNanos} and ends now. */
    static Rate of(long operations, double cpuSeconds, long startNanos) {
        return new Rate(operations, cpuSeconds, (System.nanoTime() - startNanos) / NANOS);
    }

    /** Operations per second of CPU time. */
    public double perCpuSecond() {
        return operations / cpuSeconds;
    }

    /** Which part of the time the thread had a core: what neighbours left of it. */
    public double share() {
        return cpuSeconds / wallSeconds;
    }
}
