// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.managedhsm.crypto.foreign.CLibrary;
import dev.managedhsm.gateway.fixture.RunningHsm;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** On which cores the threads of a running HSM may run, as the kernel says. */
class CoresIT {
    private static RunningHsm hsm;

    @BeforeAll
    static void start() {
        assumeTrue(CLibrary.allowedCores().length > 1, "there is only one core, or the system does not say");
        hsm = RunningHsm.start();
        hsm.client().get("/keys").ok(); // somebody's token was verified
    }

    @AfterAll
    static void end() {
        RunningHsm.end(hsm);
    }

    @Test
    void eventLoopsAndTheAuditLogKeepOffTheFastWorkersCores() throws Exception {
        Set<String> beside = cores("audit");
        assertEquals(1, beside.size(), beside.toString());
        assertTrue(cores("vert.x-eventloo").containsAll(beside)); // the kernel keeps fifteen letters
        String fast = cores("fast-0").iterator().next();
        assertFalse(beside.contains(fast), beside + " and " + fast);
    }

    @Test
    void whatVerifiesTokensIsFreeThoughAnEventLoopStartsIt() throws Exception {
        assertEquals(Set.of(allowed(Files.readString(Path.of("/proc/self/status")))), cores("token-0"));
    }

    @Test
    void theMetricsTellOfAllCores() {
        String page = hsm.client().get("/metrics").body();
        String line = "\nsystem_cpu_count " + (double) Runtime.getRuntime().availableProcessors() + "\n";
        assertTrue(page.contains(line), page);
    }

    /** The lists of cores of all threads with this name. */
    private static Set<String> cores(String name) throws IOException {
        Set<String> lists = new HashSet<>();
        try (DirectoryStream<Path> threads = Files.newDirectoryStream(Path.of("/proc/self/task"))) {
            for (Path thread : threads) {
                if (name.equals(read(thread.resolve("comm")).strip())) {
                    lists.add(allowed(read(thread.resolve("status"))));
                }
            }
        }
        assertFalse(lists.isEmpty(), name);
        return lists;
    }

    /** What the file says; nothing if its thread has ended since the folder was read. */
    private static String read(Path file) throws IOException {
        try {
            return Files.readString(file);
        } catch (NoSuchFileException ended) {
            return "";
        }
    }

    private static String allowed(String status) {
        return status.lines()
                .filter(line -> line.startsWith("Cpus_allowed_list:"))
                .map(line -> line.substring(line.indexOf(':') + 1).strip())
                .findFirst()
                .orElse("ended");
    }
}
