// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.evidence;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.managedhsm.gateway.audit.AuditRefused;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import java.util.zip.ZipFile;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A pack proves itself, and no altered one is taken. {@code -Dhsm.pack.mutations=10000} is the long run. */
class EvidencePackTest {
    private static final Logger LOG = LoggerFactory.getLogger(EvidencePackTest.class);
    private static final int MUTATIONS = Integer.getInteger("hsm.pack.mutations", 300);
    private static final Instant BEGIN = Instant.parse("2026-03-01T10:00:00Z");

    @TempDir
    Path folder;

    private WrittenLog log;
    private Path pack;

    @BeforeEach
    void writeALog() throws IOException {
        log = WrittenLog.usual(Files.createDirectory(folder.resolve("log")), 300);
        pack = folder.resolve("pack.zip");
    }

    private EvidencePack.Taken take(int fromMillis, int toMillis, boolean cef, Holdings now)
            throws IOException, AuditRefused {
        EvidencePack.Wish wish = new EvidencePack.Wish(
                BEGIN.plusMillis(fromMillis),
                BEGIN.plusMillis(toMillis),
                cef,
                now,
                new JsonObject().put("hsm", "hsm1"),
                1_772_400_000_000L);
        Path scratch = Files.createDirectories(folder.resolve("scratch-" + UUID.randomUUID()));
        return EvidencePack.write(log.folder(), wish, log.signer(), scratch, pack);
    }

    private Finding found() throws IOException {
        Finding finding = PackVerifier.verify(pack, Trust.NOTHING).finding();
        assertNotNull(finding);
        return finding;
    }

    @Test
    void holdsTheEventsOfThePeriodAndProvesThem() throws Exception {
        EvidencePack.Taken taken = take(60, 120, true, new Holdings());
        assertEquals(60, taken.first());
        assertEquals(120, taken.until());
        PackVerifier.Result result = PackVerifier.verify(pack, log.trust());
        assertNull(result.finding());
        try (ZipFile zip = new ZipFile(pack.toFile())) {
            String events = text(zip, "events.jsonl");
            assertEquals(log.lines().subList(60, 120), events.lines().toList());
            String cef = text(zip, "events.cef");
            assertEquals(60, cef.lines().count());
            assertTrue(cef.startsWith("CEF:0|Managed HSM gateway|managed-hsm|1|KeySign|KeySign|3|rt="), cef);
        }
    }

    private static String text(ZipFile zip, String name) throws IOException {
        return new String(zip.getInputStream(zip.getEntry(name)).readAllBytes(), StandardCharsets.UTF_8);
    }

    @Test
    void beginsWithTheLogOrHoldsNothing() throws Exception {
        EvidencePack.Taken all = take(-1000, 100_000, false, new Holdings());
        assertEquals(0, all.first());
        assertEquals(300, all.until());
        assertTrue(PackVerifier.verify(pack, Trust.NOTHING).whole());
        EvidencePack.Taken none = take(-2000, -1000, false, new Holdings());
        assertEquals(none.first(), none.until());
        assertTrue(PackVerifier.verify(pack, Trust.NOTHING).whole());
    }

    @Test
    void namesTheEventThatWasAltered() throws Exception {
        take(60, 120, false, new Holdings());
        byte[] bytes = Files.readAllBytes(pack);
        byte[] line = log.lines().get(77).getBytes(StandardCharsets.UTF_8);
        int at = indexOf(bytes, line);
        bytes[at + line.length / 2] ^= 1;
        Files.write(pack, bytes);
        Finding finding = found();
        assertEquals(Finding.Kind.ALTERED, finding.kind());
        assertEquals("events.jsonl", finding.file());
        assertEquals(77, finding.index());
        assertEquals(18, finding.line());
    }

    private static int indexOf(byte[] all, byte[] part) {
        for (int at = 0; ; at++) {
            if (Arrays.equals(all, at, at + part.length, part, 0, part.length)) {
                return at;
            }
        }
    }

    @Test
    void believesNoOtherKeyThanTheOneThatWasKept() throws Exception {
        take(0, 50, false, new Holdings());
        WrittenLog other = new WrittenLog(Files.createDirectory(folder.resolve("other")));
        Finding finding = PackVerifier.verify(pack, other.trust()).finding();
        assertNotNull(finding);
        assertEquals(Finding.Kind.UNTRUSTED, finding.kind());
    }

    @Test
    void believesNoForeignChainThatEndsInTheKeptKey() throws Exception {
        Trust kept = new Trust(log.trust().keys(), List.of());
        log = WrittenLog.usual(Files.createDirectory(folder.resolve("other")), 300)
                .endsIn(kept.keys().getFirst());
        take(0, 50, false, new Holdings());
        assertTrue(PackVerifier.verify(pack, Trust.NOTHING).whole());
        Finding finding = PackVerifier.verify(pack, kept).finding();
        assertNotNull(finding);
        assertEquals(Finding.Kind.UNTRUSTED, finding.kind());
        assertEquals(PackFile.SIGNATURE, finding.file());
    }

    @Test
    void saysWhichChangesMayHaveBeenMadeWithoutAnAnswer() throws Exception {
        String begin = "{\"time\":\"2026-03-01T10:00:00.300Z\",\"operationName\":\"RoleAssignmentCreate\","
                + "\"resultType\":\"Failure\",\"httpStatusCode\":";
        String end = ",\"requestUri\":\"https://localhost/roles/a\",\"properties\":{\"index\":";
        log.line(begin + 499 + end + "300}}")
                .line(begin + 503 + end + "301}}")
                .line(begin + 403 + end + "302}}")
                .signed();
        EvidencePack.Taken taken = take(0, 100_000, false, new Holdings());
        assertEquals(2, taken.gaps().size(), taken.gaps()::toString);
        assertTrue(taken.gaps().get(0).contains("event 301 (RoleAssignmentCreate) ended with status 503"));
        assertTrue(taken.gaps().get(1).contains("event 300 (RoleAssignmentCreate) ended with status 499"));
        assertTrue(taken.gaps().get(1).contains("https://localhost/roles/a"));
        PackVerifier.Result result = PackVerifier.verify(pack, Trust.NOTHING);
        assertTrue(result.whole());
        assertNotNull(result.manifest());
        assertEquals(2, result.manifest().getJsonArray("gaps").size());
    }

    @Test
    void leavesOutWhatIsNotSignedAndSaysSo() throws Exception {
        log.events(20);
        EvidencePack.Taken taken = take(0, 100_000, false, new Holdings());
        assertEquals(300, taken.until());
        assertEquals(20, taken.unsigned());
        assertTrue(PackVerifier.verify(pack, Trust.NOTHING).whole());
    }

    @Test
    void noAlteredPackIsTaken() throws Exception {
        take(100, 130, true, new Holdings());
        byte[] good = Files.readAllBytes(pack);
        Random random = new Random(Long.getLong("hsm.pack.seed", 11));
        for (int i = 0; i < MUTATIONS; i++) {
            byte[] bad = mutated(good, random);
            Files.write(pack, bad);
            int number = i;
            Finding finding = PackVerifier.verify(pack, Trust.NOTHING).finding();
            assertNotNull(finding, () -> "mutation " + number + " is taken");
            assertFalse(finding.file().isEmpty());
        }
        LOG.info("{} mutations of a pack of {} bytes: none taken", MUTATIONS, good.length);
    }

    private static byte[] mutated(byte[] good, Random random) {
        byte[] bad = good.clone();
        int at = random.nextInt(good.length);
        switch (random.nextInt(6)) {
            case 0, 1, 2 -> bad[at] ^= (byte) (1 << random.nextInt(8));
            case 3 -> bad = Arrays.copyOf(good, at);
            case 4 -> {
                bad = Arrays.copyOf(good, good.length + 1 + random.nextInt(40));
                random.nextBytes(bad);
                System.arraycopy(good, 0, bad, 0, good.length);
            }
            default -> {
                int length = 1 + random.nextInt(100);
                int to = Math.min(good.length, at + length);
                bad = new byte[good.length - (to - at)];
                System.arraycopy(good, 0, bad, 0, at);
                System.arraycopy(good, to, bad, at, good.length - to);
            }
        }
        return bad;
    }

    @Test
    void partsThatAreExchangedLeftOutOrAddedAreMissed() throws Exception {
        take(100, 130, false, new Holdings());
        try (ZipFile zip = new ZipFile(pack.toFile())) {
            List<PackFile.Part> parts = new ArrayList<>();
            for (var entry : java.util.Collections.list(zip.entries())) {
                byte[] bytes = zip.getInputStream(entry).readAllBytes();
                parts.add(new PackFile.Part(entry.getName(), () -> new java.io.ByteArrayInputStream(bytes)));
            }
            for (int i = 0; i < parts.size(); i++) {
                List<PackFile.Part> fewer = new ArrayList<>(parts);
                PackFile.Part gone = fewer.remove(i);
                write(fewer);
                assertEquals(Finding.Kind.MISSING, found().kind(), gone.name());
                assertEquals(gone.name(), found().file());
            }
            List<PackFile.Part> swapped = new ArrayList<>(parts);
            java.util.Collections.swap(swapped, 3, 4);
            write(swapped);
            assertEquals(Finding.Kind.ALTERED, found().kind());
            List<PackFile.Part> more = new ArrayList<>(parts);
            more.add(new PackFile.Part("more.txt", parts.getFirst().content()));
            write(more);
            assertEquals(Finding.Kind.ADDED, found().kind());
            write(parts);
            assertTrue(PackVerifier.verify(pack, Trust.NOTHING).whole());
        }
    }

    private void write(List<PackFile.Part> parts) {
        try (var out = Files.newOutputStream(pack)) {
            PackFile.write(parts, out);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
