// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.audit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.managedhsm.gateway.evidence.AuditVerifier;
import dev.managedhsm.gateway.evidence.Finding;
import dev.managedhsm.gateway.evidence.Trust;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A log of two segments and two keys, a checkpoint for every event, twelve an hour: what goes, and who can have it go. */
class CheckpointThinnerTest {
    private static final String ORIGIN = "hsm1.hsm.test/audit";
    private static final long BEGIN_MILLIS = 1_800_000_000_000L; // a full hour
    private static final long STEP_MILLIS = Duration.ofMinutes(5).toMillis();
    private static final long LATER_MILLIS = BEGIN_MILLIS + Duration.ofDays(3).toMillis();
    private static final int COUNT = 200;
    private static final int SECOND_SEGMENT = 100;
    private static final int SECOND_KEY = 150;

    @TempDir
    Path folder;

    private final AuditSigner retired = AuditSigner.generate(ORIGIN, new SecureRandom());
    private final AuditSigner signer = AuditSigner.generate(ORIGIN, new SecureRandom());
    private final AuditKeys keys = AuditKeys.begin(retired, 0, 1).rotate(retired, signer.publicKey(), SECOND_KEY, 2);
    private final List<SignedCheckpoint> made = new ArrayList<>();
    private CheckpointThinner thinner;
    private Path checkpoints;
    private Path said;

    @BeforeEach
    void write() throws IOException {
        checkpoints = folder.resolve(SignedCheckpoint.FILE);
        said = folder.resolve(ThinnedCheckpoints.FILE);
        MerkleHash hash = new MerkleHash();
        MerkleTree tree = new MerkleTree();
        for (int first : new int[] {0, SECOND_SEGMENT}) {
            try (OutputStream events = Files.newOutputStream(SegmentFiles.events(folder, first));
                    OutputStream leaves = Files.newOutputStream(SegmentFiles.leaves(folder, first))) {
                for (int i = first; i < first + COUNT / 2; i++) {
                    byte[] line = ("{\"event\":" + i + "}").getBytes(StandardCharsets.UTF_8);
                    byte[] leaf = new byte[MerkleHash.LENGTH];
                    hash.leaf(line, 0, line.length, leaf, 0);
                    tree.append(leaf, 0);
                    events.write(line);
                    events.write('\n');
                    leaves.write(leaf);
                    made.add(SignedCheckpoint.sign(
                            i < SECOND_KEY ? retired : signer,
                            tree.size(),
                            tree.root(),
                            i,
                            BEGIN_MILLIS + i * STEP_MILLIS));
                }
            }
        }
        Files.writeString(folder.resolve(AuditKeys.FILE), keys.text());
        put(made);
        thinner = thinner(Long.MAX_VALUE, COUNT);
    }

    private void put(List<SignedCheckpoint> all) throws IOException {
        StringBuilder text = new StringBuilder();
        all.forEach(one -> text.append(one.text()).append('\n'));
        Files.writeString(checkpoints, text);
    }

    private CheckpointThinner thinner(long freeBytes, int removedMax) throws IOException {
        CheckpointFile file = new CheckpointFile(folder);
        file.open();
        return new CheckpointThinner(folder, file, where -> freeBytes, removedMax);
    }

    private void thin(long nowMillis) {
        thinner.thin(new AuditRecords.Signing(signer, keys), nowMillis, () -> false);
    }

    /** The numbers of what is in the file, in order. */
    private List<Integer> numbers() throws IOException {
        return Files.readString(checkpoints)
                .lines()
                .filter(line -> line.startsWith("number "))
                .map(line -> Integer.valueOf(line.substring("number ".length())))
                .toList();
    }

    /** By the rule. */
    private static List<Integer> expected() {
        return IntStream.range(0, COUNT)
                .filter(i -> i == 0
                        || i % 12 == 11
                        || i == SECOND_SEGMENT - 1 // its size is a hundred
                        || i == SECOND_KEY - 1
                        || i == SECOND_KEY
                        || i == COUNT - 1)
                .boxed()
                .toList();
    }

    private List<Finding> findings() throws IOException {
        return AuditVerifier.verify(folder, Trust.NOTHING).findings();
    }

    private List<Finding.Kind> kinds() throws IOException {
        return findings().stream().map(Finding::kind).toList();
    }

    /** A checkpoint that nobody signed, like a real one. */
    private static String forged(SignedCheckpoint like, long size, long number) {
        return like.text()
                        .replace("\n" + like.size() + "\n", "\n" + size + "\n")
                        .replace("\nnumber " + like.number() + "\n", "\nnumber " + number + "\n")
                + "\n";
    }

    @Test
    void whatIsNeededStays() throws IOException {
        assertEquals(List.of(), findings());
        thin(LATER_MILLIS);
        assertEquals(expected(), numbers());
        assertEquals(List.of(), findings());
    }

    @Test
    void forgedLineHasNothingGoThatIsNeeded() throws IOException {
        SignedCheckpoint ofHour = made.get(23);
        SignedCheckpoint ofSegment = made.get(SECOND_SEGMENT - 1);
        String behind = forged(ofHour, ofHour.size(), 24);
        String before = forged(ofSegment, ofSegment.size(), ofSegment.number() - 1);
        String whole = Files.readString(checkpoints);
        Files.writeString(
                checkpoints,
                whole.replace(ofHour.text() + "\n", ofHour.text() + "\n" + behind)
                        .replace(ofSegment.text(), before + ofSegment.text()));
        thin(LATER_MILLIS);
        assertTrue(numbers().size() < COUNT / 2, "others went");
        String thinned = Files.readString(checkpoints);
        assertTrue(thinned.contains(behind) && thinned.contains(before), "it is evidence");
        assertEquals(2, kinds().stream().filter(Finding.Kind.ALTERED::equals).count());
        assertFalse(kinds().contains(Finding.Kind.MISSING), "what the HSM took out is not held against it");
        Files.writeString(checkpoints, thinned.replace(behind, "").replace(before, ""));
        assertTrue(numbers().containsAll(expected()), () -> "without the forged ones");
        thin(LATER_MILLIS + CheckpointThinner.EVERY_MILLIS);
        assertEquals(expected(), numbers());
        assertEquals(List.of(), findings());
    }

    @Test
    void alteredOneBetweenThoseThatWentIsAllThatIsFound() throws IOException {
        thin(LATER_MILLIS);
        int among = numbers().get(3);
        assertTrue(numbers().get(2) + 1 < among && among + 1 < numbers().get(4), "others went on both sides");
        SignedCheckpoint one = made.get(among);
        String whole = Files.readString(checkpoints);
        Files.writeString(
                checkpoints, whole.replace(one.text(), one.text().replace("time " + one.timeMillis(), "time 1")));
        assertEquals(List.of(Finding.Kind.ALTERED), kinds());
        Files.writeString(checkpoints, whole.replace(one.text() + "\n", ""));
        assertEquals(List.of(Finding.Kind.MISSING), kinds());
    }

    @Test
    void noForgedTextPaysForACheckpointThatSomebodyTookOut() throws IOException {
        thin(LATER_MILLIS);
        SignedCheckpoint one = made.get(numbers().get(3));
        SignedCheckpoint went = made.get(numbers().get(3) - 1);
        String whole = Files.readString(checkpoints);
        Files.writeString(checkpoints, whole.replace(one.text() + "\n", forged(went, went.size() + 1, went.number())));
        assertEquals(List.of(Finding.Kind.ALTERED, Finding.Kind.MISSING), kinds());
        assertTrue(findings().getLast().text().contains("1 of the checkpoints"), () -> "which is all that can be said");
    }

    @Test
    void retiredKeyExcusesNothingOfAfterItsTime() throws IOException {
        List<SignedCheckpoint> fewer = new ArrayList<>(made);
        fewer.subList(160, 166).clear();
        List<ThinnedCheckpoints.Run> behind = List.of(new ThinnedCheckpoints.Run(160, 165));
        for (SignedCheckpoint named : List.of(made.getFirst(), made.get(SECOND_KEY - 1), made.getLast())) {
            put(fewer);
            Files.writeString(
                    said, ThinnedCheckpoints.sign(retired, named, behind).text());
            assertEquals(List.of(Finding.Kind.MISSING, Finding.Kind.ALTERED), kinds(), named::text);
            thinner = thinner(Long.MAX_VALUE, COUNT);
            thin(LATER_MILLIS);
            assertTrue(numbers().size() < COUNT / 2);
            assertEquals(List.of(Finding.Kind.MISSING), kinds(), "the HSM does not say it after him");
        }
    }

    @Test
    void keyThatFollowedSaysItOfTheCheckpointBefore() throws IOException {
        put(made.subList(0, SECOND_KEY));
        thinner = thinner(Long.MAX_VALUE, COUNT);
        thin(LATER_MILLIS); // by the new key, which has signed no checkpoint yet
        assertTrue(numbers().size() < COUNT / 2);
        assertEquals(List.of(), findings());
    }

    @Test
    void crashBeforeTheShorterFileIsThereHarmsNothing() throws IOException {
        String whole = Files.readString(checkpoints);
        thin(LATER_MILLIS);
        String thinned = Files.readString(checkpoints);
        Path next = folder.resolve(SignedCheckpoint.FILE + ".next");
        Files.writeString(checkpoints, whole); // it was said, and not done
        Files.writeString(next, thinned.substring(0, 1000));
        assertEquals(List.of(), findings());
        thinner = thinner(Long.MAX_VALUE, COUNT);
        thin(LATER_MILLIS);
        assertEquals(thinned, Files.readString(checkpoints));
        assertFalse(Files.exists(next));
        assertEquals(List.of(), findings());
    }

    @Test
    void manyGoInTurnsThatFollowSoon() throws IOException {
        thinner = thinner(Long.MAX_VALUE, 50);
        int count = COUNT;
        long nowMillis = LATER_MILLIS;
        for (int turn = 0; count > expected().size(); turn++) {
            assertTrue(turn < 4, "it comes to an end");
            thin(nowMillis);
            count = Math.max(count - 50, expected().size());
            assertEquals(count, numbers().size(), "turn " + turn);
            assertEquals(List.of(), findings());
            thin(nowMillis + CheckpointThinner.SOON_MILLIS - 1);
            assertEquals(count, numbers().size(), "not yet");
            nowMillis += CheckpointThinner.SOON_MILLIS;
            if (turn == 0) {
                thinner = thinner(Long.MAX_VALUE, 50); // another start finds what the one before said
            }
        }
        assertEquals(expected(), numbers());
    }

    @Test
    void nothingBeginsWithoutRoomOrAtTheEnd() throws IOException {
        long bytes = Files.size(checkpoints);
        thinner = thinner(bytes + CheckpointThinner.FREE_BYTES_MIN - 1, COUNT);
        thin(LATER_MILLIS);
        assertEquals(COUNT, numbers().size());
        thinner = thinner(bytes + CheckpointThinner.FREE_BYTES_MIN, COUNT);
        AtomicInteger asked = new AtomicInteger();
        thinner.thin(new AuditRecords.Signing(signer, keys), LATER_MILLIS, () -> asked.incrementAndGet() > COUNT / 2);
        assertEquals(COUNT, numbers().size(), "it stops amid the file");
        assertFalse(Files.exists(folder.resolve(SignedCheckpoint.FILE + ".next")));
        assertFalse(Files.exists(said));
        thin(LATER_MILLIS + CheckpointThinner.EVERY_MILLIS);
        assertEquals(expected(), numbers());
    }

    @Test
    void clockThatWasPutBackStopsNothing() throws IOException {
        thin(BEGIN_MILLIS + Duration.ofHours(1).toMillis()); // nothing is old
        thinner = thinner(Long.MAX_VALUE, 50);
        thin(LATER_MILLIS + Duration.ofDays(365).toMillis());
        assertEquals(COUNT - 50, numbers().size());
        thin(LATER_MILLIS);
        assertEquals(COUNT - 100, numbers().size());
    }
}
