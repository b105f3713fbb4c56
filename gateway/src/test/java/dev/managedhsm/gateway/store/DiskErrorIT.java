// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.condition.OS.LINUX;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.io.TempDir;

/** A process whose files may not grow any more: a real error of writing, from the operating system. */
@EnabledOnOs(LINUX)
class DiskErrorIT {
    @TempDir
    Path folder;

    @Test
    void errorOfWritingIsStickyAndLosesNothing() throws IOException, InterruptedException {
        List<String> limited = List.of("/bin/bash", "-c", "ulimit -f 8192; exec \"$@\"", "limited");
        Process process = Child.start(limited, StoreFiller.class, folder.toString());
        long committed;
        try (BufferedReader lines = process.inputReader()) {
            committed = Long.parseLong(says(lines));
            String first = says(lines);
            assertTrue("Unknown".equals(first) || "NotCommitted".equals(first), first);
            assertEquals("NotCommitted", says(lines));
            String failure = says(lines);
            assertTrue(failure.contains("IOERR"), failure);
        }
        assertEquals(0, process.waitFor());
        assertTrue(committed > 10, "only " + committed);

        try (Store store = SqliteStore.open(folder);
                Snapshot snapshot = store.snapshot()) {
            AtomicInteger records = new AtomicInteger();
            snapshot.forEach("n", _ -> records.incrementAndGet());
            assertTrue(records.get() == committed || records.get() == committed + 1, records + " of " + committed);
            assertEquals(store.head(), records.get());
        }
    }

    private static String says(BufferedReader lines) throws IOException {
        String said = Child.says(lines);
        assertNotNull(said);
        return said;
    }
}
