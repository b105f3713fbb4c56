// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.memory;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.managedhsm.crypto.foreign.CLibrary;
import dev.managedhsm.crypto.memory.ProcessHardening.Measure;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

class ProcessHardeningTest {
    @Test
    void namesEveryMeasureAndSaysWhy() {
        List<Measure> measures = ProcessHardening.apply(true);
        assertEquals(
                List.of(
                        "core-limit",
                        "coredump-filter",
                        "not-dumpable",
                        "swap",
                        "attach-off",
                        "locked-memory",
                        "freed-memory",
                        "native-stack"),
                measures.stream().map(Measure::name).toList());
        for (Measure measure : measures) {
            assertFalse(measure.why().isEmpty(), measure.name());
        }
    }

    @Test
    void takesCoreFilesAway() throws IOException {
        assumeTrue(CLibrary.known());
        List<Measure> measures = ProcessHardening.apply(true);
        assertTrue(measures.get(0).held());
        assertTrue(measures.get(1).held());
        String limit = Files.readAllLines(Path.of("/proc/self/limits")).stream()
                .filter(line -> line.startsWith("Max core file size"))
                .findFirst()
                .orElseThrow();
        assertTrue(limit.matches("Max core file size +0 +0 +bytes *"), limit);
        assertEquals(
                "00000000",
                Files.readString(Path.of("/proc/self/coredump_filter")).trim());
    }

    @Test
    void saysWhetherTheCLibraryOverwritesWhatIsFreed() {
        assertTrue(ProcessHardening.freedMemory("glibc.malloc.perturb=90:glibc.malloc.tcache_count=0")
                .held());
        assertTrue(ProcessHardening.freedMemory("a.b=1:glibc.malloc.tcache_count=0:glibc.malloc.perturb=1")
                .held());
        for (String tunables : List.of(
                "",
                "glibc.malloc.perturb=90",
                "glibc.malloc.tcache_count=0",
                "glibc.malloc.perturb=0:glibc.malloc.tcache_count=0",
                "glibc.malloc.perturb=90:glibc.malloc.tcache_count=07")) {
            assertFalse(ProcessHardening.freedMemory(tunables).held(), tunables);
        }
        assertFalse(ProcessHardening.freedMemory(null).held());
    }

    @Test
    void leavesTheProcessAttachableWhenAsked() {
        assertFalse(ProcessHardening.apply(true).get(2).held());
    }

    @Test
    void makesTheProcessUndumpable() {
        assumeTrue(CLibrary.known());
        try {
            assertTrue(ProcessHardening.apply(false).get(2).held());
        } finally {
            assertEquals(0, CLibrary.dumpable(true));
        }
    }
}
