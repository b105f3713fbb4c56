// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.foreign;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.managedhsm.crypto.fixture.NewThread;
import dev.managedhsm.crypto.fixture.ThreadStat;
import java.util.List;
import java.util.Objects;
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
        List<Integer> before = NewThread.call(CoreSharingTest::standing);
        assumeTrue(NewThread.call(GivingWay::ofCurrentThread) != null, "no privilege and no limit for niceness");
        assertEquals(before, NewThread.call(() -> {
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
        assertEquals(CoreSharing.SHORT_TURN_NANOS, NewThread.call(() -> {
            assertTrue(CoreSharing.askForShortTurns());
            return NewThread.call(Turns::nanosOfCurrentThread);
        }));
        assertNotEquals(CoreSharing.SHORT_TURN_NANOS, Turns.nanosOfCurrentThread());
    }

    @Test
    void aFreeThreadHasTurnsAsLongAsEverybodys() throws Exception {
        assumeTurnsAreTold();
        long usual = Turns.nanosOfCurrentThread();
        FutureTask<Long> free = new FutureTask<>(Turns::nanosOfCurrentThread);
        NewThread.call(() -> {
            assertTrue(CoreSharing.askForShortTurns());
            FreeThreads.of(Thread.ofPlatform()).newThread(free).start();
            return free.get();
        });
        assertEquals(usual, free.get());
    }

    private static void assumeTurnsAreTold() {
        assumeTrue(Turns.nanosOfCurrentThread() > 0, "this kernel is older than 6.12");
    }

    private static List<Integer> standing() throws Exception {
        return List.of(ThreadStat.policy(), ThreadStat.niceness());
    }
}
