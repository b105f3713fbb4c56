// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.backup;

import dev.managedhsm.auth.role.RoleDefinition;
import dev.managedhsm.auth.role.RoleSnapshot;
import dev.managedhsm.crypto.engine.Engine;
import dev.managedhsm.crypto.lifecycle.JournalWrite;
import dev.managedhsm.crypto.lifecycle.KeyArchive;
import dev.managedhsm.crypto.seal.RecordSeal;
import dev.managedhsm.crypto.seal.SealFailure;
import dev.managedhsm.gateway.backup.BackupFailure.Reason;
import dev.managedhsm.gateway.store.Commit;
import dev.managedhsm.gateway.store.RoleJournal;
import dev.managedhsm.gateway.store.SqliteStore;
import dev.managedhsm.gateway.store.Store;
import dev.managedhsm.gateway.store.StoreJournal;
import dev.managedhsm.gateway.store.Transaction;
import dev.managedhsm.gateway.store.WitnessedStore;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.Stream;

/**
 * Restores a backup into a store that nobody uses and that is gone afterwards: what a recovery would do, without the need of
 * one. Every key is loaded into the engine from there and has to prove its pair. One thread.
 */
public final class RestoreRehearsal {
    private final Engine engine;
    private final RecordSeal seal;
    private final BackupReader reader;

    /**
     * @param engine what loads the keys
     * @param seal the seal of the security domain that the backup belongs to
     * @param identity identity of its root key
     */
    public RestoreRehearsal(Engine engine, RecordSeal seal, String identity) {
        this.engine = engine;
        this.seal = seal;
        this.reader = new BackupReader(engine, seal, identity);
    }

    /**
     * How a rehearsal went.
     *
     * @param manifest what was restored
     * @param keys living keys
     * @param deletedKeys soft-deleted keys
     * @param versions versions of all of them; each was loaded and proved its pair
     * @param assignments role assignments
     * @param definitions custom role definitions
     * @param readMillis how long it took to read and check the backup
     * @param restoreMillis how long it took to write the store and to open it
     * @param proveMillis how long it took to load and try every version
     */
    public record Report(
            BackupManifest manifest,
            int keys,
            int deletedKeys,
            int versions,
            int assignments,
            int definitions,
            long readMillis,
            long restoreMillis,
            long proveMillis) {}

    /**
     * Rehearses.
     *
     * @param scratch a folder on a local disk with room for the store; what is made in it is removed
     * @throws BackupFailure naming the first thing that would have failed in earnest
     */
    public Report run(BackupTarget target, String folder, Path scratch) {
        long begin = System.nanoTime();
        BackupReader.Whole whole = reader.read(target, folder);
        long read = System.nanoTime();
        Path trial = newFolder(scratch);
        try {
            fill(trial, whole);
            try (Store store = WitnessedStore.open(
                    SqliteStore.open(trial), trial.resolve("witness"), seal, InstantSource.system())) {
                KeyArchive keys = new KeyArchive(engine, seal, listed(new StoreJournal(store)));
                RoleSnapshot roles = new RoleJournal(StoreJournal.ofRoles(store), seal).load();
                long restored = System.nanoTime();
                int proved = keys.proveAll();
                long end = System.nanoTime();
                return new Report(
                        whole.manifest(),
                        keys.keyCount(),
                        keys.deletedCount(),
                        proved,
                        roles == null ? 0 : roles.assignments().size(),
                        roles == null
                                ? 0
                                : (int) roles.definitions().stream()
                                        .filter(one -> one.kind() == RoleDefinition.Kind.CUSTOM)
                                        .count(),
                        (read - begin) / 1_000_000,
                        (restored - read) / 1_000_000,
                        (end - restored) / 1_000_000);
            }
        } catch (SealFailure e) {
            throw new BackupFailure(Reason.DAMAGED, String.valueOf(e.getMessage()));
        } finally {
            delete(trial);
        }
    }

    private void fill(Path folder, BackupReader.Whole whole) {
        List<Transaction.Write> writes = new ArrayList<>();
        add(whole.keys().all(), StoreJournal.namespacesOfKeys(), writes);
        add(whole.roles(), StoreJournal.namespacesOfRoles(), writes);
        try (Store store = SqliteStore.open(folder)) {
            Commit end = store.commit(new Transaction(UUID.randomUUID().toString(), List.of(), writes));
            if (!(end instanceof Commit.Committed)) {
                throw new BackupFailure(
                        Reason.UNREACHABLE, "The trial store could not be written: make room in its folder");
            }
            WitnessedStore.accept(store, folder.resolve("witness"), seal);
        }
    }

    private static void add(
            List<JournalWrite.Put> records,
            Map<dev.managedhsm.crypto.seal.SealPurpose, String> namespaces,
            List<Transaction.Write> writes) {
        for (JournalWrite.Put record : records) {
            String namespace = String.valueOf(namespaces.get(record.name().purpose()));
            writes.add(new Transaction.Put(namespace, StoreJournal.key(record.name()), record.blob()));
        }
    }

    private static List<JournalWrite.Put> listed(StoreJournal journal) {
        List<JournalWrite.Put> records = new ArrayList<>();
        journal.load((name, blob) -> records.add(new JournalWrite.Put(name, blob)));
        return records;
    }

    private static Path newFolder(Path scratch) {
        try {
            return Files.createTempDirectory(scratch, "rehearsal-");
        } catch (IOException e) {
            throw new BackupFailure(Reason.UNREACHABLE, scratch + " cannot be written: name another folder");
        }
    }

    private static void delete(Path folder) {
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        } catch (IOException e) {
            throw new UncheckedIOException("the trial store cannot be removed", e);
        }
    }
}
