// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.store;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A store in memory that does what a store must, and whose disk fails as its seed says: the same seed, the same faults at the
 * same commits. Of every fault the end is one that the contract names.
 */
final class SimulatedStore implements Store {
    private static final int OPERATIONS_KEPT = 1_000;

    /** What the disk can do to a commit. */
    enum Fault {
        /** There is no room: nothing is written, and the next commit may be. */
        FULL,
        /** The error comes before anything was written: failed from then on. */
        BROKEN_BEFORE,
        /** The error comes when it is forced to disk, and it will be found there: failed from then on. */
        BROKEN_AND_WRITTEN,
        /** The error comes when it is forced to disk, and it will not be found there: failed from then on. */
        BROKEN_AND_LOST,
        /** It cannot be told, and then it can: it was written. */
        SLOW
    }

    /** What stays when the store is closed, or its process dies. */
    static final class Disk {
        private Map<String, StoredRecord> records = new TreeMap<>();
        private Map<String, Long> operations = new HashMap<>();
        private long head;
        private boolean locked;
        private boolean readOnly;

        /** From now on nobody may write: a folder that cannot be written. */
        void makeReadOnly() {
            readOnly = true;
        }

        /** Flips one bit of some record's value, as a page that went bad. */
        void spoil(Random random) {
            StoredRecord[] all = records.values().toArray(StoredRecord[]::new);
            StoredRecord one = all[random.nextInt(all.length)];
            byte[] bad = one.value().clone();
            bad[random.nextInt(bad.length)] ^= (byte) (1 << random.nextInt(8));
            records.put(
                    place(one.namespace(), one.key()),
                    new StoredRecord(one.namespace(), one.key(), bad, one.revision()));
        }
    }

    private final Disk disk;
    private final @Nullable Random random;
    private final int oneIn;
    private @Nullable String failure;

    /**
     * @param disk what was there before
     * @param random decides which commits meet a fault; null for none
     * @param oneIn one commit in so many does
     */
    SimulatedStore(Disk disk, @Nullable Random random, int oneIn) {
        if (disk.locked || disk.readOnly) {
            throw new StoreRefused(
                    disk.locked ? "the disk is in use by another process" : "the disk cannot be written: name another");
        }
        disk.locked = true;
        this.disk = disk;
        this.random = random;
        this.oneIn = oneIn;
    }

    private static String place(String namespace, String key) {
        // Ordered as UTF-8 is, unlike the units of a String.
        return namespace + '\0' + new String(key.getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1);
    }

    @Override
    public synchronized long head() {
        return disk.head;
    }

    @Override
    public synchronized Commit commit(Transaction transaction) {
        if (failure != null) {
            return new Commit.NotCommitted(failure);
        }
        Random faults = random;
        if (faults == null || faults.nextInt(oneIn) > 0) {
            return write(transaction);
        }
        return switch (Fault.values()[faults.nextInt(Fault.values().length)]) {
            case FULL -> new Commit.NotCommitted("the disk is full: make room");
            case BROKEN_BEFORE -> {
                failure = "the disk broke before a commit: start anew";
                yield new Commit.NotCommitted(failure);
            }
            case BROKEN_AND_WRITTEN -> {
                Commit end = write(transaction);
                failure = "the disk broke in a commit: start anew";
                yield end instanceof Commit.Committed ? new Commit.Unknown(failure) : end;
            }
            case BROKEN_AND_LOST -> {
                failure = "the disk broke in a commit: start anew";
                yield new Commit.Unknown(failure);
            }
            case SLOW ->
                write(transaction) instanceof Commit.Conflict
                        ? new Commit.Conflict()
                        : new Commit.Unknown("no answer yet");
        };
    }

    private Commit write(Transaction transaction) {
        for (Transaction.Guard guard : transaction.guards()) {
            StoredRecord record = disk.records.get(place(guard.namespace(), guard.key()));
            if ((record == null ? 0 : record.revision()) != guard.revision()) {
                return new Commit.Conflict();
            }
        }
        long revision = disk.head + 1;
        Map<String, StoredRecord> next = new TreeMap<>(disk.records);
        for (Transaction.Write write : transaction.writes()) {
            String place = place(write.namespace(), write.key());
            switch (write) {
                case Transaction.Put put ->
                    next.put(
                            place,
                            new StoredRecord(
                                    put.namespace(), put.key(), put.value().clone(), revision));
                case Transaction.Remove _ -> next.remove(place);
            }
        }
        disk.records = next;
        disk.head = revision;
        disk.operations.put(transaction.operation(), revision);
        disk.operations.values().removeIf(old -> old <= revision - OPERATIONS_KEPT);
        return new Commit.Committed(revision);
    }

    @Override
    public synchronized Commit settle(String operation) {
        if (failure != null) {
            return new Commit.Unknown(failure);
        }
        Long revision = disk.operations.get(operation);
        return revision == null ? new Commit.NotCommitted("no mark of it") : new Commit.Committed(revision);
    }

    @Override
    public synchronized Snapshot snapshot() {
        Map<String, StoredRecord> records = disk.records; // replaced by commits, never changed
        long revision = disk.head;
        return new Snapshot() {
            @Override
            public long revision() {
                return revision;
            }

            @Override
            public @Nullable StoredRecord find(String namespace, String key) {
                return records.get(place(namespace, key));
            }

            @Override
            public void forEach(String namespace, Consumer<StoredRecord> consumer) {
                records.values().stream()
                        .filter(record -> record.namespace().equals(namespace))
                        .map(record -> new StoredRecord(
                                record.namespace(),
                                record.key(),
                                Arrays.copyOf(record.value(), record.value().length),
                                record.revision()))
                        .forEach(consumer);
            }

            @Override
            public void close() {}
        };
    }

    @Override
    public synchronized StoreHealth health() {
        return new StoreHealth("simulated", disk.head, failure);
    }

    @Override
    public synchronized void close() {
        disk.locked = false;
    }
}
