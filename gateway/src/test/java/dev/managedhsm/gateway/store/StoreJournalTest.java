// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.store;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.managedhsm.crypto.engine.Engine;
import dev.managedhsm.crypto.engine.Engines;
import dev.managedhsm.crypto.key.KeyClass;
import dev.managedhsm.crypto.key.KeyFacts;
import dev.managedhsm.crypto.keyring.LivingKey;
import dev.managedhsm.crypto.lifecycle.JournalWrite;
import dev.managedhsm.crypto.lifecycle.KeyJournal;
import dev.managedhsm.crypto.lifecycle.LifecycleAnswer;
import dev.managedhsm.crypto.seal.RecordName;
import dev.managedhsm.crypto.seal.SealPurpose;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StoreJournalTest {
    private static final RecordName ANCHOR = new RecordName(SealPurpose.ANCHOR, "", "");
    private static final RecordName DELETED = new RecordName(SealPurpose.DELETED_KEY, "a", "");
    private static final RecordName FACTS = new RecordName(SealPurpose.KEY_FACTS, "a", "0".repeat(32));
    private static final RecordName SECRET = new RecordName(SealPurpose.KEY_SECRET, "a", "0".repeat(32));

    @TempDir
    Path folder;

    @Test
    void loadsWhatItCommittedInTheOrderOfPurposes() {
        try (Store store = SqliteStore.open(folder)) {
            StoreJournal journal = new StoreJournal(store);
            List<JournalWrite> writes = new ArrayList<>();
            for (RecordName name : List.of(ANCHOR, DELETED, SECRET, FACTS)) {
                writes.add(new JournalWrite.Put(
                        name, new byte[] {(byte) name.purpose().label().length()}));
            }
            assertEquals(KeyJournal.Ending.COMMITTED, journal.commit(writes));

            List<RecordName> names = new ArrayList<>();
            new StoreJournal(store).load((name, blob) -> {
                names.add(name);
                assertArrayEquals(new byte[] {(byte) name.purpose().label().length()}, blob);
            });
            assertEquals(List.of(FACTS, SECRET, DELETED, ANCHOR), names);
            assertEquals(
                    KeyJournal.Ending.COMMITTED, journal.commit(List.of(new JournalWrite.Remove(DELETED), anchor())));
        }
    }

    @Test
    void commitsNothingAfterAnotherWriterDid() {
        try (Store store = SqliteStore.open(folder)) {
            StoreJournal one = new StoreJournal(store);
            StoreJournal two = new StoreJournal(store);
            assertEquals(KeyJournal.Ending.COMMITTED, one.commit(List.of(anchor())));
            assertEquals(KeyJournal.Ending.NOT_COMMITTED, two.commit(List.of(anchor())));
            assertEquals(KeyJournal.Ending.COMMITTED, one.commit(List.of(anchor())));
        }
    }

    @Test
    void keySignsAfterReopening() {
        try (Engine engine = Engines.choose()) {
            KeyFacts made;
            try (DurableHsm hsm = new DurableHsm(engine, folder)) {
                LifecycleAnswer<KeyFacts> answer = hsm.create("Invoices", KeyClass.P_256)
                        .toCompletableFuture()
                        .join();
                made = assertInstanceOf(LifecycleAnswer.Done.class, answer).value() instanceof KeyFacts facts
                        ? facts
                        : null;
            }
            try (DurableHsm hsm = new DurableHsm(engine, folder)) {
                LivingKey key = hsm.keyring.find("invoices");
                assertNotNull(key);
                assertEquals(made, key.facts());
                assertTrue(hsm.signs(key));
            }
        }
    }

    private static JournalWrite anchor() {
        return new JournalWrite.Put(ANCHOR, new byte[] {1});
    }
}
