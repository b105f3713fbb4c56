// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The disk fails once when it is told to force something to its plates: the store is failed for good, and says so. */
class ForceErrorIT {
    @TempDir
    Path folder;

    @Test
    void oneFailedForceIsStickyAndLosesNothing() throws IOException, InterruptedException {
        assumeTrue(Rig.possible(), "needs gcc");
        Path data = Files.createDirectory(folder.resolve("data"));
        Rig rig = Rig.of(folder, data);
        Process process = Child.start(rig.before("RIG_FAIL_SYNC=40"), StoreFiller.class, data.toString());
        long committed;
        try (BufferedReader lines = process.inputReader()) {
            committed = Long.parseLong(says(lines));
            assertEquals("Unknown", says(lines));
            assertEquals("NotCommitted", says(lines)); // although the disk would take this one
            assertTrue(says(lines).contains("IOERR_FSYNC"));
        }
        assertEquals(0, process.waitFor());
        assertTrue(committed > 10, "only " + committed);
        try (Store store = SqliteStore.open(data);
                Snapshot snapshot = store.snapshot()) {
            AtomicInteger records = new AtomicInteger();
            snapshot.forEach("n", _ -> records.incrementAndGet());
            assertTrue(records.get() == committed || records.get() == committed + 1, records + " of " + committed);
        }
    }

    @Test
    void aFailedCheckpointLosesNothingWhenTheStoreIsClosed() throws IOException, InterruptedException {
        assumeTrue(Rig.possible(), "needs gcc");
        Path data = Files.createDirectory(folder.resolve("data"));
        Rig rig = Rig.of(folder, data);
        Process process = Child.start(
                rig.before("RIG_FAIL_FILE=store.sqlite", "RIG_FAIL_SYNC=3"), StoreFiller.class, data.toString());
        long committed;
        try (BufferedReader lines = process.inputReader()) {
            committed = Long.parseLong(says(lines));
            assertEquals("NotCommitted", says(lines));
            assertEquals("NotCommitted", says(lines));
            assertTrue(says(lines).contains("IOERR_FSYNC"));
        }
        assertEquals(0, process.waitFor());
        assertTrue(committed > 100, "only " + committed + ": no checkpoint failed");
        List<Rig.Step> steps = rig.steps();
        for (int seed = 0; seed < 5; seed++) {
            Path after = Files.createDirectory(folder.resolve("cut-" + seed));
            Rig.cut(steps, steps.size(), new Random(seed), after);
            try (Store store = SqliteStore.open(after);
                    Snapshot snapshot = store.snapshot()) {
                AtomicInteger records = new AtomicInteger();
                snapshot.forEach("n", _ -> records.incrementAndGet());
                assertEquals(committed, records.get());
            }
        }
    }

    private static String says(BufferedReader lines) throws IOException {
        String said = Child.says(lines);
        assertNotNull(said);
        return said;
    }
}
