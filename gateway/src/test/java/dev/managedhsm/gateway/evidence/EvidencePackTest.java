// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.evidence;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.managedhsm.gateway.audit.AuditKeys;
import dev.managedhsm.gateway.audit.AuditRefused;
import dev.managedhsm.gateway.audit.AuditSigner;
import dev.managedhsm.gateway.audit.MerkleHash;
import dev.managedhsm.gateway.audit.PackSignature;
import dev.managedhsm.gateway.audit.SignedCheckpoint;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import java.util.function.Consumer;
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

    private Finding found() throws IOException, AuditRefused {
        return found(Trust.NOTHING);
    }

    private Finding found(Trust trust) throws IOException, AuditRefused {
        Finding finding = PackVerifier.verify(pack, trust).finding();
        assertNotNull(finding);
        return finding;
    }

    @Test
    void holdsTheEventsOfThePeriodAndProvesThem() throws Exception {
        EvidencePack.Taken taken = take(60, 120, true, new Holdings());
        assertEquals(60, taken.first());
        assertEquals(120, taken.until());
        PackVerifier.Result result =
                PackVerifier.verify(pack, new Trust(log.trust().keys(), List.of()));
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
    void aKeptCheckpointIsComparedWithTheTreeOfItsSize() throws Exception {
        AuditKeys keys = AuditKeys.parse(Files.readString(log.folder().resolve(AuditKeys.FILE)));
        List<SignedCheckpoint> all = CheckpointReader.read(log.folder(), keys).good();
        assertEquals(140, take(60, 140, false, new Holdings()).until());
        for (SignedCheckpoint one : all) {
            Trust kept = new Trust(List.of(), List.of(one));
            if (one.size() >= 50 && one.size() <= 150) {
                assertTrue(PackVerifier.verify(pack, kept).whole());
            } else {
                AuditRefused refused = assertThrows(AuditRefused.class, () -> PackVerifier.verify(pack, kept));
                assertTrue(
                        String.valueOf(refused.getMessage()).contains("cannot be compared with this pack"),
                        refused::getMessage);
            }
        }
        take(60, 250, false, new Holdings());
        assertTrue(PackVerifier.verify(pack, new Trust(List.of(), List.of(all.get(1))))
                .whole()); // 150 of 50 to 251
        assertEquals(Finding.Kind.ALTERED, found(kept(log.signer(), 220)).kind());
        AuditSigner other = AuditSigner.generate(WrittenLog.ORIGIN, new SecureRandom());
        assertEquals(Finding.Kind.UNTRUSTED, found(kept(other, 220)).kind());
    }

    private static Trust kept(AuditSigner signer, long size) {
        byte[] root = new byte[MerkleHash.LENGTH];
        return new Trust(List.of(), List.of(SignedCheckpoint.sign(signer, size, root, 9, 1)));
    }

    @Test
    void refusesMoreThanItsVerifierReadsAndWhatIsToCome() throws Exception {
        EvidencePack.fits(7, 7 + 8_388_608);
        AuditRefused refused = assertThrows(AuditRefused.class, () -> EvidencePack.fits(7, 8 + 8_388_608));
        assertTrue(String.valueOf(refused.getMessage()).contains("at most 8388608"), refused::getMessage);
        AuditRefused later = assertThrows(AuditRefused.class, () -> take(0, Integer.MAX_VALUE, false, new Holdings()));
        assertTrue(String.valueOf(later.getMessage()).contains("ends later than now"), later::getMessage);
    }

    @Test
    void anOddManifestOfAnyKeyIsAFinding() throws Exception {
        take(60, 120, true, new Holdings());
        byte[] good = Files.readAllBytes(pack);
        for (long first : new long[] {Long.MAX_VALUE, Long.MIN_VALUE, 1L << 40, -5, 49, 151}) {
            Files.write(pack, good);
            signAnew(manifest -> manifest.put("firstIndex", first), "");
            assertNotNull(found());
        }
        Files.write(pack, good);
        signAnew(manifest -> manifest.remove("gaps"), "");
        assertNotNull(found());
        Files.write(pack, good);
        signAnew(
                manifest -> {
                    JsonArray parts = manifest.getJsonArray("parts");
                    for (int i = parts.size() - 1; i >= 0; i--) {
                        if ("events.jsonl".equals(parts.getJsonObject(i).getString("name"))) {
                            parts.remove(i);
                        }
                    }
                },
                "events.jsonl");
        assertEquals(Finding.Kind.MISSING, found().kind());
        assertEquals("events.jsonl", found().file());
        Files.write(pack, good);
        signAnew(manifest -> {}, "");
        assertTrue(PackVerifier.verify(pack, Trust.NOTHING).whole());
    }

    /** Changes what the manifest says and leaves out a part. */
    private void signAnew(Consumer<JsonObject> edit, String without) throws IOException {
        List<PackFile.Part> parts = parts();
        byte[] text;
        try (var in = parts.getFirst().content().open()) {
            JsonObject manifest = new JsonObject(new String(in.readAllBytes(), StandardCharsets.UTF_8));
            edit.accept(manifest);
            text = manifest.encode().getBytes(StandardCharsets.UTF_8);
        }
        byte[] signature = PackSignature.sign(log.signer(), text).getBytes(StandardCharsets.UTF_8);
        parts.set(0, new PackFile.Part(PackFile.MANIFEST, () -> new java.io.ByteArrayInputStream(text)));
        parts.set(1, new PackFile.Part(PackFile.SIGNATURE, () -> new java.io.ByteArrayInputStream(signature)));
        parts.removeIf(part -> part.name().equals(without));
        write(parts);
    }

    private List<PackFile.Part> parts() throws IOException {
        List<PackFile.Part> parts = new ArrayList<>();
        try (ZipFile zip = new ZipFile(pack.toFile())) {
            for (var entry : java.util.Collections.list(zip.entries())) {
                byte[] bytes = zip.getInputStream(entry).readAllBytes();
                parts.add(new PackFile.Part(entry.getName(), () -> new java.io.ByteArrayInputStream(bytes)));
            }
        }
        return parts;
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
