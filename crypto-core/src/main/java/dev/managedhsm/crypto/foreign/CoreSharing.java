// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.foreign;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;

/**
 * What the calling thread asks of the kernel where several threads want one core: {@code sched_setattr} of Linux. Every method is for
 * platform threads, any of them, and answers whether the kernel does so now; otherwise nothing changed. A thread that it starts inherits what
 * it asked for. None of this is for every operation: a call takes a microsecond, and some heap.
 */
public final class CoreSharing {
    /** The shortest turn that can be asked for. */
    private static final long SHORT_TURN_NANOS = 100_000;

    /** A turn of the kernel's choice. */
    private static final long USUAL_TURN = 0;

    private static final int POLICY_OTHER = 0; // SCHED_OTHER of sched.h
    private static final int POLICY_IDLE = 5; // SCHED_IDLE

    // struct sched_attr as it was first, which every kernel takes.
    static final long ATTRIBUTES_BYTES = 48;
    private static final long SIZE = 0;
    private static final long POLICY = 4;
    static final long TURN_NANOS = 24;

    private CoreSharing() {}

    /**
     * Asks for short turns: a thread that wakes on a core where another is in the middle of a longer turn has it at once, unless it has had more
     * than its part. Without this it may wait until the next tick of the clock, up to 4 ms. Linux 6.12; older kernels take no notice.
     */
    public static boolean shortTurns() {
        return change(attributes -> attributes.set(JAVA_LONG, TURN_NANOS, SHORT_TURN_NANOS));
    }

    /** Asks for turns as long as everybody's. */
    public static boolean usualTurns() {
        return change(attributes -> attributes.set(JAVA_LONG, TURN_NANOS, USUAL_TURN));
    }

    /**
     * Asks for a core only while no other thread wants it; who does wakes and has it at once. On a core that is always wanted this is next to
     * nothing: some thousandths of it.
     */
    public static boolean whatIsLeft() {
        return policy(POLICY_IDLE);
    }

    /** Asks for a part of its core again, by its niceness. Not everybody may: {@link #mayComeBack}. */
    public static boolean part() {
        return policy(POLICY_OTHER);
    }

    /**
     * Whether a thread like the calling one, with its niceness, that asked for {@link #whatIsLeft} may have a {@link #part} again. Without a
     * privilege that takes a limit of at least 20 less its niceness for {@code RLIMIT_NICE}. Waits for a thread on which it is tried.
     */
    public static boolean mayComeBack() {
        AtomicBoolean came = new AtomicBoolean();
        CountDownLatch tried = new CountDownLatch(1);
        Thread.ofPlatform().daemon().name("core-sharing").start(() -> {
            try {
                came.set(whatIsLeft() && part());
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

    private static boolean policy(int policy) {
        return change(attributes -> {
            attributes.set(JAVA_INT, POLICY, policy);
            attributes.set(JAVA_LONG, TURN_NANOS, USUAL_TURN);
        });
    }

    private static boolean change(Consumer<MemorySegment> changing) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment attributes = arena.allocate(ATTRIBUTES_BYTES, Long.BYTES);
            if (!CLibrary.schedulingOfCurrentThread(attributes)) {
                return false;
            }
            attributes.set(JAVA_INT, SIZE, (int) ATTRIBUTES_BYTES);
            changing.accept(attributes);
            return CLibrary.scheduleCurrentThread(attributes);
        }
    }
}
