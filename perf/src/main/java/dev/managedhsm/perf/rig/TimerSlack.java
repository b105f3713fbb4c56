// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.perf.rig;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Linux lets a sleeping thread oversleep by 50 microseconds unless it asks for less. A schedule kept by sleeping would be
 * that late with every request.
 */
final class TimerSlack {
    private static final Path SELF = Path.of("/proc/thread-self");

    private TimerSlack() {}

    /** Asks for as little as there is, for the calling platform thread; where that is not possible nothing changes. */
    static void least() {
        try {
            Path thread =
                    Path.of("/proc", Files.readSymbolicLink(SELF).getFileName().toString());
            Files.writeString(thread.resolve("timerslack_ns"), "1");
        } catch (IOException | UnsupportedOperationException elsewhere) {
            return; // the schedule is later than it could be, which counts against the figures, not for them
        }
    }
}
