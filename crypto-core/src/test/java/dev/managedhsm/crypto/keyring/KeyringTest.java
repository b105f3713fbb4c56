// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.keyring;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.managedhsm.crypto.engine.EngineKey;
import dev.managedhsm.crypto.fixture.CountingEngine.CountingKey;
import dev.managedhsm.crypto.key.KeyAttributes;
import dev.managedhsm.crypto.key.KeyClass;
import dev.managedhsm.crypto.key.KeyFacts;
import dev.managedhsm.crypto.key.KeyHandle;
import dev.managedhsm.crypto.key.PermittedOperation;
import dev.managedhsm.crypto.operation.Operation;
import dev.managedhsm.crypto.operation.Outcome;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class KeyringTest {
    private final KeyringFixture fixture = new KeyringFixture(3);
    private final Keyring keyring = fixture.keyring;
    private final KeyringWriter writer = fixture.writer;
    private final List<KeyringReader> readers = new ArrayList<>();

    @AfterEach
    void closesEveryEngineKey() {
        fixture.close();
        assertEquals(0, fixture.engine.open.get());
        assertEquals(0, fixture.engine.broken.get());
    }

    @Test
    void findsCurrentVersionByNameInAnyCase() {
        fixture.add("Invoices", 1);
        LivingKey current = fixture.add("Invoices", 2);

        assertSame(current, keyring.find("invoices"));
        assertSame(current, keyring.find("INVOICES"));
        assertNull(keyring.find("invoice"));
    }

    @Test
    void findsEveryVersionByItsText() {
        LivingKey first = fixture.add("a", 1);
        LivingKey second = fixture.add("a", 2);

        assertSame(first, keyring.find("A", first.facts().version().text()));
        assertSame(second, keyring.find("a", second.facts().version().text().toUpperCase(java.util.Locale.ROOT)));
        assertNull(keyring.find("a", "f".repeat(32)));
        assertNull(keyring.find("b", first.facts().version().text()));
    }

    @Test
    void resolvesHandlesAndNeverGivesOneTwice() {
        LivingKey gone = fixture.add("a", 1);
        writer.purge(writer.delete("a", 1, 2, KeyringFixture.MARK));
        LivingKey next = fixture.add("b", 1);

        assertEquals(gone.handle().index(), next.handle().index());
        assertNull(keyring.resolve(gone.handle()));
        assertSame(next, keyring.resolve(next.handle()));
        assertNull(keyring.resolve(new KeyHandle(1_000_000, 1, KeyClass.P_256)));
    }

    @Test
    void resolvesAcrossPages() {
        for (int i = 0; i < 10_000; i++) {
            LivingKey key = fixture.add("k" + i, 1);
            assertSame(key, keyring.resolve(key.handle()));
        }
        assertEquals(10_000, keyring.keyCount());
    }

    @Test
    void listsInOrderOfFoldedNames() {
        for (String name : List.of("b", "C", "a", "d")) {
            fixture.add(name, 1);
        }

        assertEquals(List.of("a", "b"), names(keyring.list(null, 2)));
        assertEquals(List.of("C", "d"), names(keyring.list("B", 9)));
        assertEquals(List.of(), names(keyring.list("d", 9)));
    }

    @Test
    void listsVersionsOldestFirst() {
        LivingKey one = fixture.add("a", 1);
        LivingKey two = fixture.add("a", 2);
        LivingKey three = fixture.add("a", 3);

        assertEquals(List.of(one, two), keyring.versions("A", null, 2));
        assertEquals(List.of(three), keyring.versions("a", two.facts().version().text(), 2));
        assertEquals(List.of(), keyring.versions("a", "e".repeat(32), 2));
        assertEquals(List.of(), keyring.versions("b", null, 2));
    }

    @Test
    void deletedKeyIsFoundAmongDeletedKeysOnly() {
        LivingKey key = fixture.add("A", 1);

        DeletedKey deleted = writer.delete("a", 10, 20, KeyringFixture.MARK);

        assertNull(keyring.find("a"));
        assertNull(keyring.resolve(key.handle()));
        assertEquals(List.of(), keyring.list(null, 9));
        assertSame(deleted, keyring.findDeleted("A"));
        assertEquals(List.of(deleted), keyring.listDeleted(null, 9));
        assertEquals(10, deleted.deletedSeconds());
        assertEquals(20, deleted.purgeSeconds());
    }

    @Test
    void recoveredKeyOpensUnderANewHandle() {
        fixture.add("a", 1);
        LivingKey key = fixture.add("a", 2);
        int fingerprint = fingerprint(key);

        LivingKey back = writer.recover(writer.delete("a", 1, 2, KeyringFixture.MARK));
        writer.sweep();

        assertNotSame(key, back);
        assertNull(keyring.resolve(key.handle()));
        assertSame(back, keyring.find("a"));
        assertNull(keyring.findDeleted("a"));
        assertEquals(2, keyring.versions("a", null, 9).size());
        assertEquals(fingerprint, fingerprint(back));
    }

    @Test
    void purgeGivesBackAllMemory() {
        fixture.add("a", 1);
        fixture.add("a", 2);
        fixture.add("a", 3);
        writer.recover(writer.delete("a", 1, 2, KeyringFixture.MARK));
        writer.purge(writer.delete("a", 1, 2, KeyringFixture.MARK));

        assertFalse(writer.sweep());

        assertEquals(0, writer.sealedBytes());
    }

    @Test
    void keyInUseStaysWholeUntilItsReaderExits() {
        LivingKey key = fixture.add("a", 1);
        try (KeyringReader reader = keyring.reader()) {
            assertSame(key, reader.enter(key.handle()));
            CountingKey lent = (CountingKey) reader.engineKey(key);
            lent.begin();

            writer.purge(writer.delete("a", 1, 2, KeyringFixture.MARK));

            assertTrue(writer.sweep());
            assertEquals(1, fixture.engine.open.get());
            assertTrue(writer.sealedBytes() > 0);
            lent.end();
            reader.exit();
            assertFalse(writer.sweep());
            assertEquals(0, fixture.engine.open.get());
            assertEquals(0, writer.sealedBytes());
        }
    }

    @Test
    void deadHandleCannotBeEntered() {
        LivingKey key = fixture.add("a", 1);
        writer.delete("a", 1, 2, KeyringFixture.MARK);
        try (KeyringReader reader = keyring.reader()) {
            assertNull(reader.enter(key.handle()));
        }
    }

    @Test
    void evictsTheKeyThatWasNotUsedAgain() {
        List<LivingKey> keys = List.of(
                fixture.add("a", 1),
                fixture.add("b", 1),
                fixture.add("c", 1),
                fixture.add("d", 1),
                fixture.add("e", 1));
        AtomicInteger wakes = new AtomicInteger();
        writer.onPressure(wakes::incrementAndGet);
        keys.subList(0, 3).forEach(this::fingerprint);
        writer.sweep();
        assertEquals(0, wakes.get());

        fingerprint(keys.get(3));
        assertEquals(1, wakes.get());
        writer.sweep(); // passes all once: each has had its use forgotten, and the first has gone
        fingerprint(keys.get(2));
        fingerprint(keys.get(4));
        writer.sweep();

        assertEquals(3, keyring.hotCount());
        assertEquals(3, fixture.engine.open.get());
        assertTrue(keys.get(2).hot());
        assertTrue(keys.get(4).hot());
        assertFalse(keys.get(0).hot());
    }

    @Test
    void evictedKeyLoadsAgainWithTheSameSecret() {
        LivingKey key = fixture.add("a", 1);
        int fingerprint = fingerprint(key);
        for (int i = 0; i < 8; i++) {
            fingerprint(fixture.add("x" + i, 1));
            writer.sweep();
        }

        assertFalse(key.hot());
        assertEquals(fingerprint, fingerprint(key));
    }

    /** NIST SP 800-38D section 8.3 bounds a key, not a copy of it. */
    @Test
    void everyLoadedCopyOfAKeyCountsOnOneCounter() {
        LivingKey key = fixture.add("a", 1, KeyClass.OCT_256);
        AtomicLong counter = counter(key);
        assertNotNull(counter);
        for (String other : List.of("b", "c", "d", "e", "f")) {
            fingerprint(fixture.add(other, 1));
            writer.sweep();
        }
        assertFalse(key.hot());
        assertSame(counter, counter(key));
        assertSame(counter, counter(writer.recover(writer.delete("a", 1, 2, KeyringFixture.MARK))));
        assertNotSame(counter, counter(fixture.add("a", 2, KeyClass.OCT_256)));
        assertNull(counter(fixture.add("pair", 1)));
    }

    private @Nullable AtomicLong counter(LivingKey key) {
        try (KeyringReader reader = keyring.reader()) {
            assertSame(key, reader.enter(key.handle()));
            try {
                return ((CountingKey) reader.engineKey(key)).counter();
            } finally {
                reader.exit();
            }
        }
    }

    @Test
    void warmUseAllocatesNothing() {
        LivingKey key = fixture.add("a", 1);
        String version = key.facts().version().text();
        var threads = (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
        long sum = 0;
        try (KeyringReader reader = keyring.reader()) {
            long allocated = Long.MAX_VALUE;
            for (int round = 0; round < 10; round++) {
                long before = threads.getCurrentThreadAllocatedBytes();
                for (int i = 0; i < 20_000; i++) {
                    LivingKey found = keyring.find("a", version);
                    LivingKey current = keyring.find("a");
                    LivingKey entered = reader.enter(present(found).handle());
                    EngineKey lent = reader.engineKey(present(entered));
                    Outcome usable = UseRule.usable(present(current).facts(), Operation.SIGN, 1);
                    sum += lent.keyClass().bits() + usable.ordinal();
                    reader.exit();
                }
                allocated = Math.min(allocated, threads.getCurrentThreadAllocatedBytes() - before);
            }
            assertEquals(0, allocated);
        }
        assertTrue(sum > 0);
    }

    @Test
    void givesAClosedReadersPlaceToAnother() {
        for (int i = 0; i < 20; i++) {
            keyring.reader().close();
        }
        for (int i = 0; i < 8; i++) {
            readers.add(keyring.reader());
        }
        assertThrows(IllegalStateException.class, keyring::reader);
        readers.forEach(KeyringReader::close);
    }

    @Test
    void hasOneWriter() {
        assertThrows(IllegalStateException.class, keyring::writer);
    }

    @Test
    void ruleRefusesDisabledKeyForEverything() {
        KeyFacts facts = facts(false, KeyAttributes.NONE, KeyAttributes.NONE, Set.of(PermittedOperation.values()));
        for (Operation operation : Operation.values()) {
            assertEquals(Outcome.KEY_DISABLED, UseRule.usable(facts, operation, 50));
        }
    }

    @Test
    void ruleRefusesOutsideThePeriodOnlyWhatProtectsNewData() {
        KeyFacts facts = facts(true, 10, 20, Set.of(PermittedOperation.values()));
        for (Operation operation : Operation.values()) {
            Outcome outside = operation.boundToPeriod() ? Outcome.KEY_NOT_IN_PERIOD : Outcome.PENDING;
            assertEquals(outside, UseRule.usable(facts, operation, 9));
            assertEquals(Outcome.PENDING, UseRule.usable(facts, operation, 10));
            assertEquals(Outcome.PENDING, UseRule.usable(facts, operation, 19));
            assertEquals(outside, UseRule.usable(facts, operation, 20));
        }
    }

    @Test
    void ruleRefusesWhatIsNotPermitted() {
        KeyFacts facts = facts(true, KeyAttributes.NONE, KeyAttributes.NONE, Set.of(PermittedOperation.VERIFY));

        assertEquals(Outcome.OPERATION_NOT_PERMITTED, UseRule.usable(facts, Operation.SIGN, 1));
        assertEquals(Outcome.PENDING, UseRule.usable(facts, Operation.VERIFY, 1));
    }

    private KeyFacts facts(boolean enabled, long notBefore, long expires, Set<PermittedOperation> permitted) {
        KeyFacts some = fixture.add("facts", 1).facts();
        return new KeyFacts(
                some.name(),
                some.version(),
                some.keyClass(),
                permitted,
                new KeyAttributes(enabled, notBefore, expires, 1, 1),
                some.tags(),
                some.publicPart(),
                some.releasePolicy());
    }

    private int fingerprint(LivingKey key) {
        try (KeyringReader reader = keyring.reader()) {
            LivingKey entered = present(reader.enter(key.handle()));
            return ((CountingKey) reader.engineKey(entered)).fingerprint();
        }
    }

    private static <T> T present(@org.jspecify.annotations.Nullable T thing) {
        assertNotNull(thing);
        return thing;
    }

    private static List<String> names(List<LivingKey> keys) {
        return keys.stream().map(key -> key.facts().name().text()).toList();
    }
}
