// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.foreign;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * A thread that gives its core away now and then: while it does, it has the core only when no other thread of its control group wants it, and who does wakes and
 * has it at once. On a core that is always wanted that is next to nothing, some thousandths. {@code SCHED_IDLE} of Linux.
 *
 * <p>Everything on the one platform thread it was made on. Giving way and coming back take a call of the system each, and no heap.
 */
public final class GivingWay {
    private static final int POLICY_OTHER = 0; // SCHED_OTHER of sched.h
    private static final int POLICY_IDLE = 5; // SCHED_IDLE

    private final MemorySegment state;
    private final MemorySegment idle;
    private final MemorySegment other;

    private GivingWay() {
        Arena arena = Arena.ofAuto();
        this.state = CLibrary.callState(arena);
        this.idle = attributes(arena, POLICY_IDLE);
        this.other = attributes(arena, POLICY_OTHER);
    }

    private MemorySegment attributes(Arena arena, int policy) {
        MemorySegment attributes = CoreSharing.ofCurrentThread(arena, state);
        attributes.set(JAVA_INT, CoreSharing.POLICY, policy);
        attributes.set(JAVA_LONG, CoreSharing.TURN_NANOS, 0);
        return attributes;
    }

    /**
     * Of the calling thread, with the niceness it has now. Null where it could not come back: without a privilege that takes a limit for
     * {@code RLIMIT_NICE} of at least 20 less its niceness. Waits for a thread on which it is tried.
     */
    public static @Nullable GivingWay ofCurrentThread() {
        return mayComeBack() ? new GivingWay() : null;
    }

    /** Whether a thread like the calling one, with its niceness, may come back. */
    private static boolean mayComeBack() {
        AtomicBoolean came = new AtomicBoolean();
        CountDownLatch tried = new CountDownLatch(1);
        Thread.ofPlatform().daemon().name("giving-way").start(() -> {
            try {
                GivingWay trial = new GivingWay();
                came.set(trial.begin() && trial.end());
            } finally {
                tried.countDown();
            }
        });
        try {
            tried.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt(); // as good as no
        }
        return came.get();
    }

    /** Gives way from now on. Whether it does; otherwise nothing changed. */
    public boolean begin() {
        return CLibrary.scheduleCurrentThread(idle, state);
    }

    /** Has its part of the core again, by its niceness. Whether it has; otherwise nothing changed. */
    public boolean end() {
        return CLibrary.scheduleCurrentThread(other, state);
    }
}
