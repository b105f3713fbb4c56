// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.managedhsm.crypto.engine.Engine;
import dev.managedhsm.crypto.engine.Engines;
import dev.managedhsm.crypto.keyring.LivingKey;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Kills a process that makes keys, at random moments: every key it has acknowledged is there afterwards, and signs. */
@Tag("slow")
class KillNineIT {
    private static final Logger LOG = LoggerFactory.getLogger(KillNineIT.class);
    private static final int KILLS = 50;

    @TempDir
    Path folder;

    @Test
    void nothingAcknowledgedIsLost() throws IOException, InterruptedException {
        Engine engine = Engines.choose();
        Random random = new Random(9);
        Map<String, String> acknowledged = new LinkedHashMap<>();
        for (int kill = 0; kill < KILLS; kill++) {
            Map<String, String> fresh = new LinkedHashMap<>();
            makeAndKill("r" + kill + "-", random.nextInt(400), fresh);
            acknowledged.putAll(fresh);
            try (DurableHsm hsm = new DurableHsm(engine, folder)) {
                fresh.keySet().forEach(id -> assertSigns(hsm, id));
                acknowledged.keySet().forEach(id -> assertThere(hsm, id));
            }
        }
        try (DurableHsm hsm = new DurableHsm(engine, folder)) {
            acknowledged.keySet().forEach(id -> assertSigns(hsm, id));
        }
        assertTrue(acknowledged.size() > KILLS, "only " + acknowledged.size() + " keys were made");
        LOG.info("after {} kills: {} acknowledged keys, none lost", KILLS, acknowledged.size());
        try (Stream<Path> files = Files.list(folder)) {
            List<String> names =
                    files.map(file -> file.getFileName().toString()).toList();
            assertTrue(names.size() < 9, () -> "the folder fills up: " + names);
        }
        engine.close();
    }

    private void makeAndKill(String prefix, long millis, Map<String, String> acknowledged)
            throws IOException, InterruptedException {
        Process process = Child.start(KeyMaker.class, folder.toString(), prefix);
        try (BufferedReader lines = process.inputReader()) {
            assertEquals("ready", Child.says(lines));
            assertThrows(StoreRefused.class, () -> SqliteStore.open(folder));
            List<String> read = new ArrayList<>();
            Thread reader = Thread.ofPlatform().start(() -> lines.lines().forEach(read::add));
            TimeUnit.MILLISECONDS.sleep(millis); // the random moment, not a wait for something
            process.toHandle().destroyForcibly(); // unlike the process, its handle leaves the output to be read
            process.waitFor();
            reader.join();
            for (String line : read) {
                // Other lines are logs, and the last one may have been cut by the kill.
                if (line.matches(Child.SAYS + "[a-z0-9-]+ [0-9a-f]{32}")) {
                    acknowledged.put(line.substring(Child.SAYS.length()), prefix);
                }
            }
        }
    }

    private static LivingKey assertThere(DurableHsm hsm, String id) {
        LivingKey key = hsm.keyring.find(id.substring(0, id.indexOf(' ')), id.substring(id.indexOf(' ') + 1));
        assertNotNull(key, id);
        return key;
    }

    private static void assertSigns(DurableHsm hsm, String id) {
        assertTrue(hsm.signs(assertThere(hsm, id)), id);
    }
}
