// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.managedhsm.crypto.engine.Engine;
import dev.managedhsm.crypto.engine.Engines;
import dev.managedhsm.crypto.key.KeyClass;
import dev.managedhsm.crypto.keyring.LivingKey;
import dev.managedhsm.crypto.lifecycle.HsmCondition;
import dev.managedhsm.crypto.lifecycle.LifecycleAnswer;
import dev.managedhsm.gateway.backup.BackupConfig;
import dev.managedhsm.gateway.backup.BackupTarget;
import dev.managedhsm.gateway.backup.BackupTargets;
import dev.managedhsm.gateway.backup.RestoreRehearsal;
import dev.managedhsm.gateway.fixture.BlobServer;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.Semaphore;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Many keys go into a blob storage and from there into an HSM that had none, as after a disaster: 2,000, or ten thousand with
 * {@code -Dhsm.backup.keys=10000}. The log has the times, and {@code gateway/docs/results.md} those of one run.
 */
@Tag("slow")
class FullBackupSizeIT {
    private static final Logger LOG = LoggerFactory.getLogger(FullBackupSizeIT.class);
    private static final int KEYS = Integer.getInteger("hsm.backup.keys", 2_000);
    private static final int UNDER_WAY = 64;

    @TempDir
    Path folder;

    @Test
    void allKeysGoOutAndComeBack() throws IOException, InterruptedException {
        Engine engine = Engines.choose();
        Path data = Files.createDirectory(folder.resolve("data"));
        Path fresh = Files.createDirectory(folder.resolve("fresh"));
        try (BlobServer storage = BlobServer.start()) {
            BackupTargets targets = new BackupTargets(
                    new BackupConfig(List.of(URI.create(storage.url())), List.of(), null), InstantSource.system());
            BackupTarget target = targets.target(storage.url() + "/backups", BlobServer.SIGNATURE, false);
            String name;
            try (DurableHsm hsm = new DurableHsm(engine, data)) {
                fill(hsm);
                long begin = System.nanoTime();
                name = new TestBackups(hsm).backup(target);
                long bytes = storage.blobs.values().stream()
                        .mapToLong(blob -> blob.length)
                        .sum();
                LOG.info("{} keys backed up in {} ms, {} bytes", KEYS, millis(begin), bytes);
            }
            Files.copy(data.resolve("root.seal"), fresh.resolve("root.seal"));
            try (DurableHsm hsm = new DurableHsm(engine, fresh)) {
                hsm.create("gone", KeyClass.P_256).toCompletableFuture().join();
                long begin = System.nanoTime();
                new TestBackups(hsm).restore(target, name);
                LOG.info("{} keys restored in {} ms", KEYS, millis(begin));
                assertEquals(HsmCondition.OPERATIONAL, hsm.state.now());
                assertEquals(KEYS, hsm.keyring.keyCount());
                RestoreRehearsal.Report report =
                        new RestoreRehearsal(engine, hsm.seal, hsm.identity).run(target, name, folder);
                LOG.info("rehearsal: {}", report);
                assertEquals(KEYS, report.keys());
                assertEquals(KEYS, report.versions());
            }
            long begin = System.nanoTime();
            try (DurableHsm hsm = new DurableHsm(engine, fresh)) {
                LOG.info("{} keys opened in {} ms", KEYS, millis(begin));
                for (int i = 0; i < KEYS; i += 100) {
                    LivingKey key = hsm.keyring.find("key-" + i);
                    assertNotNull(key);
                    assertTrue(hsm.signs(key));
                }
                assertEquals(KEYS, hsm.keyring.keyCount());
            }
        }
        engine.close();
    }

    private static long millis(long begin) {
        return (System.nanoTime() - begin) / 1_000_000;
    }

    private static void fill(DurableHsm hsm) throws InterruptedException {
        Semaphore room = new Semaphore(UNDER_WAY);
        for (int i = 0; i < KEYS; i++) {
            room.acquire();
            var _ = hsm.create("key-" + i, i % 2 == 0 ? KeyClass.P_256 : KeyClass.OCT_256)
                    .whenComplete((answer, _) -> {
                        assertInstanceOf(LifecycleAnswer.Done.class, answer);
                        room.release();
                    });
        }
        room.acquire(UNDER_WAY);
    }
}
