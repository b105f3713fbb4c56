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
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.FutureTask;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class CoreSharingTest {
    private static final int IDLE = 5;

    @BeforeAll
    static void linux() {
        assumeTrue(CLibrary.known());
    }

    @Test
    void whoGivesWayIsIdleByTheKernelAndComesBackAsItWas() throws Exception {
        List<Integer> before = onNewThread(CoreSharingTest::standing);
        assumeTrue(onNewThread(GivingWay::ofCurrentThread) != null, "no privilege and no limit for niceness");
        assertEquals(before, onNewThread(() -> {
            GivingWay givingWay = Objects.requireNonNull(GivingWay.ofCurrentThread());
            assertEquals(before, standing());
            assertTrue(givingWay.begin());
            assertEquals(List.of(IDLE, before.getLast()), standing());
            assertTrue(givingWay.end());
            return standing();
        }));
    }

    @Test
    void shortTurnsAreForTheThreadThatAskedAndThoseItStarts() throws Exception {
        assumeTurnsAreTold();
        assertEquals(CoreSharing.SHORT_TURN_NANOS, onNewThread(() -> {
            assertTrue(CoreSharing.askForShortTurns());
            return onNewThread(CoreSharingTest::turnNanos);
        }));
        assertNotEquals(CoreSharing.SHORT_TURN_NANOS, turnNanos());
    }

    @Test
    void aFreeThreadHasTurnsAsLongAsEverybodys() throws Exception {
        assumeTurnsAreTold();
        long usual = turnNanos();
        FutureTask<Long> free = new FutureTask<>(CoreSharingTest::turnNanos);
        onNewThread(() -> {
            assertTrue(CoreSharing.askForShortTurns());
            FreeThreads.of(Thread.ofPlatform()).newThread(free).start();
            return free.get();
        });
        assertEquals(usual, free.get());
    }

    private static void assumeTurnsAreTold() {
        assumeTrue(turnNanos() > 0, "this kernel is older than 6.12");
    }

    private static List<Integer> standing() throws Exception {
        return List.of(ThreadStat.policy(), ThreadStat.niceness());
    }

    /** How long the calling thread's turn is, by the kernel; 0 by one that does not say. */
    private static long turnNanos() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment attributes = CoreSharing.ofCurrentThread(arena, CLibrary.callState(arena));
            return attributes.get(JAVA_LONG, CoreSharing.TURN_NANOS);
        }
    }

    private static <T> T onNewThread(Callable<T> call) throws Exception {
        FutureTask<T> task = new FutureTask<>(call);
        Thread.ofPlatform().start(task);
        return task.get();
    }
}
