// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.store;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;

import dev.managedhsm.gateway.store.Transaction.Guard;
import dev.managedhsm.gateway.store.Transaction.Put;
import dev.managedhsm.gateway.store.Transaction.Remove;
import dev.managedhsm.gateway.store.Transaction.Write;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What every store does. */
abstract class StoreContract {
    private @Nullable Store opened;

    /** Opens the store under test, empty the first time, and afterwards with what it held when it was closed. */
    abstract Store open();

    @BeforeEach
    void start() {
        opened = open();
    }

    @AfterEach
    void stop() {
        store().close();
    }

    final Store store() {
        assertNotNull(opened);
        return opened;
    }

    final void reopen() {
        store().close();
        opened = open();
    }

    @Test
    void emptyStoreIsAtRevisionZero() {
        assertEquals(0, store().head());
        assertNull(store().health().failure());
        try (Snapshot snapshot = store().snapshot()) {
            assertEquals(0, snapshot.revision());
            assertNull(snapshot.find("n", "a"));
        }
    }

    @Test
    void readsBackWhatWasCommitted() {
        byte[] bytes = new byte[100_000];
        new Random(1).nextBytes(bytes);
        assertCommitted(1, put("n", "a", bytes), put("n", "empty", new byte[0]));

        try (Snapshot snapshot = store().snapshot()) {
            StoredRecord record = snapshot.find("n", "a");
            assertNotNull(record);
            assertArrayEquals(bytes, record.value());
            assertEquals(1, record.revision());
            StoredRecord empty = snapshot.find("n", "empty");
            assertNotNull(empty);
            assertEquals(0, empty.value().length);
        }
    }

    @Test
    void countsCommitsAndMarksRecordsWithThem() {
        assertCommitted(1, put("a", "1"));
        assertCommitted(2, put("b", "1"));
        assertCommitted(3, put("a", "2"));

        assertEquals(3, store().head());
        assertEquals("a=2@3 b=1@2", all("n"));
    }

    @Test
    void laterWriteOfATransactionWins() {
        assertCommitted(1, put("a", "1"), remove("a"), put("a", "2"), put("b", "1"), remove("b"));

        assertEquals("a=2@1", all("n"));
    }

    @Test
    void removesRecords() {
        assertCommitted(1, put("a", "1"), put("b", "1"));
        assertCommitted(2, remove("a"), remove("never there"));

        assertEquals("b=1@1", all("n"));
    }

    @Test
    void guardLetsThroughWhatItExpects() {
        assertCommitted(1, put("a", "1"));

        assertEquals(new Commit.Committed(2), commit(List.of(new Guard("n", "a", 1), absent("b")), put("b", "1")));
    }

    @Test
    void guardStopsAllWritesWhenTheRecordMovedOn() {
        assertCommitted(1, put("a", "1"));
        assertCommitted(2, put("a", "2"));

        assertEquals(new Commit.Conflict(), commit(List.of(new Guard("n", "a", 1)), put("a", "3"), put("b", "1")));
        assertEquals(new Commit.Conflict(), commit(List.of(absent("a")), put("b", "1")));
        assertEquals(new Commit.Conflict(), commit(List.of(new Guard("n", "b", 1)), put("b", "1")));
        assertEquals("a=2@2", all("n"));
        assertEquals(2, store().head());
    }

    @Test
    void listsOneNamespaceInOrderOfKeys() {
        assertCommitted(
                1, put("b", "1"), put("a-1", "1"), put("a/1", "1"), put("a", "1"), put("a1", "1"), put("ä", "1"));
        assertCommitted(2, put("other", "z", "1".getBytes(StandardCharsets.UTF_8)));

        assertEquals("a=1@1 a-1=1@1 a/1=1@1 a1=1@1 b=1@1 ä=1@1", all("n"));
        assertEquals("z=1@2", all("other"));
        assertEquals("", all("none"));
    }

    @Test
    void snapshotSeesOneRevision() {
        assertCommitted(1, put("a", "1"), put("b", "1"));
        try (Snapshot snapshot = store().snapshot()) {
            assertCommitted(2, put("a", "2"), remove("b"), put("c", "1"));

            assertEquals(1, snapshot.revision());
            assertEquals("a=1@1 b=1@1", all(snapshot, "n"));
            assertNull(snapshot.find("n", "c"));
        }
        assertEquals("a=2@2 c=1@2", all("n"));
    }

    @Test
    void settlesAnOperationThatWasCommitted() {
        String operation = UUID.randomUUID().toString();
        store().commit(new Transaction(operation, List.of(), List.of(put("a", "1"))));
        assertCommitted(2, put("b", "1"));
        reopen();

        assertEquals(new Commit.Committed(1), store().settle(operation));
    }

    @Test
    void settlesAnOperationThatWasNeverCommitted() {
        String operation = UUID.randomUUID().toString();
        store().commit(new Transaction(operation, List.of(new Guard("n", "a", 7)), List.of(put("a", "1"))));

        assertInstanceOf(Commit.NotCommitted.class, store().settle(operation));
    }

    @Test
    void keepsEverythingWhenReopened() {
        assertCommitted(1, put("a", "1"));
        assertCommitted(2, put("b", "2"));
        reopen();

        assertEquals(2, store().head());
        assertEquals("a=1@1 b=2@2", all("n"));
        assertCommitted(3, put("c", "3"));
    }

    @Test
    void concurrentCommitsUnderGuardsLoseNoUpdate() throws InterruptedException {
        assertCommitted(1, put("n", "counter", new byte[] {0}));
        AtomicInteger conflicts = new AtomicInteger();
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            threads.add(Thread.ofVirtual().start(() -> {
                for (int done = 0; done < 20; ) {
                    if (increment()) {
                        done++;
                    } else {
                        conflicts.incrementAndGet();
                    }
                }
            }));
        }
        for (Thread thread : threads) {
            thread.join();
        }
        try (Snapshot snapshot = store().snapshot()) {
            StoredRecord record = snapshot.find("n", "counter");
            assertNotNull(record);
            assertEquals(60, record.value()[0]);
            assertEquals(61, store().head());
        }
    }

    private boolean increment() {
        try (Snapshot snapshot = store().snapshot()) {
            StoredRecord record = snapshot.find("n", "counter");
            assertNotNull(record);
            byte[] more = {(byte) (record.value()[0] + 1)};
            List<Guard> guards = List.of(new Guard("n", "counter", record.revision()));
            return commit(guards, put("n", "counter", more)) instanceof Commit.Committed;
        }
    }

    final void assertCommitted(long revision, Write... writes) {
        assertEquals(new Commit.Committed(revision), commit(List.of(), writes));
    }

    final Commit commit(List<Guard> guards, Write... writes) {
        return store().commit(new Transaction(UUID.randomUUID().toString(), guards, List.of(writes)));
    }

    final String all(String namespace) {
        try (Snapshot snapshot = store().snapshot()) {
            return all(snapshot, namespace);
        }
    }

    private static String all(Snapshot snapshot, String namespace) {
        List<String> records = new ArrayList<>();
        snapshot.forEach(namespace, record -> {
            assertEquals(namespace, record.namespace());
            String value = new String(record.value(), StandardCharsets.UTF_8);
            records.add(record.key() + "=" + value + "@" + record.revision());
        });
        return String.join(" ", records);
    }

    static Put put(String key, String value) {
        return put("n", key, value.getBytes(StandardCharsets.UTF_8));
    }

    static Put put(String namespace, String key, byte[] value) {
        return new Put(namespace, key, value);
    }

    static Remove remove(String key) {
        return new Remove("n", key);
    }

    static Guard absent(String key) {
        return new Guard("n", key, 0);
    }
}
