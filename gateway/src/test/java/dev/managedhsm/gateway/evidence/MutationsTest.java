// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.evidence;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.managedhsm.gateway.audit.AuditKeys;
import dev.managedhsm.gateway.audit.MerkleHash;
import dev.managedhsm.gateway.audit.SignedCheckpoint;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Random edits, deletions, copies and swaps of bits, bytes, lines, hashes and files, over all files of a log. Every one is
 * found, and one in the events is named by its index. {@code -Dhsm.mutations=10000} does more of them, {@code
 * -Dhsm.mutations.events=5000} on a longer log, {@code -Dhsm.seed=N} others.
 */
class MutationsTest {
    private static final int MUTATIONS = Integer.getInteger("hsm.mutations", 200);
    private static final int EVENTS = Integer.getInteger("hsm.mutations.events", 1200);

    @TempDir
    private Path folder;

    private final Random random = new Random(Long.getLong("hsm.seed", System.nanoTime()));

    /** One change of a file's bytes, and what it was. */
    @SuppressWarnings("ArrayRecordComponent") // nobody compares these
    private record Change(byte[] bytes, String what, long firstLine) {}

    @Test
    void everyMutationIsFound() throws IOException {
        WrittenLog log = WrittenLog.usual(folder, EVENTS);
        List<Path> files = new ArrayList<>();
        for (LogSegment segment : LogSegment.in(folder)) {
            files.add(segment.events());
            files.add(segment.events()); // twice as often
            files.add(segment.leaves());
        }
        files.add(folder.resolve(SignedCheckpoint.FILE));
        files.add(folder.resolve(AuditKeys.FILE));
        for (int i = 0; i < MUTATIONS; i++) {
            Path file = files.get(random.nextInt(files.size()));
            byte[] original = Files.readAllBytes(file);
            Change change = change(file, original);
            if (Arrays.equals(original, change.bytes())) {
                continue; // two equal things were swapped
            }
            Files.write(file, change.bytes());
            Verdict verdict = AuditVerifier.verify(folder, log.trust());
            String which = "mutation " + i + ": " + file.getFileName() + ": " + change.what();
            assertFalse(verdict.whole(), which);
            if (file.toString().endsWith(".jsonl")) {
                assertNamed(verdict, file, change, which);
            }
            Files.write(file, original);
        }
        assertTrue(AuditVerifier.verify(folder, log.trust()).whole());
    }

    private static void assertNamed(Verdict verdict, Path file, Change change, String which) {
        Finding first = verdict.findings().getFirst();
        assertTrue(
                file.endsWith(first.file()) && first.line() == change.firstLine(),
                () -> which + " at line " + change.firstLine() + " was named as " + first.text());
    }

    private Change change(Path file, byte[] bytes) {
        String name = file.toString();
        return switch (random.nextInt(7)) {
            case 0, 1 -> flipBit(bytes);
            case 2 -> deleteByte(bytes);
            case 3 -> insertByte(bytes);
            default -> name.endsWith(".bin") ? parts(hashes(bytes)) : parts(lines(bytes));
        };
    }

    private Change flipBit(byte[] bytes) {
        int at = random.nextInt(bytes.length);
        byte[] changed = bytes.clone();
        changed[at] ^= (byte) (1 << random.nextInt(8));
        return new Change(changed, "a bit of byte " + at + " flipped", lineOf(bytes, at));
    }

    private Change deleteByte(byte[] bytes) {
        int at = random.nextInt(bytes.length);
        byte[] changed = new byte[bytes.length - 1];
        System.arraycopy(bytes, 0, changed, 0, at);
        System.arraycopy(bytes, at + 1, changed, at, changed.length - at);
        return new Change(changed, "byte " + at + " deleted", lineOf(bytes, at));
    }

    private Change insertByte(byte[] bytes) {
        int at = random.nextInt(bytes.length);
        byte[] changed = new byte[bytes.length + 1];
        System.arraycopy(bytes, 0, changed, 0, at);
        changed[at] = (byte) (' ' + random.nextInt(90));
        System.arraycopy(bytes, at, changed, at + 1, bytes.length - at);
        return new Change(changed, "a byte inserted at " + at, lineOf(bytes, at));
    }

    /** Deletes, copies or swaps whole lines or hashes. */
    private Change parts(List<byte[]> parts) {
        List<byte[]> changed = new ArrayList<>(parts);
        int at = random.nextInt(parts.size());
        int other = random.nextInt(parts.size());
        int from = Math.min(at, other);
        return switch (random.nextInt(4)) {
            case 0 -> {
                changed.remove(at);
                yield new Change(joined(changed), "part " + at + " deleted", at + 1L);
            }
            case 1 -> {
                int to = Math.min(parts.size(), from + 1 + random.nextInt(5));
                changed.subList(from, to).clear();
                yield new Change(joined(changed), "parts " + from + " to " + (to - 1) + " deleted", from + 1L);
            }
            case 2 -> {
                changed.set(at, parts.get(other));
                changed.set(other, parts.get(at));
                yield new Change(joined(changed), "parts " + at + " and " + other + " swapped", from + 1L);
            }
            default -> {
                changed.set(at, parts.get(other));
                yield new Change(joined(changed), "part " + at + " replaced by part " + other, at + 1L);
            }
        };
    }

    private static long lineOf(byte[] bytes, int at) {
        long line = 1;
        for (int i = 0; i < at; i++) {
            line += bytes[i] == '\n' ? 1 : 0;
        }
        return line;
    }

    private static List<byte[]> lines(byte[] bytes) {
        List<byte[]> lines = new ArrayList<>();
        for (String line : new String(bytes, StandardCharsets.ISO_8859_1).split("(?<=\n)", -1)) {
            if (!line.isEmpty()) {
                lines.add(line.getBytes(StandardCharsets.ISO_8859_1));
            }
        }
        return lines;
    }

    private static List<byte[]> hashes(byte[] bytes) {
        List<byte[]> hashes = new ArrayList<>();
        for (int at = 0; at < bytes.length; at += MerkleHash.LENGTH) {
            hashes.add(Arrays.copyOfRange(bytes, at, at + MerkleHash.LENGTH));
        }
        return hashes;
    }

    private static byte[] joined(List<byte[]> parts) {
        byte[] bytes = new byte[parts.stream().mapToInt(part -> part.length).sum()];
        int at = 0;
        for (byte[] part : parts) {
            System.arraycopy(part, 0, bytes, at, part.length);
            at += part.length;
        }
        return bytes;
    }
}
