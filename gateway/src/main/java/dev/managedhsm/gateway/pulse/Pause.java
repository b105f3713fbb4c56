// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.pulse;

/**
 * A time in which the whole process did less than it should.
 *
 * @param startMillis when it began, in Unix milliseconds
 * @param millis how long it took, in milliseconds
 * @param kind what is known of it
 * @param cause in words
 */
record Pause(long startMillis, double millis, Kind kind, String cause) {
    /** What is known of a pause. */
    enum Kind {
        /** The garbage collector stopped the world, or worked beside it. */
        GC,
        /** The JVM held its threads, and told of no collection. */
        SAFEPOINT,
        /** A thread that wanted to run did not: it had no core, or the process stood still, or nobody knows. */
        STALL
    }

    /** The JVM tells of its collections in whole milliseconds. */
    private static final long ROUNDING_MILLIS = 2;

    /** Whether another one is this one seen from elsewhere: both at the same time, and this one the most of it. */
    boolean explains(Pause other) {
        return startMillis <= other.startMillis + other.millis + ROUNDING_MILLIS
                && other.startMillis <= startMillis + millis + ROUNDING_MILLIS
                && 2 * millis >= other.millis;
    }
}
