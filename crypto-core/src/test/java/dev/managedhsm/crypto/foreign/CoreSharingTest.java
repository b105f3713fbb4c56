// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.foreign;

import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.managedhsm.crypto.fixture.ThreadStat;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.Callable;
import java.util.concurrent.FutureTask;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class CoreSharingTest {
    private static final int OTHER = 0;
    private static final int IDLE = 5;
    private static final int NICENESS = 3;
    private static final long SHORT_NANOS = 100_000;

    @BeforeAll
    static void linux() {
        assumeTrue(CLibrary.known());
    }

    @Test
    void whoWantsWhatIsLeftIsIdleByTheKernelAndKeepsItsNiceness() throws Exception {
        assertEquals(IDLE, onNewThread(() -> {
            assertTrue(CLibrary.stepBack(NICENESS));
            assertTrue(CoreSharing.whatIsLeft());
            assertEquals(NICENESS, ThreadStat.niceness());
            return ThreadStat.policy();
        }));
        assertEquals(OTHER, ThreadStat.policy());
    }

    @Test
    void whoMayComeBackHasAPartAgain() throws Exception {
        assumeTrue(CoreSharing.mayComeBack(), "no privilege and no limit for niceness");
        assertEquals(OTHER, onNewThread(() -> {
            assertTrue(CoreSharing.whatIsLeft());
            assertTrue(CoreSharing.part());
            return ThreadStat.policy();
        }));
    }

    @Test
    void tryingWhetherOneMayComeBackLeavesTheCallingThreadAsItWas() throws Exception {
        CoreSharing.mayComeBack();
        assertEquals(OTHER, ThreadStat.policy());
    }

    @Test
    void shortTurnsAreForTheThreadThatAskedAndThoseItStarts() throws Exception {
        assumeShortTurns();
        assertEquals(SHORT_NANOS, onNewThread(() -> {
            assertTrue(CoreSharing.shortTurns());
            return onNewThread(CoreSharingTest::turnNanos);
        }));
        assertNotEquals(SHORT_NANOS, turnNanos());
    }

    @Test
    void aFreeThreadHasTurnsAsLongAsEverybodys() throws Exception {
        assumeShortTurns();
        long usual = onNewThread(() -> {
            assertTrue(CoreSharing.usualTurns());
            return turnNanos();
        });
        FutureTask<Long> free = new FutureTask<>(CoreSharingTest::turnNanos);
        onNewThread(() -> {
            assertTrue(CoreSharing.shortTurns());
            FreeThreads.of(Thread.ofPlatform()).newThread(free).start();
            return free.get();
        });
        assertEquals(usual, free.get());
    }

    private static void assumeShortTurns() throws Exception {
        boolean told = onNewThread(() -> CoreSharing.shortTurns() && turnNanos() == SHORT_NANOS);
        assumeTrue(told, "this kernel takes no wishes for turns");
    }

    /** How long the calling thread's turn is, by the kernel. */
    private static long turnNanos() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment attributes = arena.allocate(CoreSharing.ATTRIBUTES_BYTES, Long.BYTES);
            assertTrue(CLibrary.schedulingOfCurrentThread(attributes));
            return attributes.get(JAVA_LONG, CoreSharing.TURN_NANOS);
        }
    }

    private static <T> T onNewThread(Callable<T> call) throws Exception {
        FutureTask<T> task = new FutureTask<>(call);
        Thread.ofPlatform().start(task);
        return task.get();
    }
}
