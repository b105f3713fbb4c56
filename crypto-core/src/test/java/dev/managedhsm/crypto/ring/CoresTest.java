// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.ring;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.managedhsm.crypto.fixture.AllowedCores;
import dev.managedhsm.crypto.fixture.NewThread;
import dev.managedhsm.crypto.foreign.CLibrary;
import dev.managedhsm.crypto.foreign.FreeThreads;
import dev.managedhsm.crypto.foreign.Turns;
import java.util.List;
import java.util.concurrent.FutureTask;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class CoresTest {
    private static final int[] ALLOWED = CLibrary.allowedCores();
    private static final String FIRST = ALLOWED.length == 0 ? "" : Integer.toString(ALLOWED[0]);
    private static final String LAST = ALLOWED.length == 0 ? "" : Integer.toString(ALLOWED[ALLOWED.length - 1]);

    private final Cores oneFast = new Cores(ALLOWED, 1);

    @BeforeAll
    static void severalCores() {
        assumeTrue(ALLOWED.length > 1, "there is only one core, or the system does not say");
    }

    @Test
    void aFastWorkerHasTheLastCoreAndEventLoopsTheOthers() throws Exception {
        assertEquals(LAST, coresAfter(() -> oneFast.toFastWorker(0)));
        String others = coresAfter(oneFast::besideFastWorkers);
        assertTrue(others.startsWith(FIRST), others);
        assertFalse(others.endsWith(LAST), others);
    }

    @Test
    void whatARequestWaitsForHasShorterTurnsThanOthers() throws Exception {
        long usual = NewThread.call(Turns::nanosOfCurrentThread);
        assumeTrue(usual > 0, "this kernel is older than 6.12");
        for (BooleanSupplier place :
                List.<BooleanSupplier>of(() -> oneFast.toFastWorker(0), oneFast::besideFastWorkers)) {
            long turn = NewThread.call(() -> {
                assertTrue(place.getAsBoolean());
                return Turns.nanosOfCurrentThread();
            });
            assertTrue(turn < usual, turn + " of " + usual);
        }
    }

    @Test
    void aSlowWorkerIsBesideTheEventLoops() throws Exception {
        assertEquals(FIRST, coresAfter(() -> oneFast.toSlowWorker(0)));
    }

    @Test
    void moreFastWorkersThanCoresShareThemAndBindNoEventLoop() throws Exception {
        Cores crowded = new Cores(ALLOWED, ALLOWED.length + 1);
        assertEquals(LAST, coresAfter(() -> crowded.toFastWorker(ALLOWED.length)));
        assertFalse(NewThread.call(crowded::besideFastWorkers));
    }

    @Test
    void aFreeThreadThatAnEventLoopStartsIsOnAllCores() throws Exception {
        FutureTask<String> started = new FutureTask<>(AllowedCores::ofCurrentThread);
        coresAfter(() -> {
            boolean bound = oneFast.besideFastWorkers();
            FreeThreads.of(Thread.ofPlatform()).newThread(started).start();
            return bound;
        });
        assertEquals(AllowedCores.ofCurrentThread(), started.get());
    }

    @Test
    void saysWhoHasWhich() {
        assertEquals(
                "fast workers on cores [4, 6], event loops and the audit log on [1]",
                new Cores(new int[] {1, 4, 6}, 2).toString());
        assertEquals(
                "fast workers on cores [1], of which event loops and the audit log use all",
                new Cores(new int[] {1}, 2).toString());
        assertEquals("all threads on all cores", new Cores(new int[0], 2).toString());
    }

    @Test
    void bindsNobodyWhereTheSystemDoesNotSayWhichCoresThereAre() throws Exception {
        Cores unknown = new Cores(new int[0], 1);
        assertFalse(NewThread.call(() -> unknown.toFastWorker(0)));
        assertFalse(NewThread.call(() -> unknown.toSlowWorker(0)));
        assertFalse(NewThread.call(unknown::besideFastWorkers));
    }

    @Test
    void bindsNobodyWhereWorkersAreNotPinned() throws Exception {
        RingConfig config = new RingConfig(1, 1, 16, 16, IdleStrategy.BRIEF, false);
        assertFalse(NewThread.call(Cores.of(config)::besideFastWorkers));
    }

    /** On which cores a new thread may run once it was bound. */
    private static String coresAfter(BooleanSupplier binding) throws Exception {
        return NewThread.call(() -> {
            assertTrue(binding.getAsBoolean());
            return AllowedCores.ofCurrentThread();
        });
    }
}
