// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.keyring;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.managedhsm.crypto.fixture.CountingEngine.CountingKey;
import dev.managedhsm.crypto.key.KeyHandle;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Readers use keys as fast as they can while the writer deletes, recovers, purges, makes and evicts them: no engine key
 * is closed while in use, each use sees the secret that belongs to the handle, and nothing is left over. {@code
 * -Dhsm.stress.millis=30000} goes on for so long.
 */
class KeyringStress {
    private static final int NAMES = 24;
    private static final int READERS = 3;

    @Test
    void noEngineKeyIsClosedInUse() throws InterruptedException {
        run(1_500);
    }

    @Test
    @Tag("slow")
    void noEngineKeyIsClosedInUseForLong() throws InterruptedException {
        run(Integer.getInteger("hsm.stress.millis", 8_000));
    }

    private static void run(long millis) throws InterruptedException {
        AtomicLong uses = new AtomicLong();
        ConcurrentLinkedQueue<Throwable> failures = new ConcurrentLinkedQueue<>();
        KeyringFixture fixture = new KeyringFixture(4);
        AtomicReferenceArray<KeyHandle> handles = new AtomicReferenceArray<>(NAMES);
        for (int i = 0; i < NAMES; i++) {
            handles.set(i, fixture.add("k" + i, 1).handle());
        }
        long end = System.nanoTime() + millis * 1_000_000;
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < READERS; i++) {
            int seed = i;
            threads.add(Thread.ofPlatform()
                    .uncaughtExceptionHandler((_, failure) -> failures.add(failure))
                    .start(() -> use(fixture.keyring, handles, new Random(seed), end, uses)));
        }
        change(fixture, handles, new Random(99), end);
        for (Thread thread : threads) {
            thread.join();
        }

        assertEquals(List.of(), List.copyOf(failures));
        assertEquals(0, fixture.engine.broken.get());
        assertTrue(uses.get() > 1_000, () -> "only " + uses + " uses");
        while (fixture.writer.sweep()) {
            Thread.onSpinWait();
        }
        assertTrue(fixture.keyring.hotCount() <= 4);
        assertEquals(fixture.keyring.hotCount(), fixture.engine.open.get());
        fixture.close();
        assertEquals(0, fixture.engine.open.get());
        assertEquals(0, fixture.engine.broken.get());
    }

    private static void use(
            Keyring keyring, AtomicReferenceArray<KeyHandle> handles, Random random, long end, AtomicLong uses) {
        try (KeyringReader reader = keyring.reader()) {
            while (System.nanoTime() < end) {
                LivingKey key = reader.enter(handles.get(random.nextInt(NAMES)));
                if (key == null) {
                    continue;
                }
                CountingKey lent = (CountingKey) reader.engineKey(key);
                lent.begin();
                byte expected = ((dev.managedhsm.crypto.key.PublicPart.Point)
                                key.facts().publicPart())
                        .x()[0];
                assertEquals(expected, (byte) lent.fingerprint());
                lent.end();
                reader.exit();
                uses.incrementAndGet();
            }
        }
    }

    private static void change(
            KeyringFixture fixture, AtomicReferenceArray<KeyHandle> handles, Random random, long end) {
        KeyringWriter writer = fixture.writer;
        while (System.nanoTime() < end) {
            int i = random.nextInt(NAMES);
            String name = "k" + i;
            switch (random.nextInt(4)) {
                case 0 ->
                    handles.set(
                            i,
                            writer.recover(writer.delete(name, 1, 2, KeyringFixture.MARK))
                                    .handle());
                case 1 -> {
                    writer.purge(writer.delete(name, 1, 2, KeyringFixture.MARK));
                    handles.set(i, fixture.add(name, 1).handle());
                }
                default -> writer.sweep();
            }
        }
    }
}
