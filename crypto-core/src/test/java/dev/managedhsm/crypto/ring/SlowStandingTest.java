// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.ring;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.sun.management.ThreadMXBean;
import dev.managedhsm.crypto.fixture.NewThread;
import dev.managedhsm.crypto.fixture.ThreadStat;
import dev.managedhsm.crypto.foreign.CLibrary;
import dev.managedhsm.crypto.foreign.GivingWay;
import dev.managedhsm.crypto.key.KeyClass;
import dev.managedhsm.crypto.key.KeyHandle;
import dev.managedhsm.crypto.operation.Algorithm;
import dev.managedhsm.crypto.operation.Outcome;
import java.lang.management.ManagementFactory;
import java.time.Clock;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class SlowStandingTest {
    private static final int OTHER = 0;
    private static final int IDLE = 5;
    private static final long COMPUTED_NANOS = TimeUnit.MILLISECONDS.toNanos(2);
    private static final long STARVED_NANOS = 10 * COMPUTED_NANOS;
    private static final int ROUNDS_MAX = 20;
    private static final int OPERATIONS = 5_000;
    private static final int BESIDE_GREEDY = 30;
    /** If all of them gave way they would take twenty seconds and more; the first does. */
    private static final long BESIDE_GREEDY_NANOS_MAX = TimeUnit.SECONDS.toNanos(15);

    private final SlowStanding standing = new SlowStanding(new Cores(new int[0], 1), 0);

    @BeforeAll
    static void linux() {
        assumeTrue(CLibrary.known());
    }

    @Test
    void stepsBackWhetherItMayGiveWayOrNot() throws Exception {
        int niceness = NewThread.call(() -> {
            standing.settle();
            return ThreadStat.niceness();
        });
        assertEquals(SlowStanding.NICENESS, niceness);
    }

    @Test
    void givesWayWhileItComputesAndAtNoOtherTime() throws Exception {
        assumeMayGiveWay();
        List<Integer> policies = NewThread.call(() -> {
            standing.settle();
            int before = ThreadStat.policy();
            standing.computes();
            int computing = ThreadStat.policy();
            standing.computed();
            return List.of(before, computing, ThreadStat.policy());
        });
        assertEquals(List.of(OTHER, IDLE, OTHER), policies);
    }

    @Test
    void whoMayNotComeBackNeverGivesWay() throws Exception {
        assertEquals(OTHER, NewThread.call(() -> {
            standing.computes(); // as if settling had found out
            int computing = ThreadStat.policy();
            standing.computed();
            return computing;
        }));
        assertFalse(standing.givesWay());
    }

    @Test
    void takesItsPartAfterAStarvedOperationUntilItHasHadMuchMoreForSomeTime() throws Exception {
        assumeMayGiveWay();
        NewThread.call(() -> {
            standing.settle();
            standing.took(3 * COMPUTED_NANOS, COMPUTED_NANOS);
            assertTrue(standing.givesWay());
            standing.took(STARVED_NANOS, COMPUTED_NANOS);
            assertFalse(standing.givesWay());
            standing.computes();
            assertEquals(OTHER, ThreadStat.policy());
            standing.computed();
            // One that fits into a turn of a full core, with those that wait beside it.
            standing.took(COMPUTED_NANOS, COMPUTED_NANOS);
            standing.took(SlowStanding.FREE_NANOS_MIN, SlowStanding.FREE_NANOS_MIN / 10);
            assertFalse(standing.givesWay());
            standing.took(SlowStanding.FREE_NANOS_MIN, SlowStanding.FREE_NANOS_MIN / 2);
            assertTrue(standing.givesWay());
            return null;
        });
    }

    @Test
    void givingWayAllocatesNothing() throws Exception {
        assumeMayGiveWay();
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long least = NewThread.call(() -> {
            standing.settle();
            // Interpreted native calls allocate, and so does each change to better compiled code, once.
            long allocated = Long.MAX_VALUE;
            for (int round = 0; round < ROUNDS_MAX && allocated > 0; round++) {
                long before = threads.getCurrentThreadAllocatedBytes();
                for (int i = 0; i < OPERATIONS; i++) {
                    standing.computes();
                    standing.computed();
                }
                allocated = threads.getCurrentThreadAllocatedBytes() - before;
            }
            return allocated;
        });
        assertEquals(0, least);
    }

    @Test
    void aSlowWorkerGoesOnBesideAThreadThatNeverLeavesItsCore() throws Exception {
        int[] cores = CLibrary.allowedCores();
        assumeTrue(cores.length > 1, "with one core the fast worker is there too");
        try (RingRig rig = new RingRig();
                OperationRing ring = new OperationRing(
                        new RingConfig(1, 1, 16, 16, IdleStrategy.BRIEF, true),
                        rig.engine,
                        rig.keyring,
                        Clock.systemUTC(),
                        failure -> {})) {
            KeyHandle key = rig.key("slow", KeyClass.RSA_4096);
            Thread greedy = Thread.ofPlatform().daemon().start(() -> {
                CLibrary.bindCurrentThread(cores[0]);
                while (!Thread.currentThread().isInterrupted()) {
                    Thread.onSpinWait();
                }
            });
            long beganNanos = System.nanoTime();
            try {
                for (int i = 0; i < BESIDE_GREEDY; i++) {
                    assertEquals(
                            Admission.ADMITTED, ring.submit(rig.sign(key, Algorithm.RS256, 32), System.nanoTime()));
                    assertEquals(Outcome.DONE, rig.home.take().outcome());
                }
            } finally {
                greedy.interrupt();
                greedy.join();
            }
            assertTrue(System.nanoTime() - beganNanos < BESIDE_GREEDY_NANOS_MAX);
        }
    }

    private static void assumeMayGiveWay() throws Exception {
        boolean may =
                NewThread.call(() -> CLibrary.stepBack(SlowStanding.NICENESS) && GivingWay.ofCurrentThread() != null);
        assumeTrue(may, "no privilege and no limit for niceness");
    }
}
