// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.http;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** All bodies that are arriving on one event loop: how many bytes they hold, and which came too slowly. */
final class IntakeAccount {
    private final Set<Intake> arriving = new LinkedHashSet<>();
    private final int bytesMax;
    private int bytes;

    /** @param bytesMax how many body bytes this event loop may hold */
    IntakeAccount(int bytesMax) {
        this.bytesMax = bytesMax;
    }

    void opened(Intake intake) {
        arriving.add(intake);
    }

    void settled(Intake intake) {
        arriving.remove(intake);
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
        List<Intake> late = new ArrayList<>();
        for (Intake intake : arriving) { // in the order of their start
            if (intake.startNanos() - startNanos >= 0) {
                break;
            }
            late.add(intake);
        }
        late.forEach(Intake::expire);
    }
}
