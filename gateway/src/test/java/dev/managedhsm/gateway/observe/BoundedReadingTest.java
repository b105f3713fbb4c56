// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.observe;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.managedhsm.gateway.store.Snapshot;
import dev.managedhsm.gateway.store.SqliteStore;
import dev.managedhsm.gateway.store.StoreRefused;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Who asks about a store whose disk is stuck is answered in time, and learns it. */
class BoundedReadingTest {
    private static final Duration WAIT_MAX = Duration.ofMillis(200);

    @TempDir
    private Path folder;

    private final AtomicInteger readings = new AtomicInteger();

    @Test
    void aStoreThatIsHeldByAStuckCommitKeepsNobodyAndIsNamed() throws Exception {
        try (SqliteStore store = SqliteStore.open(folder)) {
            BoundedReading<Integer> reading = new BoundedReading<>("reading", () -> look(store), 0, WAIT_MAX);
            BoundedReading.Read<Integer> before = reading.read();
            assertTrue(before.fresh());
            assertEquals(1, before.value());
            CountDownLatch held = new CountDownLatch(1);
            CountDownLatch stuck = new CountDownLatch(1);
            Thread commit = Thread.ofPlatform().daemon().start(() -> {
                synchronized (store) { // as a commit does that waits for its disk
                    held.countDown();
                    awaitUninterrupted(stuck);
                }
            });
            held.await();
            BoundedReading.Read<Integer> first = reading.read();
            assertFalse(first.fresh());
            assertEquals(1, first.value(), "what was read before");
            long beginNanos = System.nanoTime();
            for (int i = 0; i < 1000; i++) {
                assertFalse(reading.read().fresh());
            }
            assertTrue(System.nanoTime() - beginNanos < TimeUnit.SECONDS.toNanos(60), "nobody waits anew");
            assertEquals(2, readings.get(), "no other reading begins");
            Check check = HealthChecks.answering(reading.read(), WAIT_MAX);
            assertFalse(check.held());
            assertTrue(check.why().contains("does not answer within 200 ms"), check.why());
            stuck.countDown();
            commit.join();
            await(() -> reading.read().fresh());
            assertTrue(HealthChecks.answering(reading.read(), WAIT_MAX).held(), "and goes on by itself");
        }
    }

    /** What a report of custody does: it reads a snapshot. */
    private int look(SqliteStore store) {
        int number = readings.incrementAndGet();
        try (Snapshot snapshot = store.snapshot()) {
            assertEquals(0, snapshot.revision());
            return number;
        }
    }

    @Test
    void whatBreaksIsThrownAndTheNextReadingIsAnotherTry() {
        BoundedReading<Integer> reading = new BoundedReading<>(
                "reading",
                () -> {
                    if (readings.incrementAndGet() == 1) {
                        throw new StoreRefused("broken");
                    }
                    return readings.get();
                },
                0,
                WAIT_MAX);
        assertThrows(StoreRefused.class, reading::read);
        await(() -> reading.read().fresh());
    }

    private static void awaitUninterrupted(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static void await(BooleanSupplier condition) {
        long endNanos = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
        while (!condition.getAsBoolean()) {
            assertTrue(System.nanoTime() < endNanos, "it did not come to pass");
            Thread.onSpinWait();
        }
    }
}
