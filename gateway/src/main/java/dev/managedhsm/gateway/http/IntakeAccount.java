// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.http;

import org.jspecify.annotations.Nullable;

/** All bodies that are arriving on one event loop: how many bytes they hold, in which buffers, and which came too slowly. */
final class IntakeAccount {
    private final int bytesMax;
    private final BodyBuffers buffers;
    private int bytes;

    /** Those that are arriving, in the order of their start, linked through their own fields. */
    private @Nullable Intake first;

    private @Nullable Intake last;

    /**
     * @param bytesMax how many body bytes this event loop may hold
     * @param buffers where it has them from
     */
    IntakeAccount(int bytesMax, BodyBuffers buffers) {
        this.bytesMax = bytesMax;
        this.buffers = buffers;
    }

    BodyBuffers buffers() {
        return buffers;
    }

    void opened(Intake intake) {
        Intake before = last;
        intake.before = before;
        last = intake;
        if (before == null) {
            first = intake;
        } else {
            before.after = intake;
        }
    }

    /** Called once for each that was opened. */
    void settled(Intake intake) {
        Intake before = intake.before;
        Intake after = intake.after;
        intake.before = null;
        intake.after = null;
        if (before == null) {
            first = after;
        } else {
            before.after = after;
        }
        if (after == null) {
            last = before;
        } else {
            after.before = before;
        }
    }

    boolean take(int length) {
        if (bytes + length > bytesMax) {
            return false;
        }
        bytes += length;
        return true;
    }

    void give(int length) {
        bytes -= length;
    }

    /** How many body bytes are held. */
    int bytes() {
        return bytes;
    }

    /** Refuses every body that began before {@code startNanos}. */
    void expire(long startNanos) {
        for (Intake late = first; late != null && late.startNanos() - startNanos < 0; late = first) {
            late.expire(); // takes it out
        }
    }
}
