// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.audit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.managedhsm.gateway.evidence.AuditVerifier;
import dev.managedhsm.gateway.evidence.Finding;
import dev.managedhsm.gateway.evidence.Trust;
import dev.managedhsm.gateway.evidence.Verdict;
import dev.managedhsm.gateway.wire.WireError;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AuditLogTest {
    private static final Duration WAIT = Duration.ofMillis(400);
    private static final AuditSource SOURCE =
            AuditSource.of("6f0f4e30-5a0b-4c53-9a8a-3d1c0b6f7e11", "https://hsm1.hsm.test:8443", null);

    @TempDir
    Path folder;

    private final FaultyDisk disk = new FaultyDisk();
    private final ScheduledExecutorService loop = Executors.newSingleThreadScheduledExecutor();
    private @Nullable AuditLog log;
    private @Nullable AuditWaiters waiters;

    @BeforeEach
    void open() throws IOException, AuditRefused {
        open(AuditPolicy.FAIL_CLOSED);
    }

    private void open(AuditPolicy policy) throws IOException, AuditRefused {
        open(policy, WAIT);
    }

    private void open(AuditPolicy policy, Duration wait) throws IOException, AuditRefused {
        AuditConfig config = new AuditConfig(
                folder,
                policy,
                wait,
                3,
                AuditConfig.SEGMENT_BYTES_MIN,
                Duration.ofDays(1),
                2,
                null,
                Duration.ofDays(90),
                null,
                null);
        AuditLog fresh = AuditLog.open(config, SOURCE, disk, InstantSource.system(), () -> {});
        log = fresh;
        waiters = fresh.waiters(loop);
    }

    @AfterEach
    void close() {
        closeLog();
        loop.shutdownNow();
    }

    private void closeLog() {
        AuditLog open = log;
        if (open != null) {
            open.close();
            log = null;
        }
    }

    /** What became of an answer: "left" or the refusal's status. */
    private CompletableFuture<String> record(String id) {
        return record(id, true);
    }

    private CompletableFuture<String> record(String id, boolean waits) {
        CompletableFuture<String> end = new CompletableFuture<>();
        loop.execute(() -> {
            AuditEvent event = new AuditEvent();
            event.request(id, "POST", "/keys/k/sign", "127.0.0.1");
            event.client("7.6", "test", null);
            event.end(200, 1_800_000_000_000L, 1_500_000);
            waiters()
                    .record(
                            event,
                            new AuditWaiters.Answer() {
                                @Override
                                public void leave() {
                                    end.complete("left");
                                }

                                @Override
                                public void withhold(WireError why) {
                                    end.complete(String.valueOf(why.status()));
                                }
                            },
                            waits);
        });
        return end;
    }

    private AuditWaiters waiters() {
        AuditWaiters own = waiters;
        assertNotNull(own);
        return own;
    }

    private AuditLog log() {
        AuditLog own = log;
        assertNotNull(own);
        return own;
    }

    private static String end(CompletableFuture<String> answer) throws InterruptedException, ExecutionException {
        try {
            return answer.get(10, TimeUnit.SECONDS);
        } catch (TimeoutException e) {
            throw new AssertionError("the answer neither left nor was withheld", e);
        }
    }

    private static void await(BooleanSupplier condition) throws InterruptedException {
        long endNanos = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
        while (!condition.getAsBoolean()) {
            assertTrue(System.nanoTime() < endNanos, "it did not come to pass");
            Thread.sleep(5);
        }
    }

    private List<String> lines() throws IOException {
        List<String> lines = new ArrayList<>();
        for (long first : SegmentFiles.withEvents(folder)) {
            String text = Files.readString(SegmentFiles.events(folder, first));
            int end = text.indexOf('\0');
            lines.addAll((end < 0 ? text : text.substring(0, end)).lines().toList());
        }
        return lines;
    }

    private void assertRecorded(String id) throws IOException {
        assertEquals(
                1,
                lines().stream().filter(line -> line.contains('"' + id + '"')).count(),
                id);
    }

    @Test
    void answerLeavesWhenItsEventIsDurable() throws Exception {
        disk.hold();
        CompletableFuture<String> answer = record("one");
        await(() -> log().health().lagEvents() == 1);
        assertFalse(answer.isDone());
        disk.goOn();
        assertEquals("left", end(answer));
        assertRecorded("one");
        assertEquals(0, log().health().lagEvents());
        assertEquals(1, log().health().events());
    }

    @Test
    void whatGathersWhileTheDiskWorksIsForcedTogether() throws Exception {
        assertEquals("left", end(record("first")));
        disk.hold();
        List<CompletableFuture<String>> answers = new ArrayList<>();
        answers.add(record("a0"));
        await(() -> log().health().lag().toNanos() > 0);
        for (int i = 1; i < 100; i++) {
            answers.add(record("a" + i));
        }
        await(() -> log().health().lagEvents() == 100);
        int before = disk.forces.get();
        disk.goOn();
        for (CompletableFuture<String> answer : answers) {
            assertEquals("left", end(answer));
        }
        assertTrue(disk.forces.get() - before <= 2, "one for the first, one for all others");
        assertEquals(101, lines().size());
    }

    @Test
    void throttledRequestIsRecordedAndDoesNotWait() throws Exception {
        disk.hold();
        assertEquals("left", end(record("throttled", false)));
        disk.goOn();
        await(() -> log().health().events() == 1);
        assertRecorded("throttled");
    }

    @Test
    void nothingLeavesWhileTheDiskIsFullAndAllGoesOnWhenItIsNot() throws Exception {
        assertEquals("left", end(record("before")));
        disk.onWrite = new IOException("No space left on device");
        assertEquals("503", end(record("meanwhile")));
        assertEquals("503", end(record("refused at once")));
        String why = log().health().failure();
        assertNotNull(why);
        assertTrue(why.contains("No space left on device"), why);
        assertNotNull(waiters().closed());
        disk.onWrite = null;
        await(() -> log().health().failure() == null);
        assertEquals("left", end(record("after")));
        assertRecorded("meanwhile"); // what was done is said, although its answer was withheld
        assertRecorded("after");
        assertEquals(3, lines().size());
        assertEquals(1, log().health().refused());
    }

    @Test
    void failedForceIsFinal() throws Exception {
        assertEquals("left", end(record("before")));
        disk.onForce = new IOException("I/O error");
        assertEquals("503", end(record("lost")));
        disk.onForce = null; // the next one would succeed, and hide that pages were dropped
        assertEquals("503", end(record("after")));
        assertNotNull(log().health().failure());
        assertNotNull(waiters().closed());
    }

    @Test
    void slowDiskKeepsNobodyLongerThanTheBound() throws Exception {
        disk.hold();
        long startNanos = System.nanoTime();
        assertEquals("503", end(record("slow")));
        long tookMillis = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - startNanos);
        assertTrue(tookMillis >= WAIT.toMillis() - 50, tookMillis + " ms");
        await(() -> log().health().failure() != null);
        long nowNanos = System.nanoTime();
        assertEquals("503", end(record("refused at once")));
        assertTrue(System.nanoTime() - nowNanos < WAIT.toNanos(), "nobody waits for a disk that does not answer");
        disk.goOn();
        await(() -> log().health().failure() == null);
        assertEquals("left", end(record("after")));
        assertRecorded("slow");
    }

    @Test
    void endOfTheThreadRefusesEverything() throws Exception {
        disk.kill = new OutOfMemoryError("of a test");
        assertEquals("503", end(record("lost")));
        disk.kill = null;
        assertEquals("503", end(record("after")));
        assertNotNull(log().health().failure());
    }

    @Test
    void boundedLagLetsAnswersLeaveUntilItIsReached() throws Exception {
        closeLog();
        open(AuditPolicy.BOUNDED_LAG);
        disk.hold();
        for (int i = 0; i < 3; i++) {
            assertEquals("left", end(record("ahead" + i)));
        }
        CompletableFuture<String> fourth = record("too far ahead");
        await(() -> log().health().lagEvents() == 4);
        assertFalse(fourth.isDone());
        disk.goOn();
        assertEquals("left", end(fourth));
        assertEquals(4, lines().size());
    }

    @Test
    void fullRingRefusesAtOnceAndLosesNothing() throws Exception {
        closeLog();
        open(AuditPolicy.BOUNDED_LAG, Duration.ofSeconds(30));
        disk.hold();
        List<CompletableFuture<String>> answers = new ArrayList<>();
        for (int i = 0; i < AuditConfig.EVENTS_WAITING_MAX + 10; i++) {
            answers.add(record("r" + i, false));
        }
        int left = 0;
        for (CompletableFuture<String> answer : answers) {
            left += "left".equals(end(answer)) ? 1 : 0;
        }
        disk.goOn();
        assertEquals(AuditConfig.EVENTS_WAITING_MAX, left);
        int expected = left;
        await(() -> log().health().events() >= expected); // the log may have recorded something of its own
        closeLog();
    }

    @Test
    void nothingIsRecordedWhereThatIsWanted() throws Exception {
        closeLog();
        open(AuditPolicy.UNRECORDED);
        assertEquals("left", end(record("unrecorded")));
        closeLog();
        assertFalse(String.join("", lines()).contains("unrecorded"));
    }

    @Test
    void logGoesOnAfterARestart() throws Exception {
        assertEquals("left", end(record("one")));
        closeLog();
        long first = SegmentFiles.withEvents(folder).getFirst();
        String text = Files.readString(SegmentFiles.events(folder, first));
        assertTrue(text.endsWith("}\n"), "closed without zeros behind the last event");
        open();
        assertEquals("left", end(record("two")));
        List<String> lines = lines();
        assertTrue(lines.get(0).contains("\"index\":0,"), lines.get(0));
        assertTrue(lines.get(1).contains("\"index\":1,"), lines.get(1));
    }

    @Test
    void tornEndIsCutAndKeptAside() throws Exception {
        assertEquals("left", end(record("one")));
        closeLog();
        Path file = SegmentFiles.events(folder, 0);
        String whole = Files.readString(file);
        Files.writeString(file, whole + "{\"time\":\"torn" + "\0".repeat(1000));
        Files.delete(SegmentFiles.leaves(folder, 0));
        open();
        assertEquals(whole, Files.readString(file));
        assertEquals("{\"time\":\"torn", Files.readString(file.resolveSibling(file.getFileName() + ".cut")));
        assertEquals(MerkleHash.LENGTH, Files.size(SegmentFiles.leaves(folder, 0)), "worked out anew");
        assertEquals("left", end(record("two")));
        assertEquals(2, lines().size());
    }

    @Test
    void segmentsFollowEachOtherAndOldEventsGoWhileTheirHashesStay() throws Exception {
        MerkleTree expected = new MerkleTree();
        MerkleHash hash = new MerkleHash();
        int events = 1000;
        List<CompletableFuture<String>> answers = new ArrayList<>();
        for (int i = 0; i < events; i++) {
            answers.add(record("event-" + i));
            if (i % 50 == 0) {
                end(answers.getLast());
            }
        }
        for (CompletableFuture<String> answer : answers) {
            assertEquals("left", end(answer));
        }
        closeLog();
        List<Long> withEvents = SegmentFiles.withEvents(folder);
        List<Long> withLeaves = SegmentFiles.withLeaves(folder);
        assertEquals(2, withEvents.size(), "as many as are kept");
        assertTrue(withLeaves.size() > 3, withLeaves + " segments");
        assertEquals(withEvents, withLeaves.subList(withLeaves.size() - 2, withLeaves.size()));
        long leaves = 0;
        for (long first : withLeaves) {
            assertEquals(leaves, first);
            byte[] hashes = Files.readAllBytes(SegmentFiles.leaves(folder, first));
            for (int at = 0; at < hashes.length; at += MerkleHash.LENGTH) {
                expected.append(hashes, at);
            }
            leaves += hashes.length / MerkleHash.LENGTH;
            if (withEvents.contains(first)) {
                byte[] line = Files.readAllLines(SegmentFiles.events(folder, first))
                        .getFirst()
                        .getBytes(java.nio.charset.StandardCharsets.UTF_8);
                byte[] leaf = hash.leaf(line);
                assertEquals(List.of(box(leaf)), List.of(box(java.util.Arrays.copyOf(hashes, leaf.length))));
            }
        }
        assertTrue(leaves > events, "that old events go is recorded too");
        assertWholeAsRecorded(withEvents.getFirst());
        Files.delete(SegmentFiles.tree(folder, withEvents.getLast())); // can be worked out
        LogEnd end = LogRecovery.end(folder, 0);
        assertEquals(leaves, end.next());
        assertEquals(box(expected.root()), box(end.tree().root()));
        assertNull(disk.onWrite);
    }

    /** Old events are missing, and who looks through the log finds in it that they were deleted. */
    private void assertWholeAsRecorded(long firstKept) throws IOException {
        Verdict verdict = AuditVerifier.verify(folder, Trust.NOTHING);
        assertEquals(List.of(), verdict.findings());
        assertEquals(firstKept, verdict.firstKept());
        assertTrue(lines().stream()
                .anyMatch(line -> line.contains("\"operationName\":\"AuditRetention\"")
                        && line.contains("\"firstKeptIndex\":" + firstKept + ",")));
    }

    @Test
    void eventsThatSomebodyHasStillToReadStay() throws Exception {
        AtomicLong unread = new AtomicLong(1);
        log().keepFor(unread::get);
        recordSegments(4);
        assertEquals(0, SegmentFiles.withEvents(folder).getFirst());
        assertTrue(lines().stream().noneMatch(line -> line.contains("AuditRetention")));
        unread.set(Long.MAX_VALUE);
        recordSegments(1);
        await(() -> segmentsWithEvents() == 2);
        closeLog();
        assertWholeAsRecorded(SegmentFiles.withEvents(folder).getFirst());
    }

    @Test
    void fileThatCannotBeDeletedIsTriedAgainWithTheNextSegmentOnly() throws Exception {
        AtomicLong unread = new AtomicLong(1);
        log().keepFor(unread::get);
        recordSegments(3);
        Path stuck = SegmentFiles.events(folder, 0);
        Files.move(stuck, folder.resolve("aside"));
        Files.createDirectories(stuck.resolve("held")); // nobody can delete it, root neither
        unread.set(Long.MAX_VALUE);
        recordSegments(1);
        long second = SegmentFiles.withLeaves(folder).get(1);
        Path newest =
                SegmentFiles.events(folder, SegmentFiles.withLeaves(folder).getLast());
        await(() -> !Files.exists(SegmentFiles.events(folder, second))); // it keeps nothing else
        for (int i = 0; i < 20; i++) {
            assertEquals("left", end(record("after " + i)));
        }
        assertEquals(1, retentions(newest));
        recordSegments(1);
        assertEquals(1, retentions(newest), "one a segment");
        assertTrue(Files.exists(stuck));
        Files.delete(stuck.resolve("held"));
        recordSegments(1);
        await(() -> !Files.exists(stuck));
    }

    private static long retentions(Path events) throws IOException {
        return Files.readString(events)
                .lines()
                .filter(line -> line.contains("\"operationName\":\"AuditRetention\""))
                .count();
    }

    @Test
    void deletedEventsWhoseRecordIsLostAreMissed() throws Exception {
        recordSegments(4);
        await(() -> segmentsWithEvents() == 2);
        closeLog();
        long first = SegmentFiles.withEvents(folder).getFirst();
        Files.delete(SegmentFiles.events(folder, first));
        Verdict verdict = AuditVerifier.verify(folder, Trust.NOTHING);
        assertEquals(Finding.Kind.MISSING, verdict.findings().getFirst().kind());
        assertEquals(first, verdict.findings().getFirst().index());
    }

    private int segmentsWithEvents() {
        try {
            return SegmentFiles.withEvents(folder).size();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Records until so many more segments have begun. */
    private void recordSegments(int more) throws Exception {
        int before = SegmentFiles.withLeaves(folder).size();
        while (SegmentFiles.withLeaves(folder).size() < before + more) {
            assertEquals("left", end(record("filling")));
        }
    }

    private static String box(byte[] bytes) {
        return java.util.HexFormat.of().formatHex(bytes);
    }
}
