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
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** On which cores the threads of a running HSM may run, as the kernel says. */
class CoresIT {
    private static final Pattern CORES = Pattern.compile("(?m)^Cpus_allowed_list:\\s*(\\S+)$");
    private static final Threads THREADS = Threads.forCores(Runtime.getRuntime().availableProcessors());

    private static RunningHsm hsm;

    @BeforeAll
    static void start() {
        assumeTrue(
                THREADS.ring().pinned() && CLibrary.allowedCores().length > 1,
                "there is only one core, or the system does not say");
        hsm = RunningHsm.start();
        hsm.client().get("/keys").ok(); // somebody's token was verified
    }

    @AfterAll
    static void end() {
        RunningHsm.end(hsm);
    }

    @Test
    void theAuditLogKeepsOffTheFastWorkersCores() throws Exception {
        List<Set<Integer>> logs = cores("audit");
        assertFalse(logs.isEmpty());
        Set<Integer> fast = fastWorkersCores();
        logs.forEach(log -> assertTrue(Collections.disjoint(log, fast), log + " and " + fast));
    }

    @Test
    void everyEventLoopKeepsOffTheFastWorkersCores() throws Exception {
        Set<Integer> fast = fastWorkersCores();
        List<Set<Integer>> loops = cores("vert.x-eventloo"); // the kernel keeps fifteen letters
        long beside = loops.stream()
                .filter(loop -> Collections.disjoint(loop, fast))
                .count(); // those of clients in this process are free
        assertTrue(beside >= THREADS.eventLoops(), loops + " and " + fast);
    }

    @Test
    void whatVerifiesTokensIsFreeThoughAnEventLoopStartsIt() throws Exception {
        Set<Integer> all = Arrays.stream(CLibrary.allowedCores()).boxed().collect(Collectors.toSet());
        List<Set<Integer>> verifiers = cores("token-0");
        assertFalse(verifiers.isEmpty());
        verifiers.forEach(verifier -> assertEquals(all, verifier));
    }

    @Test
    void theMetricsTellOfAllCores() {
        String page = hsm.client().get("/metrics").body();
        String line = "\nsystem_cpu_count " + (double) Runtime.getRuntime().availableProcessors() + "\n";
        assertTrue(page.contains(line), page);
    }

    private static Set<Integer> fastWorkersCores() throws IOException {
        Set<Integer> all = new HashSet<>();
        for (int worker = 0; worker < THREADS.ring().fastWorkers(); worker++) {
            cores("fast-" + worker).forEach(all::addAll);
        }
        assertFalse(all.isEmpty());
        return all;
    }

    /** The cores of each thread with this name. */
    private static List<Set<Integer>> cores(String name) throws IOException {
        List<Set<Integer>> found = new ArrayList<>();
        try (DirectoryStream<Path> threads = Files.newDirectoryStream(Path.of("/proc/self/task"))) {
            for (Path thread : threads) {
                if (name.equals(read(thread.resolve("comm")).strip())) {
                    Matcher list = CORES.matcher(read(thread.resolve("status")));
                    if (list.find()) {
                        found.add(numbers(list.group(1)));
                    }
                }
            }
        }
        return found;
    }

    /** What the file says; nothing if its thread has ended since the folder was read. */
    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException ended) {
            return "";
        }
    }

    /** Of a list such as {@code 0-3,6}. */
    private static Set<Integer> numbers(String list) {
        Set<Integer> numbers = new HashSet<>();
        for (String range : list.split(",", -1)) {
            String[] ends = range.split("-", -1);
            int last = Integer.parseInt(ends[ends.length - 1]);
            for (int number = Integer.parseInt(ends[0]); number <= last; number++) {
                numbers.add(number);
            }
        }
        return numbers;
    }
}
