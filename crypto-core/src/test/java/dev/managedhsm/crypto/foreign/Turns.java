// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.foreign;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** How long the calling thread's turn is, by the kernel. */
public final class Turns {
    private Turns() {}

    /** In nanoseconds; 0 by a kernel before 6.12, which does not say and takes no wishes. */
    public static long nanosOfCurrentThread() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment attributes = CoreSharing.ofCurrentThread(arena, CLibrary.callState(arena));
            return attributes.get(JAVA_LONG, CoreSharing.TURN_NANOS);
        }
    }
}
