// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.ring;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.managedhsm.crypto.fixture.NewThread;
import dev.managedhsm.crypto.key.KeyClass;
import dev.managedhsm.crypto.key.KeyHandle;
import dev.managedhsm.crypto.operation.Algorithm;
import dev.managedhsm.crypto.operation.OperationSlot;
import dev.managedhsm.crypto.operation.Outcome;
import java.time.Clock;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class SubmitterTest {
    private static final int FAST_CAPACITY = 8;

    private final RingRig rig = new RingRig();
    private final List<Throwable> failures = new CopyOnWriteArrayList<>();
    private final OperationRing ring = ring(1, FAST_CAPACITY);

    private final Turns turns = new Turns();

    /** Stands still: a busy machine must not make a turn long. */
    private final AtomicLong clock = new AtomicLong(System.nanoTime());

    private final Submitter submitter = new Submitter(ring, turns, clock::get);
    private KeyHandle key;
    private Thread worker;

    @BeforeEach
    void sleep() throws Exception {
        key = rig.key("k", KeyClass.P_256);
        worker = worker("fast-0");
        NewThread.awaitSleep(worker);
        NewThread.awaitSleep(worker("slow-0"));
    }

    @AfterEach
    void close() {
        ring.close();
        rig.close();
        assertEquals(List.of(), failures);
    }

    @Test
    void wakesASleepingWorkerWhenTheTurnOfTheEventLoopIsOver() throws Exception {
        OperationSlot slot = signature();
        assertEquals(Admission.ADMITTED, submitter.submit(slot, System.nanoTime()));
        assertStillSleeps();
        assertEquals(1, turns.due.size());
        turns.over();
        assertSame(slot, rig.home.take());
    }

    @Test
    void asksForTheEndOfTheTurnOnceForManySlots() throws Exception {
        cheapen(ring);
        for (int turn = 0; turn < 2; turn++) {
            for (int i = 0; i < 3; i++) {
                submitter.submit(signature(), System.nanoTime());
            }
            assertEquals(1, turns.due.size());
            turns.over();
            turns.over();
            for (int i = 0; i < 3; i++) {
                rig.home.take();
            }
            NewThread.awaitSleep(worker);
            cheapen(ring); // whatever they took on a busy machine
        }
    }

    @Test
    void wakesWithinALongTurnForEnoughWork() throws Exception {
        OperationSlot first = signature();
        submitter.submit(first, System.nanoTime());
        long enough = Math.ceilDiv(Submitter.WORK_NANOS, first.expectedNanos());
        for (int i = 1; i < enough; i++) {
            assertStillSleeps();
            submitter.submit(signature(), System.nanoTime());
        }
        for (int i = 0; i < enough; i++) {
            rig.home.take();
        }
    }

    @Test
    void wakesWithinALongTurnForSoManySlotsHoweverCheap() throws Exception {
        try (OperationRing large = ring(1, 2 * Submitter.SLOTS_MAX)) {
            Thread workerOfLarge = worker("fast-0", worker);
            NewThread.awaitSleep(workerOfLarge);
            cheapen(large);
            Submitter toLarge = new Submitter(large, turns);
            for (int i = 0; i < Submitter.SLOTS_MAX; i++) {
                assertEquals(Thread.State.WAITING, workerOfLarge.getState());
                toLarge.submit(signature(), System.nanoTime());
            }
            for (int i = 0; i < Submitter.SLOTS_MAX; i++) {
                rig.home.take();
            }
        }
    }

    @Test
    void littleWorkWaitsForTheNextTurnAndNoLongerIfThatBringsNothing() throws Exception {
        cheapen(ring);
        OperationSlot slot = signature();
        submitter.submit(slot, System.nanoTime());
        turns.over();
        assertEquals(1, turns.askedForNext);
        assertStillSleeps();
        turns.over();
        assertSame(slot, rig.home.take());
        assertEquals(1, turns.askedForNext);
        assertTrue(turns.due.isEmpty());
    }

    @Test
    void littleWorkWaitsOnWhileTurnsBringMoreUntilTheFirstHasWaitedLongEnough() throws Exception {
        cheapen(ring);
        int turnsWithMore = 4;
        for (int i = 1; i <= turnsWithMore; i++) {
            submitter.submit(signature(), clock.get());
            turns.over();
            assertEquals(i, turns.askedForNext);
            assertStillSleeps();
        }
        clock.addAndGet(Submitter.PUT_OFF_NANOS);
        submitter.submit(signature(), clock.get());
        turns.over();
        assertEquals(turnsWithMore, turns.askedForNext);
        for (int i = 0; i <= turnsWithMore; i++) {
            rig.home.take();
        }
    }

    @Test
    void workThatIsMoreThanAWakeUpWaitsForNoOtherTurn() throws Exception {
        OperationSlot slot = signature();
        submitter.submit(slot, System.nanoTime());
        assertTrue(slot.expectedNanos() >= Submitter.LITTLE_NANOS);
        turns.over();
        assertEquals(0, turns.askedForNext);
        assertSame(slot, rig.home.take());
    }

    @Test
    void wakesAtOnceWhereTheEventLoopEndsBeforeItsNextTurn() throws Exception {
        cheapen(ring);
        OperationSlot slot = signature();
        submitter.submit(slot, System.nanoTime());
        turns.ended = true;
        turns.over();
        assertSame(slot, rig.home.take());
    }

    @Test
    void wakesAtOnceForAnExpensiveOperationInEitherLane() throws Exception {
        OperationSlot slow = rig.sign(rig.key("large", KeyClass.RSA_3072), Algorithm.RS256, 32);
        assertEquals(Admission.ADMITTED, submitter.submit(slow, System.nanoTime()));
        assertSame(slow, rig.home.take());
        OperationSlot fast = rig.sign(rig.key("middle", KeyClass.RSA_2048), Algorithm.RS256, 32);
        assertEquals(Admission.ADMITTED, submitter.submit(fast, System.nanoTime()));
        assertSame(fast, rig.home.take());
        assertTrue(turns.due.isEmpty());
    }

    @Test
    void anExpensiveOperationWakesForTheCheapOnesBeforeIt() throws Exception {
        OperationSlot cheap = signature();
        submitter.submit(cheap, System.nanoTime());
        submitter.submit(rig.sign(rig.key("large", KeyClass.RSA_3072), Algorithm.RS256, 32), System.nanoTime());
        assertTrue(List.of(rig.home.take(), rig.home.take()).contains(cheap));
    }

    @Test
    void wakesForWhatFillsTheLaneWhenASlotIsRefused() throws Exception {
        try (OperationRing small = ring(1, 4)) {
            NewThread.awaitSleep(worker("fast-0", worker));
            cheapen(small);
            Submitter toSmall = new Submitter(small, turns);
            long nowNanos = System.nanoTime();
            for (int i = 0; i < 4; i++) {
                assertEquals(Admission.ADMITTED, toSmall.submit(signature(), nowNanos));
            }
            assertEquals(Admission.FULL, toSmall.submit(signature(), nowNanos));
            for (int i = 0; i < 4; i++) {
                rig.home.take();
            }
        }
    }

    @Test
    void wakesAtOnceWhereTheEventLoopHasEnded() throws Exception {
        turns.ended = true;
        OperationSlot slot = signature();
        submitter.submit(slot, System.nanoTime());
        assertSame(slot, rig.home.take());
    }

    @Test
    void closingServesWhatNobodyWasWokenFor() throws Exception {
        OperationSlot slot = signature();
        submitter.submit(slot, System.nanoTime());
        assertStillSleeps();
        ring.close();
        assertSame(slot, rig.home.take());
        assertEquals(Outcome.DONE, slot.outcome());
        assertEquals(Admission.CLOSED, submitter.submit(signature(), System.nanoTime()));
    }

    /** Each event loop ends its turn after a while only; whatever the others do, all slots come back. */
    @Test
    void losesNoSlotOfTwoEventLoopsWithTwoWorkers() throws Exception {
        int rounds = 2_000;
        KeyHandle secret = rig.key("secret", KeyClass.OCT_256);
        try (OperationRing shared = ring(2, 64)) {
            List<Thread> loops = new ArrayList<>();
            for (int loop = 0; loop < 2; loop++) {
                RingRig.Home home = new RingRig.Home();
                List<OperationSlot> slots = new ArrayList<>();
                for (int i = 0; i < 5; i++) {
                    slots.add(rig.sign(secret, Algorithm.HS256, 32, home));
                }
                loops.add(Thread.ofPlatform()
                        .uncaughtExceptionHandler((thread, lost) -> failures.add(lost))
                        .start(() -> turns(shared, slots, home, secret, rounds)));
            }
            for (Thread loop : loops) {
                loop.join();
            }
        }
    }

    private void turns(
            OperationRing shared, List<OperationSlot> slots, RingRig.Home home, KeyHandle secret, int rounds) {
        Turns ownTurns = new Turns();
        Submitter own = new Submitter(shared, ownTurns);
        try {
            for (int round = 0; round < rounds; round++) {
                int submitted = 1 + round % slots.size();
                for (OperationSlot slot : slots.subList(0, submitted)) {
                    // Full behind a worker that has claimed a place and has no core at the moment.
                    while (own.submit(slot, System.nanoTime()) == Admission.FULL) {
                        Thread.onSpinWait();
                    }
                    if (round % 2 == 0) {
                        ownTurns.over();
                    }
                }
                while (!ownTurns.due.isEmpty()) {
                    ownTurns.over();
                }
                for (int i = 0; i < submitted; i++) {
                    rig.again(home.take(), secret, Algorithm.HS256, 32);
                }
            }
        } catch (InterruptedException unexpected) {
            throw new IllegalStateException(unexpected);
        }
    }

    private OperationRing ring(int workers, int capacity) {
        RingConfig config = new RingConfig(workers, 1, capacity, 2, IdleStrategy.BRIEF, false);
        return new OperationRing(config, rig.engine, rig.keyring, Clock.systemUTC(), failures::add);
    }

    private OperationSlot signature() {
        return rig.sign(key, Algorithm.ES256, 32);
    }

    /** Of an average of what signatures take almost nothing is left. */
    private void cheapen(OperationRing served) {
        OperationSlot slot = signature();
        for (int i = 0; i < 200; i++) {
            served.lane(slot).served(slot, 1);
        }
    }

    /** The turns of an event loop that the test ends. */
    private static final class Turns implements LoopTurns {
        private final Queue<Runnable> due = new ArrayDeque<>();
        private final List<Runnable> later = new ArrayList<>();
        private int askedForNext;
        private boolean ended;

        @Override
        public void atEnd(Runnable task) {
            add(due, task);
        }

        @Override
        public void atEndOfNext(Runnable task) {
            add(later, task);
            askedForNext++;
        }

        private void add(Collection<Runnable> tasks, Runnable task) {
            if (ended) {
                throw new RejectedExecutionException("ended");
            }
            tasks.add(task);
        }

        /** Runs what is due, also what that asks for, as event loops do; the next turn begins. */
        void over() {
            for (Runnable task = due.poll(); task != null; task = due.poll()) {
                task.run();
            }
            due.addAll(later);
            later.clear();
        }
    }

    private void assertStillSleeps() {
        assertEquals(Thread.State.WAITING, worker.getState());
        assertTrue(rig.home.offered.isEmpty());
    }

    private static Thread worker(String name, Thread... butNot) {
        Thread found = Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.getName().equals(name))
                .filter(thread -> !List.of(butNot).contains(thread))
                .findFirst()
                .orElse(null);
        assertNotNull(found, name);
        return found;
    }
}
