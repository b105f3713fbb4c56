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
        /** A thread that wanted to run did not: the world was stopped, or others had the cores. */
        STALL
    }
}
