// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.perf.rig;

import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;

/**
 * When each request is meant to be sent, in nanoseconds since the start, fixed before the first one is. A server that
 * stalls does not change it, so a stall is counted for every request that should have been sent meanwhile.
 */
public final class Schedule {
    private static final double NANOS = TimeUnit.SECONDS.toNanos(1);

    private final double perSecond;
    private final long[] intendedNanos;

    private Schedule(double perSecond, long[] intendedNanos) {
        this.perSecond = perSecond;
        this.intendedNanos = intendedNanos;
    }

    /** Requests at equal distances: {@code perSecond} for {@code seconds}. */
    public static Schedule even(double perSecond, double seconds) {
        long[] intended = new long[count(perSecond, seconds)];
        for (int i = 0; i < intended.length; i++) {
            intended[i] = Math.round(i * NANOS / perSecond);
        }
        return new Schedule(perSecond, intended);
    }

    /** Requests of many callers that do not know each other: exponential distances, the same for the same seed. */
    public static Schedule poisson(double perSecond, double seconds, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        long[] intended = new long[count(perSecond, seconds)];
        double at = 0;
        for (int i = 0; i < intended.length; i++) {
            intended[i] = Math.round(at);
            at += -Math.log(1 - random.nextDouble()) * NANOS / perSecond;
        }
        return new Schedule(perSecond, intended);
    }

    /** How many requests there are. */
    public int size() {
        return intendedNanos.length;
    }

    /** The rate that is wanted, requests per second. */
    public double perSecond() {
        return perSecond;
    }

    /** When the request of this index is meant to be sent, in nanoseconds since the start. */
    public long intendedNanos(int index) {
        return intendedNanos[index];
    }

    private static int count(double perSecond, double seconds) {
        if (!(perSecond > 0) || !(seconds > 0)) {
            throw new IllegalArgumentException("a schedule needs a rate and a time above zero");
        }
        return Math.toIntExact(Math.max(1, Math.round(perSecond * seconds)));
    }
}
