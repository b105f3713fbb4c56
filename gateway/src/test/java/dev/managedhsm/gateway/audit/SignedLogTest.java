// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.audit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.managedhsm.crypto.engine.Engine;
import dev.managedhsm.crypto.engine.PortableEngine;
import dev.managedhsm.crypto.seal.RecordSeal;
import dev.managedhsm.crypto.seal.RootKey;
import dev.managedhsm.crypto.seal.SealingKeys;
import dev.managedhsm.gateway.evidence.AuditVerifier;
import dev.managedhsm.gateway.evidence.EvidencePack;
import dev.managedhsm.gateway.evidence.Finding;
import dev.managedhsm.gateway.evidence.Holdings;
import dev.managedhsm.gateway.evidence.PackVerifier;
import dev.managedhsm.gateway.evidence.Trust;
import dev.managedhsm.gateway.evidence.Verdict;
import dev.managedhsm.gateway.store.SqliteStore;
import dev.managedhsm.gateway.store.Store;
import dev.managedhsm.gateway.wire.WireError;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A log that is signed, over two days of a clock that the test moves: keys follow each other, old checkpoints go. */
class SignedLogTest {
    private static final AuditSource SOURCE =
            AuditSource.of("6f0f4e30-5a0b-4c53-9a8a-3d1c0b6f7e11", "https://hsm1.hsm.test:8443", null);

    private static final long BEGIN_MILLIS = 1_800_000_000_000L;
    private static final long STEP_MILLIS = Duration.ofMinutes(10).toMillis();
    private static final long HOUR_MILLIS = Duration.ofHours(1).toMillis();
    private static final Duration KEY_AGE_MAX = Duration.ofHours(15);
    private static final int STEPS = 108; // 18 hours

    /** The empty line behind a checkpoint. */
    private static final Pattern BEHIND_SIGNATURE = Pattern.compile("(?<=\u2014 [^\n]{1,200}\n)\n");

    @TempDir
    Path folder;

    private final Engine engine = PortableEngine.open();
    private final RootKey root = RootKey.create(engine);
    private final SealingKeys sealing = new SealingKeys(engine, root, "hsm");
    private final ScheduledExecutorService loop = Executors.newSingleThreadScheduledExecutor();
    private final AtomicLong nowMillis = new AtomicLong(BEGIN_MILLIS);
    private final List<SignedCheckpoint> made = new ArrayList<>();
    private Path logFolder;
    private Store store;
    private @Nullable AuditLog log;
    private AuditWaiters waiters;

    @BeforeEach
    void begin() throws IOException, AuditRefused {
        store = SqliteStore.open(Files.createDirectory(folder.resolve("store")));
        logFolder = folder.resolve("audit");
        open();
    }

    private void open() throws IOException, AuditRefused {
        AuditConfig config = new AuditConfig(
                logFolder,
                AuditPolicy.FAIL_CLOSED,
                Duration.ofSeconds(30),
                3,
                AuditConfig.SEGMENT_BYTES_MIN,
                Duration.ofDays(30),
                100,
                null,
                KEY_AGE_MAX,
                null,
                null);
        InstantSource clock = () -> Instant.ofEpochMilli(nowMillis.get());
        AuditLog fresh = AuditLog.open(config, SOURCE, clock, () -> {});
        log = fresh;
        waiters = fresh.waiters(loop);
        fresh.seal(new AuditRecords(store, new RecordSeal(engine, sealing), List.of()));
    }

    private void closeLog() {
        AuditLog open = log;
        if (open != null) {
            open.close();
            log = null;
        }
    }

    @AfterEach
    void end() {
        closeLog();
        loop.shutdownNow();
        store.close();
        sealing.close();
        root.close();
        engine.close();
    }

    /** Records an event, and keeps the checkpoint that covers it. */
    private void record() throws Exception {
        AuditReceipt receipt = new AuditReceipt();
        CompletableFuture<String> end = new CompletableFuture<>();
        loop.execute(() -> {
            AuditEvent event = new AuditEvent();
            event.request("request", "POST", "/keys/k/sign", "127.0.0.1");
            event.client("7.6", "x".repeat(500), null);
            event.receipt(receipt);
            event.end(200, nowMillis.get(), 1_500_000);
            waiters.record(
                    event,
                    new AuditWaiters.Answer() {
                        @Override
                        public void leave() {
                            end.complete("left");
                        }

                        @Override
                        public void withhold(WireError why) {
                            end.complete(why.toString());
                        }
                    },
                    true);
        });
        assertEquals("left", end.get(30, TimeUnit.SECONDS));
        String text = receipt.text();
        String checkpoint = text.substring(text.indexOf("checkpoint=") + "checkpoint=".length());
        made.add(parsed(new String(Base64.getDecoder().decode(checkpoint), StandardCharsets.UTF_8)));
    }

    private void record(int steps) throws Exception {
        for (int i = 0; i < steps; i++) {
            nowMillis.addAndGet(STEP_MILLIS);
            record();
        }
    }

    /** Two keys, two segments, 36 hours; then seven hours of silence, one event more, and the end. */
    private void twoDays() throws Exception {
        record(STEPS);
        awaitKeys(2);
        record(STEPS);
        nowMillis.addAndGet(7 * HOUR_MILLIS);
        record();
        int stay = expected().size();
        await("thinned", () -> texts().size() == stay);
        closeLog();
    }

    private static void await(String what, Callable<Boolean> isSo) throws Exception {
        long endNanos = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
        while (!isSo.call()) {
            assertTrue(System.nanoTime() < endNanos, () -> "never: " + what);
            Thread.sleep(5);
        }
    }

    private void awaitKeys(int count) throws Exception {
        await("another key", () -> keys().entries().size() >= count);
    }

    private AuditKeys keys() throws IOException {
        try {
            return AuditKeys.parse(Files.readString(logFolder.resolve(AuditKeys.FILE)));
        } catch (AuditRefused broken) {
            throw new AssertionError(broken);
        }
    }

    private List<String> texts() throws IOException {
        return BEHIND_SIGNATURE
                .splitAsStream(Files.readString(logFolder.resolve(SignedCheckpoint.FILE)))
                .toList();
    }

    private static SignedCheckpoint parsed(String text) {
        SignedCheckpoint checkpoint = SignedCheckpoint.parse(text);
        assertNotNull(checkpoint, text);
        return checkpoint;
    }

    private static List<Finding.Kind> kinds(Verdict verdict) {
        return verdict.findings().stream().map(Finding::kind).toList();
    }

    private Verdict verify() throws IOException {
        return AuditVerifier.verify(logFolder, Trust.NOTHING);
    }

    @Test
    void keyThatIsOldIsFollowedByAnotherThatItSigned() throws Exception {
        record(STEPS);
        String before = made.getFirst().keyId();
        awaitKeys(2);
        for (int i = 0; i < 20 && made.getLast().keyId().equals(before); i++) {
            record(1); // its file names a key before the log signs with it
        }
        assertNotEquals(before, made.getLast().keyId());
        AuditKeys keys = keys();
        assertEquals(before, keys.entries().getFirst().key().id());
        assertEquals(made.getLast().keyId(), keys.last().key().id());
        long age = keys.last().timeMillis() - keys.entries().getFirst().timeMillis();
        assertTrue(age > KEY_AGE_MAX.toMillis(), "not before its time: " + age);
        closeLog();
        Trust first = new Trust(List.of(keys.entries().getFirst().key()), List.of(made.getFirst()));
        Verdict verdict = AuditVerifier.verify(logFolder, first);
        assertTrue(verdict.whole(), verdict.findings()::toString);
        open();
        record(1);
        assertEquals(keys.last().key().id(), made.getLast().keyId(), "a restart changes no key");
    }

    @Test
    void ofOldCheckpointsThoseThatAreNeededStay() throws Exception {
        twoDays();
        List<String> kept = texts();
        assertEquals(
                expected().stream().map(SignedCheckpoint::number).toList(),
                kept.stream().map(text -> parsed(text).number()).toList());
        assertTrue(kept.size() < made.size() - 50, kept.size() + " of " + made.size());
        Verdict verdict = verify();
        assertTrue(verdict.whole(), verdict.findings()::toString);
        assertEquals(made.size(), verdict.size());
        Set<String> there = Set.copyOf(kept);
        SignedCheckpoint gone = made.stream()
                .filter(one -> !there.contains(one.text()))
                .findFirst()
                .orElseThrow();
        Trust receipt = new Trust(List.of(), List.of(gone));
        assertTrue(AuditVerifier.verify(logFolder, receipt).whole(), "who kept one can still compare it");
        packOfTheFirstHours(kept);
        open(); // the log is still what was signed last
        record(3);
        closeLog();
        assertTrue(verify().whole());
    }

    /** By the rule as the documentation has it. */
    private List<SignedCheckpoint> expected() throws IOException {
        List<Long> segments = SegmentFiles.withLeaves(logFolder);
        assertTrue(segments.size() > 1, "a segment has ended");
        long young = nowMillis.get() - Duration.ofDays(1).toMillis();
        Set<Long> covering = segments.stream()
                .map(first -> made.stream().filter(one -> one.size() >= first).findFirst())
                .flatMap(one -> one.stream())
                .map(SignedCheckpoint::number)
                .collect(Collectors.toSet());
        List<SignedCheckpoint> stay = new ArrayList<>();
        for (int i = 0; i < made.size(); i++) {
            SignedCheckpoint one = made.get(i);
            SignedCheckpoint before = i == 0 ? null : made.get(i - 1);
            SignedCheckpoint next = i + 1 == made.size() ? null : made.get(i + 1);
            if (before == null
                    || next == null
                    || one.timeMillis() >= young
                    || one.timeMillis() / HOUR_MILLIS != next.timeMillis() / HOUR_MILLIS
                    || !one.keyId().equals(before.keyId())
                    || !one.keyId().equals(next.keyId())
                    || covering.contains(one.number())) {
                stay.add(one);
            }
        }
        return stay;
    }

    private void packOfTheFirstHours(List<String> kept) throws Exception {
        AuditSigner signer =
                new AuditRecords(store, new RecordSeal(engine, sealing), List.of()).signer(SOURCE.origin());
        assertNotNull(signer);
        Path pack = folder.resolve("pack.zip");
        EvidencePack.Taken taken = EvidencePack.write(
                logFolder,
                new EvidencePack.Wish(
                        Instant.ofEpochMilli(BEGIN_MILLIS + 2 * HOUR_MILLIS + 1),
                        Instant.ofEpochMilli(BEGIN_MILLIS + 4 * HOUR_MILLIS + 1),
                        false,
                        new Holdings(),
                        new JsonObject(),
                        nowMillis.get()),
                signer,
                Files.createDirectory(folder.resolve("scratch")),
                pack);
        assertEquals(12, taken.until() - taken.first(), "an event each ten minutes");
        PackVerifier.Result result = PackVerifier.verify(pack, new Trust(List.of(), List.of(parsed(kept.get(2)))));
        assertTrue(result.whole(), () -> String.valueOf(result.finding()));
    }

    @Test
    void checkpointThatSomebodyElseTookOutIsMissedAllTheSame() throws Exception {
        twoDays();
        Path file = logFolder.resolve(SignedCheckpoint.FILE);
        String whole = Files.readString(file);
        List<String> kept = texts();
        for (int i : new int[] {1, kept.size() / 2, kept.size() - 2}) {
            Files.writeString(file, whole.replace(kept.get(i) + "\n", ""));
            assertEquals(List.of(Finding.Kind.MISSING), kinds(verify()), "without checkpoint " + i);
        }
        Files.writeString(file, whole);
        Path said = logFolder.resolve(ThinnedCheckpoints.FILE);
        String text = Files.readString(said);
        Files.delete(said);
        assertTrue(kinds(verify()).contains(Finding.Kind.MISSING), "nobody says that they were taken out");
        int at = text.indexOf("removed ") + "removed ".length();
        Files.writeString(said, text.substring(0, at) + "0" + text.substring(at));
        assertTrue(kinds(verify()).contains(Finding.Kind.ALTERED));
        Files.writeString(said, text);
        assertTrue(verify().whole());
    }

    @Test
    void whatSomebodyElseDidBeforeIsNotExcused() throws Exception {
        record(20);
        closeLog();
        Path file = logFolder.resolve(SignedCheckpoint.FILE);
        String altered = texts().get(8);
        int root = altered.indexOf("=\nnumber ") - 10;
        String other = altered.charAt(root) == 'A' ? "B" : "A";
        String forged = altered.substring(0, root) + other + altered.substring(root + 1);
        Files.writeString(
                file, Files.readString(file).replace(texts().get(3) + "\n", "").replace(altered, forged));
        open();
        aDayLater();
        assertTrue(Files.readString(file).contains(forged), "it is evidence");
        assertEquals(
                List.of(
                        "MISSING 1 of the checkpoints 1 to 3 is not there",
                        "ALTERED checkpoint 8: not signed by the log's key of that time"),
                verify().findings().stream()
                        .map(one -> one.kind() + " " + one.what())
                        .toList());
    }

    /** Nothing happens for more than a day, then one event, by which old checkpoints go; and the end. */
    private void aDayLater() throws Exception {
        nowMillis.addAndGet(31 * HOUR_MILLIS);
        record();
        Path said = logFolder.resolve(ThinnedCheckpoints.FILE);
        await("thinned", () -> Files.exists(said));
        closeLog();
    }

    @Test
    void logThatWasAcceptedIsThinnedByItsNewNumbers() throws Exception {
        record(20);
        aDayLater();
        String old = Files.readString(logFolder.resolve(ThinnedCheckpoints.FILE));
        AuditAcceptance.accept(
                logFolder, new AuditRecords(store, new RecordSeal(engine, sealing), List.of()), nowMillis.get());
        assertEquals(old, Files.readString(logFolder.resolve("thinned.refused-" + nowMillis.get() + ".txt")));
        assertFalse(Files.exists(logFolder.resolve(ThinnedCheckpoints.FILE)));
        open();
        record(20);
        aDayLater();
        List<Long> numbers = texts().stream().map(text -> parsed(text).number()).toList();
        assertEquals(0, numbers.getFirst());
        assertTrue(numbers.getLast() >= 20, numbers::toString);
        assertTrue(numbers.size() < 15, numbers::toString);
        Verdict verdict = verify();
        assertTrue(verdict.whole(), verdict.findings()::toString);
    }
}
