// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.ring;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.managedhsm.crypto.key.KeyClass;
import dev.managedhsm.crypto.key.KeyHandle;
import dev.managedhsm.crypto.operation.Algorithm;
import dev.managedhsm.crypto.operation.OperationSlot;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.RejectedExecutionException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class SubmitterTest {
    private final RingRig rig = new RingRig();
    private final List<Throwable> failures = new ArrayList<>();
    private final OperationRing ring = new OperationRing(
            new RingConfig(1, 1, 64, 16, IdleStrategy.BLOCKING, false),
            rig.engine,
            rig.keyring,
            Clock.systemUTC(),
            failures::add);

    /** What the event loop does when its turn is over. */
    private final List<Runnable> tasks = new ArrayList<>();

    private final Submitter submitter = new Submitter(ring, tasks::add);
    private KeyHandle key;

    @BeforeEach
    void sleep() throws Exception {
        key = rig.key("k", KeyClass.P_256);
        awaitSleep("fast-0");
        awaitSleep("slow-0");
    }

    @AfterEach
    void close() {
        ring.close();
        rig.close();
        assertEquals(List.of(), failures);
    }

    @Test
    void wakesASleepingWorkerWhenTheTurnOfTheEventLoopIsOver() throws Exception {
        OperationSlot slot = rig.sign(key, Algorithm.ES256, 32);
        assertEquals(Admission.ADMITTED, submitter.submit(slot, System.nanoTime()));
        assertTrue(rig.home.offered.isEmpty());
        assertEquals(Thread.State.WAITING, worker("fast-0").getState());
        assertEquals(List.of(submitter), tasks);
        submitter.run();
        assertSame(slot, rig.home.take());
    }

    @Test
    void asksForTheEndOfTheTurnOnceForManySlots() throws Exception {
        long nowNanos = System.nanoTime();
        for (int i = 0; i < 3; i++) {
            submitter.submit(rig.sign(key, Algorithm.ES256, 32), nowNanos);
        }
        assertEquals(List.of(submitter), tasks);
        submitter.run();
        for (int i = 0; i < 3; i++) {
            rig.home.take();
        }
        submitter.submit(rig.sign(key, Algorithm.ES256, 32), nowNanos);
        assertEquals(2, tasks.size());
        submitter.run();
        rig.home.take();
    }

    @Test
    void wakesWithinALongTurnAfterSoManySlots() throws Exception {
        long nowNanos = System.nanoTime();
        for (int i = 0; i < Submitter.WAKE_EVERY; i++) {
            submitter.submit(rig.sign(key, Algorithm.ES256, 32), nowNanos);
        }
        for (int i = 0; i < Submitter.WAKE_EVERY; i++) {
            rig.home.take();
        }
    }

    @Test
    void wakesWithinALongTurnWhenTheFirstSlotHasWaitedLongEnough() throws Exception {
        long nowNanos = System.nanoTime();
        submitter.submit(rig.sign(key, Algorithm.ES256, 32), nowNanos);
        submitter.submit(rig.sign(key, Algorithm.ES256, 32), nowNanos + Submitter.WAKE_AFTER_NANOS);
        rig.home.take();
        rig.home.take();
    }

    @Test
    void wakesAtOnceForAnExpensiveOperation() throws Exception {
        OperationSlot slot = rig.sign(rig.key("large", KeyClass.RSA_3072), Algorithm.RS256, 32);
        assertEquals(Admission.ADMITTED, submitter.submit(slot, System.nanoTime()));
        assertSame(slot, rig.home.take());
        assertTrue(tasks.isEmpty());
    }

    @Test
    void wakesAtOnceWhereTheEventLoopHasEnded() throws Exception {
        Submitter last = new Submitter(ring, task -> {
            throw new RejectedExecutionException("ended");
        });
        OperationSlot slot = rig.sign(key, Algorithm.ES256, 32);
        last.submit(slot, System.nanoTime());
        assertSame(slot, rig.home.take());
    }

    @Test
    void closingServesWhatNobodyWasWokenFor() throws Exception {
        OperationSlot slot = rig.sign(key, Algorithm.ES256, 32);
        submitter.submit(slot, System.nanoTime());
        ring.close();
        assertSame(slot, rig.home.take());
        assertEquals(Admission.CLOSED, submitter.submit(slot, System.nanoTime()));
    }

    private static void awaitSleep(String name) {
        while (worker(name).getState() != Thread.State.WAITING) {
            Thread.onSpinWait();
        }
    }

    private static Thread worker(String name) {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.getName().equals(name))
                .findFirst()
                .orElseThrow();
    }
}
