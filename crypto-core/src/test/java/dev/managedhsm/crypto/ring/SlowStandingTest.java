// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.ring;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.managedhsm.crypto.fixture.ThreadStat;
import dev.managedhsm.crypto.foreign.CLibrary;
import dev.managedhsm.crypto.foreign.CoreSharing;
import dev.managedhsm.crypto.key.KeyClass;
import dev.managedhsm.crypto.key.KeyHandle;
import dev.managedhsm.crypto.operation.Algorithm;
import dev.managedhsm.crypto.operation.Outcome;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.time.Clock;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class SlowStandingTest {
    private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();
    private static final int OTHER = 0;
    private static final int IDLE = 5;
    private static final long COMPUTED_NANOS = TimeUnit.MILLISECONDS.toNanos(2);
    private static final long WAIT_NANOS_MAX = TimeUnit.SECONDS.toNanos(60);

    private final SlowStanding standing = new SlowStanding(new Cores(new int[0], 1), 0);

    @BeforeAll
    static void mayComeBack() {
        assumeTrue(CLibrary.known() && CoreSharing.mayComeBack(), "no privilege and no limit for niceness");
    }

    @Test
    void givesWayFromTheBeginningAndStepsBack() throws Exception {
        List<Integer> found = onNewThread(() -> {
            standing.settle();
            return List.of(ThreadStat.policy(), ThreadStat.niceness());
        });
        assertEquals(List.of(IDLE, SlowStanding.NICENESS), found);
    }

    @Test
    void goesOnGivingWayWhileItsCoreIsFreeNowAndThen() throws Exception {
        assertEquals(IDLE, onNewThread(() -> {
            standing.settle();
            return afterOperation(3);
        }));
    }

    @Test
    void takesItsPartOnceAnOperationWasStarvedAndGivesWayAgainWhenOneWasNot() throws Exception {
        List<Integer> found = onNewThread(() -> {
            standing.settle();
            return List.of(afterOperation(1_000), afterOperation(1_000), afterOperation(1));
        });
        assertEquals(List.of(OTHER, OTHER, IDLE), found);
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
            KeyHandle key = rig.key("slow", KeyClass.RSA_3072);
            sign(rig, ring, key);
            assertEquals(IDLE, ThreadStat.policyOf("slow-0"));
            Thread greedy = Thread.ofPlatform().daemon().start(() -> {
                assertTrue(CLibrary.bindCurrentThread(cores[0]));
                while (!Thread.currentThread().isInterrupted()) {
                    Thread.onSpinWait();
                }
            });
            try {
                signUntil(OTHER, rig, ring, key);
            } finally {
                greedy.interrupt();
                greedy.join();
            }
            signUntil(IDLE, rig, ring, key);
        }
    }

    private static void signUntil(int policy, RingRig rig, OperationRing ring, KeyHandle key) throws Exception {
        long endNanos = System.nanoTime() + WAIT_NANOS_MAX;
        while (ThreadStat.policyOf("slow-0") != policy) {
            assertTrue(System.nanoTime() - endNanos < 0, "never had policy " + policy);
            sign(rig, ring, key);
        }
    }

    private static void sign(RingRig rig, OperationRing ring, KeyHandle key) throws Exception {
        assertEquals(Admission.ADMITTED, ring.submit(rig.sign(key, Algorithm.RS256, 32), System.nanoTime()));
        assertEquals(Outcome.DONE, rig.home.take().outcome());
    }

    /** The policy after an operation that took so many times what it computed. */
    private int afterOperation(int times) throws Exception {
        standing.begins();
        long beganNanos = THREADS.getCurrentThreadCpuTime(); // however long a busy machine takes for it
        while (THREADS.getCurrentThreadCpuTime() - beganNanos < COMPUTED_NANOS) {
            Thread.onSpinWait();
        }
        standing.ended(COMPUTED_NANOS * times);
        return ThreadStat.policy();
    }

    private static <T> T onNewThread(Callable<T> call) throws Exception {
        FutureTask<T> task = new FutureTask<>(call);
        Thread.ofPlatform().start(task);
        return task.get();
    }
}
