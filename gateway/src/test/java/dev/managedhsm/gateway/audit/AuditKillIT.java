// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.audit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A process that records is killed again and again: every answer that left has its record, once. {@code -Dhsm.audit.kills=100
 * -Dhsm.audit.operations=1000000} is the long run.
 */
class AuditKillIT {
    private static final Logger LOG = LoggerFactory.getLogger(AuditKillIT.class);
    private static final int KILLS = Integer.getInteger("hsm.audit.kills", 2);
    private static final int OPERATIONS = Integer.getInteger("hsm.audit.operations", 4_000);
    private static final Pattern RECORD = Pattern.compile("\"correlationId\":\"([^\"]+)\".*\"index\":([0-9]+),");

    @TempDir
    Path folder;

    @Test
    void everyAnswerThatLeftHasItsRecord() throws Exception {
        Path log = folder.resolve("audit");
        Set<String> said = new HashSet<>();
        for (int kill = 0; kill < KILLS; kill++) {
            Path file = folder.resolve("said-" + kill);
            Process process = start(log, "r" + kill, file);
            try {
                awaitBytes(file, 12L * OPERATIONS / KILLS, process);
            } finally {
                process.destroyForcibly().waitFor();
            }
            String text = Files.readString(file);
            text.substring(0, text.lastIndexOf('\n') + 1).lines().forEach(said::add); // the last one may be cut
            Files.delete(file);
        }
        long answers = said.size();
        assertTrue(answers >= OPERATIONS, answers + " answers");
        LogEnd end = LogRecovery.end(log, 0);
        long records = check(log, said, end);
        LOG.info("{} kills, {} answers, {} records: every answer has its record", KILLS, answers, records);
    }

    private static Process start(Path log, String run, Path said) throws IOException {
        return new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx256m",
                        "-XX:TieredStopAtLevel=1",
                        "-cp",
                        System.getProperty("java.class.path"),
                        EventFlood.class.getName(),
                        log.toString(),
                        run,
                        said.toString())
                .inheritIO()
                .start();
    }

    private static void awaitBytes(Path file, long bytes, Process process) throws IOException, InterruptedException {
        long endNanos = System.nanoTime() + TimeUnit.SECONDS.toNanos(120);
        while (!Files.exists(file) || Files.size(file) < bytes) {
            assertTrue(process.isAlive() && System.nanoTime() < endNanos, "it does not record");
            Thread.sleep(2);
        }
    }

    /** Reads the whole log: indices follow each other, hashes and root are right, and what was said is there once. */
    private static long check(Path log, Set<String> said, LogEnd end) throws IOException {
        MerkleHash hash = new MerkleHash();
        MerkleTree tree = new MerkleTree();
        Set<String> found = new HashSet<>();
        long next = 0;
        for (long first : SegmentFiles.withEvents(log)) {
            assertEquals(next, first);
            List<String> lines = Files.readAllLines(SegmentFiles.events(log, first));
            for (String line : lines) {
                Matcher record = RECORD.matcher(line);
                assertTrue(record.find(), line);
                assertEquals(next++, Long.parseLong(record.group(2)));
                assertTrue(found.add(record.group(1)), record.group(1) + " is there twice");
                tree.append(hash.leaf(line.getBytes(java.nio.charset.StandardCharsets.UTF_8)), 0);
            }
        }
        assertTrue(found.containsAll(said), "an answer has no record");
        assertEquals(end.next(), next);
        HexFormat hex = HexFormat.of();
        assertEquals(hex.formatHex(end.tree().root()), hex.formatHex(tree.root()));
        return next;
    }
}
