// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.managedhsm.auth.role.BuiltInRoles;
import dev.managedhsm.auth.role.RoleAssignment;
import dev.managedhsm.auth.role.Scope;
import dev.managedhsm.crypto.engine.Engine;
import dev.managedhsm.crypto.engine.Engines;
import dev.managedhsm.crypto.key.KeyClass;
import dev.managedhsm.crypto.key.KeyName;
import dev.managedhsm.crypto.lifecycle.JournalWrite;
import dev.managedhsm.crypto.lifecycle.KeyArchive;
import dev.managedhsm.crypto.seal.SealFailure;
import dev.managedhsm.gateway.backup.BackupFailure;
import dev.managedhsm.gateway.backup.BackupReader;
import dev.managedhsm.gateway.backup.FolderTarget;
import dev.managedhsm.gateway.fixture.Meddler;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.TreeMap;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Somebody meddles with the files of a store or of a backup: none is accepted with other content than was written. A change of
 * bytes that hold nothing may pass; then everything is as it was. {@code -Dhsm.mutations=10000} is the full number.
 */
@Tag("slow")
class MutationsIT {
    private static final Logger LOG = LoggerFactory.getLogger(MutationsIT.class);
    private static final int OF_EACH = 2 * Meddler.MUTATIONS / 5;

    @TempDir
    Path folder;

    private Engine engine;
    private DurableHsm other;
    private final Map<String, byte[]> store = new TreeMap<>();
    private final Map<String, byte[]> backup = new TreeMap<>();
    private final List<String> records = new ArrayList<>();

    @BeforeEach
    void fill() throws IOException {
        engine = Engines.choose();
        Path data = Files.createDirectory(folder.resolve("data"));
        Path backups = Files.createDirectory(folder.resolve("backups"));
        try (DurableHsm hsm = new DurableHsm(engine, data)) {
            for (int i = 0; i < 12; i++) {
                hsm.create("key-" + i / 2, i % 3 == 0 ? KeyClass.P_256 : KeyClass.OCT_256)
                        .toCompletableFuture()
                        .join();
            }
            hsm.lifecycle.delete(new KeyName("key-5")).toCompletableFuture().join();
            for (int i = 0; i < 5; i++) {
                hsm.roleJournal.commit(List.of(new RoleWrite.PutAssignment(
                        new RoleAssignment(new UUID(1, i), BuiltInRoles.CRYPTO_USER.id(), new UUID(2, i), Scope.HSM))));
            }
            new TestBackups(hsm).backup(new FolderTarget(backups));
            records.addAll(read(hsm.store));
        }
        for (String file : List.of("store.sqlite", "witness")) {
            store.put(file, Files.readAllBytes(data.resolve(file)));
        }
        try (var made = Files.list(backups)) {
            Path one = made.findFirst().orElseThrow();
            for (String file : List.of("manifest", "records-00001")) {
                backup.put(file, Files.readAllBytes(one.resolve(file)));
            }
        }
        Path fresh = Files.createDirectory(folder.resolve("fresh"));
        Files.copy(data.resolve("root.seal"), fresh.resolve("root.seal"));
        other = new DurableHsm(engine, fresh); // of the same security domain; its seal opens what is meddled with
    }

    @AfterEach
    void close() {
        other.close();
        engine.close();
    }

    @Test
    void noChangeOfAStoreIsAccepted() throws IOException {
        Random random = new Random(31);
        int refused = 0;
        for (int i = 0; i < OF_EACH; i++) {
            Path data = Files.createTempDirectory(folder, "m");
            meddle(store, random, data);
            try (Store file = SqliteStore.open(data)) {
                WitnessedStore.open(file, data.resolve("witness"), other.seal, InstantSource.system());
                assertEquals(records, read(file));
            } catch (StoreRefused | SealFailure named) {
                refused++;
                assertNotNull(named.getMessage());
            }
            delete(data);
        }
        LOG.info(
                "{} mutations of a store: {} refused, {} without effect, 0 accepted",
                OF_EACH,
                refused,
                OF_EACH - refused);
        assertTrue(refused > OF_EACH / 3, "only " + refused + " were refused");
    }

    @Test
    void noChangeOfABackupIsAccepted() throws IOException {
        Random random = new Random(32);
        BackupReader reader = new BackupReader(engine, other.seal, other.identity);
        assertEquals(6, whole(reader, backup, folder.resolve("untouched")));
        for (int i = 0; i < OF_EACH; i++) {
            Path copy = Files.createTempDirectory(folder, "b");
            meddle(backup, random, copy);
            try {
                reader.read(new FolderTarget(folder), String.valueOf(copy.getFileName()));
                throw new AssertionError("mutation " + i + " was accepted");
            } catch (BackupFailure named) {
                assertNotNull(named.getMessage());
            }
            delete(copy);
        }
        LOG.info("{} mutations of a backup: {} refused, 0 accepted", OF_EACH, OF_EACH);
    }

    private static int whole(BackupReader reader, Map<String, byte[]> files, Path copy) throws IOException {
        Files.createDirectory(copy);
        for (Map.Entry<String, byte[]> file : files.entrySet()) {
            Files.write(copy.resolve(file.getKey()), file.getValue());
        }
        BackupReader.Whole whole = reader.read(
                new FolderTarget(Path.of(copy.toString(), "..").normalize()), String.valueOf(copy.getFileName()));
        return whole.keys().keyCount() + whole.keys().deletedCount();
    }

    /** Every record, opened, as the HSM would open it. */
    private List<String> read(Store store) {
        List<JournalWrite.Put> keys = new ArrayList<>();
        List<String> texts = new ArrayList<>();
        new StoreJournal(store).load((name, blob) -> {
            keys.add(new JournalWrite.Put(name, blob));
            texts.add(name + " " + Base64.getEncoder().encodeToString(blob));
        });
        if (other != null) {
            new KeyArchive(engine, other.seal, keys);
            new RoleJournal(StoreJournal.ofRoles(store), other.seal).load();
        }
        StoreJournal.ofRoles(store)
                .load((name, blob) -> texts.add(name + " " + Base64.getEncoder().encodeToString(blob)));
        return texts;
    }

    /** Writes the files, one of them changed. */
    private static void meddle(Map<String, byte[]> files, Random random, Path into) throws IOException {
        List<String> names = List.copyOf(files.keySet());
        String victim = random.nextInt(10) == 0 ? names.getLast() : names.getFirst();
        for (String name : names) {
            byte[] bytes = Objects.requireNonNull(files.get(name));
            byte[] written = name.equals(victim) ? Meddler.changed(bytes, random) : bytes;
            Files.write(into.resolve(name), written);
        }
    }

    private static void delete(Path folder) throws IOException {
        try (var files = Files.list(folder)) {
            for (Path file : files.toList()) {
                Files.delete(file);
            }
        }
        Files.delete(folder);
    }
}
