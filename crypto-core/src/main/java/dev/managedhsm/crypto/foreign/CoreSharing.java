// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.foreign;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * How long the calling thread's turns are where several threads want one core: {@code sched_setattr} of Linux 6.12. Every method is for
 * platform threads, any of them. A thread that it starts inherits what it asked for.
 */
public final class CoreSharing {
    /** The shortest turn that can be asked for. */
    static final long SHORT_TURN_NANOS = 100_000;

    /** A turn of the kernel's choice. */
    private static final long USUAL_TURN = 0;

    // struct sched_attr of linux/sched/types.h as it was first, which every kernel takes.
    static final long ATTRIBUTES_BYTES = 48;
    static final long POLICY = 4;
    static final long TURN_NANOS = 24;
    private static final long SIZE = 0;

    /** Shorter than any: kernels refuse it (E2BIG). */
    private static final int NO_SIZE = 1;

    private CoreSharing() {}

    /**
     * Asks for short turns: a thread that wakes on a core where another is in the middle of a longer turn has it at once, unless it has had more
     * than its part. Without this it may wait until the next tick of the clock, up to 4 ms.
     *
     * @return whether the kernel took it; older ones than 6.12 do, and take no notice
     */
    public static boolean askForShortTurns() {
        return askForTurns(SHORT_TURN_NANOS);
    }

    /**
     * Asks for turns as long as everybody's.
     *
     * @return whether the kernel took it
     */
    public static boolean askForUsualTurns() {
        return askForTurns(USUAL_TURN);
    }

    private static boolean askForTurns(long nanos) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment state = CLibrary.callState(arena);
            MemorySegment attributes = ofCurrentThread(arena, state);
            attributes.set(JAVA_LONG, TURN_NANOS, nanos);
            return CLibrary.scheduleCurrentThread(attributes, state);
        }
    }

    /**
     * A {@code struct sched_attr} to change: the calling thread's policy and niceness; a turn too where the kernel tells it. One that cannot
     * be read is none that the kernel takes back, so that no thread loses its niceness by it.
     */
    static MemorySegment ofCurrentThread(Arena arena, MemorySegment state) {
        MemorySegment attributes = arena.allocate(ATTRIBUTES_BYTES, Long.BYTES);
        boolean read = CLibrary.schedulingOfCurrentThread(attributes, state);
        attributes.set(JAVA_INT, SIZE, read ? (int) ATTRIBUTES_BYTES : NO_SIZE);
        return attributes;
    }
}
