// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.managedhsm.crypto.engine.Engine;
import dev.managedhsm.crypto.engine.Engines;
import dev.managedhsm.crypto.key.KeyClass;
import dev.managedhsm.crypto.key.KeyFacts;
import dev.managedhsm.crypto.key.KeyName;
import dev.managedhsm.crypto.keyring.LivingKey;
import dev.managedhsm.crypto.lifecycle.LifecycleAnswer;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Kills a process that restores a key, at random moments: afterwards all versions are there and sign, or none is. {@code
 * -Dhsm.kills=500} kills so often.
 */
@Tag("slow")
class KillRestoreIT {
    private static final int KILLS = Integer.getInteger("hsm.kills", 5);
    private static final int VERSIONS = 12;
    private static final String NAME = "restored";

    @TempDir
    Path folder;

    @Test
    void aRestoreIsWholeOrNotAtAll() throws IOException, InterruptedException {
        Engine engine = Engines.choose();
        Path data = Files.createDirectory(folder.resolve("data"));
        Path backup = folder.resolve("backup");
        List<KeyFacts> made;
        try (DurableHsm hsm = new DurableHsm(engine, data)) {
            for (int i = 0; i < VERSIONS; i++) {
                done(hsm.create(NAME, i % 2 == 0 ? KeyClass.P_256 : KeyClass.OCT_256));
            }
            made = facts(hsm);
            Files.write(backup, done(hsm.backups.backup(new KeyName(NAME))));
        }
        Random random = new Random(4);
        int whole = 0;
        for (int kill = 0; kill < KILLS; kill++) {
            restoreAndKill(data, backup, random.nextInt(300));
            try (DurableHsm hsm = new DurableHsm(engine, data)) {
                List<KeyFacts> found = facts(hsm);
                if (!found.isEmpty()) {
                    assertEquals(made, found);
                    for (LivingKey key : hsm.keyring.versions(NAME, null, VERSIONS)) {
                        assertTrue(hsm.signs(key), key.toString());
                    }
                    whole++;
                } else if (hsm.keyring.findDeleted(NAME) == null) {
                    done(hsm.backups.restore(Files.readAllBytes(backup)));
                    assertEquals(made, facts(hsm));
                } else {
                    done(hsm.lifecycle.recover(new KeyName(NAME)));
                    assertEquals(made, facts(hsm));
                }
            }
        }
        assertTrue(whole > 0, "the key was whole after some kills");
        engine.close();
    }

    private static <T> T done(CompletionStage<LifecycleAnswer<T>> stage) {
        LifecycleAnswer<T> answer = stage.toCompletableFuture().join();
        if (answer instanceof LifecycleAnswer.Done<T>(T value)) {
            return value;
        }
        throw new AssertionError(answer.toString());
    }

    private static List<KeyFacts> facts(DurableHsm hsm) {
        return hsm.keyring.versions(NAME, null, VERSIONS).stream()
                .map(LivingKey::facts)
                .toList();
    }

    private static void restoreAndKill(Path data, Path backup, long millis) throws IOException, InterruptedException {
        Process process = Child.start(KeyRestorer.class, data.toString(), backup.toString(), NAME);
        try (BufferedReader lines = process.inputReader()) {
            assertEquals("ready", Child.says(lines));
            TimeUnit.MILLISECONDS.sleep(millis); // the random moment, not a wait for something
            process.toHandle().destroyForcibly(); // unlike the process, its handle leaves the output to be read
            process.waitFor();
        }
    }
}
