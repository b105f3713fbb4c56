// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.evidence;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.managedhsm.gateway.audit.AuditKeys;
import dev.managedhsm.gateway.audit.MerkleHash;
import dev.managedhsm.gateway.audit.SignedCheckpoint;
import dev.managedhsm.gateway.evidence.Finding.Kind;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is found in a log of three segments, and how it is named. */
class AuditVerifierTest {
    private static final int EVENTS = 600;

    @TempDir
    private Path folder;

    private WrittenLog log;

    @BeforeEach
    void write() throws IOException {
        log = WrittenLog.usual(folder, EVENTS);
    }

    @Test
    void aLogAsItWasWrittenIsWhole() throws IOException {
        Verdict verdict = AuditVerifier.verify(folder, log.trust());
        assertEquals(List.of(), verdict.findings());
        assertEquals(List.of(), verdict.notes());
        assertEquals(EVENTS, verdict.size());
        assertEquals(0, verdict.unsigned());
        assertEquals(log.last(), verdict.last());
        assertEquals(7, verdict.checkpoints()); // the kept one is looked at too
    }

    @Test
    void anEmptyFolderHoldsNothingAndIsWhole() throws IOException {
        Verdict verdict = AuditVerifier.verify(Files.createDirectory(folder.resolve("empty")), Trust.NOTHING);
        assertTrue(verdict.whole());
        assertEquals(0, verdict.size());
    }

    @Test
    void namesTheAlteredEvent() throws IOException {
        editLine(250, line -> line.replace("KeySign", "KeyVerify"));
        only(Kind.ALTERED, 250, "events-0000000000000200.jsonl line 51 (event 250)");
    }

    @Test
    void namesTheMissingEvent() throws IOException {
        editLine(42, line -> "");
        only(Kind.MISSING, 42, "events-0000000000000000.jsonl line 43 (event 42)");
    }

    @Test
    void namesTheLastEventOfASegmentWhenItIsMissing() throws IOException {
        editLine(199, line -> "");
        only(Kind.MISSING, 199, "events-0000000000000000.jsonl line 200 (event 199)");
    }

    @Test
    void namesTheDuplicatedEvent() throws IOException {
        String copy = log.lines().get(10);
        editLine(14, line -> line + "\n" + copy);
        only(Kind.DUPLICATED, 15, "event 10 is here once more");
    }

    @Test
    void namesTheAddedLine() throws IOException {
        editLine(14, line -> line + "\n{\"operationName\":\"KeySign\"}");
        only(Kind.ADDED, 15, "was never written");
    }

    @Test
    void namesReorderedEvents() throws IOException {
        String later = log.lines().get(333);
        editLine(333, line -> log.lines().get(330));
        editLine(330, line -> later);
        only(Kind.REORDERED, 330, "event 333 is here, and event 330 at line 134");
    }

    @Test
    void namesAnEventThatWasReplacedByACopy() throws IOException {
        editLine(330, line -> log.lines().get(20 + 200));
        only(Kind.ALTERED, 330, "replaced by a copy of event 220");
    }

    @Test
    void tellsAnAlteredLeafHashFromAnAlteredEvent() throws IOException {
        editLeaf(1, 7);
        Finding finding = only(Kind.ALTERED, 207, "leaves-0000000000000200.bin entry 8 (event 207)");
        assertTrue(finding.what().contains("the events are whole"), finding::text);
    }

    @Test
    void saysBetweenWhichEventsALineAndItsLeafHashWereAlteredTogether() throws IOException {
        editLine(250, line -> line.replace("KeySign", "KeyVerify"));
        byte[] line = log.lines().get(250).replace("KeySign", "KeyVerify").getBytes(StandardCharsets.UTF_8);
        byte[] leaves = Files.readAllBytes(segment(1).leaves());
        new MerkleHash().leaf(line, 0, line.length, leaves, 50 * MerkleHash.LENGTH);
        Files.write(segment(1).leaves(), leaves);
        Finding finding = only(Kind.ALTERED, 100, "event 299, lines were altered together with their leaf hashes");
        assertEquals("events-0000000000000000.jsonl", finding.file());
    }

    @Test
    void namesAMissingSegment() throws IOException {
        Files.delete(segment(1).events());
        Files.delete(segment(1).leaves());
        Finding first = AuditVerifier.verify(folder, log.trust()).findings().getFirst();
        assertEquals(Kind.MISSING, first.kind());
        assertTrue(first.text().contains("events 200 to 400 are not there"), first::text);
    }

    @Test
    void namesASegmentWhoseEventsAreMissingWithoutRetention() throws IOException {
        Files.delete(segment(0).events());
        only(Kind.MISSING, 0, "events 0 to 199 are not there, and the log records no retention that removed them");
    }

    @Test
    void aSegmentThatRetentionRemovedIsNoFault() throws IOException {
        log.line("{\"operationName\":\"AuditRetention\",\"properties\":{\"firstKeptIndex\":200}}")
                .signed();
        Files.delete(segment(0).events());
        Verdict verdict = AuditVerifier.verify(folder, log.trust());
        assertEquals(List.of(), verdict.findings());
        assertEquals(200, verdict.firstKept());
        assertEquals(1, verdict.notes().size());
        Files.delete(segment(1).events());
        only(Kind.MISSING, 200, "events 200 to 400 are not there");
    }

    @Test
    void retentionThatNobodySignedExcusesNothing() throws IOException {
        String event = "{\"operationName\":\"AuditRetention\",\"properties\":{\"firstKeptIndex\":200}}";
        Files.delete(segment(0).events());
        Files.writeString(segment(2).events(), event + "\n", java.nio.file.StandardOpenOption.APPEND);
        only(
                Kind.MISSING,
                0,
                "events 0 to 199 are not there, and the event of the retention that removed them is not"
                        + " signed yet");
        byte[] line = event.getBytes(StandardCharsets.UTF_8);
        byte[] leaf = new byte[MerkleHash.LENGTH];
        new MerkleHash().leaf(line, 0, line.length, leaf, 0);
        Files.write(segment(2).leaves(), leaf, java.nio.file.StandardOpenOption.APPEND);
        only(Kind.MISSING, 0, "not signed yet");
    }

    @Test
    void retentionInTheLineOfAnotherEventExcusesNothing() throws IOException {
        Files.delete(segment(0).events());
        editLine(450, line -> "{\"operationName\":\"AuditRetention\",\"properties\":{\"firstKeptIndex\":200}}");
        List<Finding> findings = AuditVerifier.verify(folder, log.trust()).findings();
        assertEquals(
                List.of(Kind.ALTERED, Kind.MISSING),
                findings.stream().map(Finding::kind).toList());
        assertTrue(findings.getLast().text().contains("the log records no retention"), findings::toString);
    }

    @Test
    void retentionOfEventsBehindItselfExcusesNothing() throws IOException {
        log.line("{\"operationName\":\"AuditRetention\",\"properties\":{\"firstKeptIndex\":100000}}")
                .signed();
        Files.delete(segment(0).events());
        only(Kind.MISSING, 0, "the log records no retention");
    }

    @Test
    void leafHashesOfAWholeSegmentThatAreMissingAreNamed() throws IOException {
        Files.delete(segment(1).leaves());
        only(
                Kind.MISSING,
                200,
                "leaves-0000000000000200.bin entry 1 (event 200): MISSING: events 200 to 400 are not there in"
                        + " the leaf hashes; the events are whole");
    }

    @Test
    void findsThatTheEndWasCutOff() throws IOException {
        editLine(EVENTS - 1, line -> "");
        byte[] leaves = Files.readAllBytes(segment(2).leaves());
        Files.write(segment(2).leaves(), Arrays.copyOf(leaves, leaves.length - MerkleHash.LENGTH));
        only(Kind.TRUNCATED, EVENTS - 1, "covers 600 events");
    }

    @Test
    void aKeptCheckpointShowsThatTheEndWasCutOffWithItsCheckpoint() throws IOException {
        for (int i = 0; i < 50; i++) {
            editLine(EVENTS - 1 - i, line -> "");
        }
        byte[] leaves = Files.readAllBytes(segment(2).leaves());
        Files.write(segment(2).leaves(), Arrays.copyOf(leaves, leaves.length - 50 * MerkleHash.LENGTH));
        editCheckpoints(blocks -> blocks.subList(0, 5));
        assertTrue(AuditVerifier.verify(folder, Trust.NOTHING).whole());
        only(Kind.TRUNCATED, EVENTS - 50, "covers 600 events");
    }

    @Test
    void namesAMissingCheckpoint() throws IOException {
        editCheckpoints(blocks -> {
            blocks.remove(3);
            return blocks;
        });
        only(Kind.MISSING, -1, "checkpoint 3 is not there");
    }

    @Test
    void namesAReorderedCheckpoint() throws IOException {
        editCheckpoints(blocks -> {
            Collections.swap(blocks, 2, 3);
            return blocks;
        });
        two(Kind.MISSING, Kind.REORDERED, "checkpoint 2 stands behind later ones");
    }

    @Test
    void namesACheckpointThatWasPutInAndNotTheOneBehindIt() throws IOException {
        editCheckpoints(blocks -> {
            blocks.add(2, atAnotherTime(blocks.get(2)));
            return blocks;
        });
        only(
                Kind.ALTERED,
                -1,
                "checkpoints.txt line 17: ALTERED: checkpoint 2: not signed by the log's key of that time");
    }

    @Test
    void namesAnAlteredCheckpointAndTheMissingOneBehindIt() throws IOException {
        editCheckpoints(blocks -> {
            blocks.set(2, atAnotherTime(blocks.get(2)));
            blocks.remove(3);
            return blocks;
        });
        two(Kind.ALTERED, Kind.MISSING, "checkpoint 3 is not there");
    }

    @Test
    void namesADuplicatedCheckpoint() throws IOException {
        editCheckpoints(blocks -> {
            blocks.add(4, blocks.get(1));
            return blocks;
        });
        only(Kind.DUPLICATED, -1, "checkpoints.txt line 33: DUPLICATED: checkpoint 1 is there twice");
    }

    @Test
    void namesAnAlteredCheckpoint() throws IOException {
        editCheckpoints(blocks -> {
            blocks.set(2, atAnotherTime(blocks.get(2)));
            return blocks;
        });
        only(
                Kind.ALTERED,
                -1,
                "checkpoints.txt line 17: ALTERED: checkpoint 2: not signed by the log's key of that time");
    }

    @Test
    void namesABrokenChainOfKeys() throws IOException {
        Path file = folder.resolve(AuditKeys.FILE);
        List<String> lines = Files.readAllLines(file);
        Files.writeString(file, lines.get(1) + "\n");
        Finding first = AuditVerifier.verify(folder, log.trust()).findings().getFirst();
        assertEquals("keys.txt line 1: ALTERED: the first key has not signed itself", first.text());
    }

    @Test
    void aLogOfAnotherKeyIsNotTrusted() throws IOException {
        Path other = Files.createDirectory(folder.resolve("other"));
        WrittenLog.usual(other, EVENTS);
        assertTrue(AuditVerifier.verify(other, Trust.NOTHING).whole());
        List<Finding> findings = AuditVerifier.verify(other, log.trust()).findings();
        assertEquals(2, findings.size());
        assertTrue(findings.stream().allMatch(finding -> finding.kind() == Kind.UNTRUSTED));
    }

    @Test
    void aForeignChainThatEndsInTheKeptKeyIsNotTrusted() throws IOException {
        Path other = Files.createDirectory(folder.resolve("other"));
        WrittenLog.usual(other, EVENTS).endsIn(log.trust().keys().getFirst());
        assertTrue(AuditVerifier.verify(other, Trust.NOTHING).whole());
        Trust kept = new Trust(log.trust().keys(), List.of());
        List<Finding> findings = AuditVerifier.verify(other, kept).findings();
        assertEquals(1, findings.size(), findings::toString);
        assertEquals(Kind.UNTRUSTED, findings.getFirst().kind());
        Files.delete(other.resolve(SignedCheckpoint.FILE));
        assertEquals(
                Kind.UNTRUSTED,
                AuditVerifier.verify(other, kept).findings().getFirst().kind());
    }

    @Test
    void eventsBehindTheLastCheckpointAreSaidToBeUnsigned() throws IOException {
        log.events(5);
        Verdict verdict = AuditVerifier.verify(folder, log.trust());
        assertTrue(verdict.whole());
        assertEquals(5, verdict.unsigned());
        editLine(EVENTS + 2, line -> line.replace("KeySign", "KeyVerify"));
        only(Kind.ALTERED, EVENTS + 2, "no checkpoint covers it, so it may be its leaf hash that was altered");
    }

    @Test
    void aLineThatIsBeingWrittenIsNoFault() throws IOException {
        Files.writeString(segment(2).events(), "{\"operationName\":\"Key", java.nio.file.StandardOpenOption.APPEND);
        Verdict verdict = AuditVerifier.verify(folder, log.trust());
        assertEquals(List.of(), verdict.findings());
        assertEquals(1, verdict.notes().size());
    }

    @Test
    void theRoomBehindTheLastLineOfALogThatIsWrittenIsNoFault() throws IOException {
        Files.write(segment(2).events(), new byte[200_000], java.nio.file.StandardOpenOption.APPEND);
        Verdict verdict = AuditVerifier.verify(folder, log.trust());
        assertEquals(List.of(), verdict.findings());
        assertEquals(List.of(), verdict.notes());
        Files.write(segment(1).events(), new byte[] {0, 0, 'x'}, java.nio.file.StandardOpenOption.APPEND);
        only(Kind.ALTERED, 401, "events-0000000000000200.jsonl line 202");
    }

    private LogSegment segment(int number) throws IOException {
        return LogSegment.in(folder).get(number);
    }

    /** The first finding; it is the only one. */
    private Finding only(Kind kind, long index, String part) throws IOException {
        List<Finding> findings = AuditVerifier.verify(folder, log.trust()).findings();
        assertEquals(1, findings.size(), findings::toString);
        Finding finding = findings.getFirst();
        assertEquals(kind, finding.kind(), finding::text);
        assertEquals(index, finding.index(), finding::text);
        assertTrue(finding.text().contains(part), finding::text);
        return finding;
    }

    /** Changes the line of an event; an empty one is taken out. */
    private void editLine(int index, UnaryOperator<String> edit) throws IOException {
        LogSegment segment = LogSegment.in(folder).stream()
                .filter(one -> one.first() <= index)
                .reduce((earlier, later) -> later)
                .orElseThrow();
        List<String> lines = new ArrayList<>(Files.readAllLines(segment.events()));
        int at = (int) (index - segment.first());
        String edited = edit.apply(lines.get(at));
        if (edited.isEmpty()) {
            lines.remove(at);
        } else {
            lines.set(at, edited);
        }
        Files.writeString(segment.events(), String.join("\n", lines) + "\n");
    }

    private void editLeaf(int number, int entry) throws IOException {
        Path file = segment(number).leaves();
        byte[] leaves = Files.readAllBytes(file);
        leaves[entry * MerkleHash.LENGTH + 5] ^= 0x10;
        Files.write(file, leaves);
    }

    /** Two findings of these kinds, and how the second ends. */
    private void two(Kind first, Kind second, String end) throws IOException {
        List<Finding> findings = AuditVerifier.verify(folder, log.trust()).findings();
        assertEquals(
                List.of(first, second), findings.stream().map(Finding::kind).toList());
        assertTrue(findings.getLast().text().endsWith(end), findings::toString);
    }

    private static String atAnotherTime(String checkpoint) {
        return checkpoint.replaceFirst("time 1", "time 2");
    }

    private void editCheckpoints(UnaryOperator<List<String>> edit) throws IOException {
        Path file = folder.resolve(SignedCheckpoint.FILE);
        String text = Files.readString(file);
        List<String> blocks = new ArrayList<>();
        for (String block : text.split("(?<=[=a-zA-Z0-9+/]\\n\\n)(?!\u2014)", -1)) {
            if (!block.isEmpty()) {
                blocks.add(block);
            }
        }
        assertNotNull(SignedCheckpoint.parse(
                blocks.getFirst().substring(0, blocks.getFirst().length() - 1)));
        Files.writeString(file, String.join("", edit.apply(blocks)));
    }
}
