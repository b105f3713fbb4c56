// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.ring;

/** How one lane does, to be read by any thread at any time; reading costs a few loads and stops nobody. */
public final class LaneGauge {
    private final Lane lane;

    LaneGauge(Lane lane) {
        this.lane = lane;
    }

    /** {@code fast} or {@code slow}. */
    public String name() {
        return lane.name();
    }

    /** How many operations wait for a worker. */
    public long depth() {
        return lane.depth();
    }

    /** How many operations can wait. */
    public int capacity() {
        return lane.capacity();
    }

    /** How many workers the lane has. */
    public int workers() {
        return lane.workers();
    }

    /** How long an operation that came now would wait, in nanoseconds, by what waiting operations usually take. */
    public long waitNanos() {
        return lane.waitNanos();
    }

    /** For how long the workers have executed, in nanoseconds since their start, added up over them. */
    public long busyNanos() {
        return lane.busyNanos();
    }

    /** How many operations the workers have taken since their start. */
    public long operations() {
        return lane.operations();
    }
}
