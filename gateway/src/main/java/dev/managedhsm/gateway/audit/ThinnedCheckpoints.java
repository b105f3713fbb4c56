// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.audit;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What the HSM says, signed, about checkpoints that it took out of its file itself: so one that somebody else took out is still
 * missed. A C2SP <em>signed-note</em> in {@value #FILE}. Immutable; any thread.
 *
 * <pre>
 *   hsm1.hsm.example/audit                                    origin
 *   thinned                                                   which no checkpoint has for its size
 *   last 86412 qINS1GRFWMGbSnrh5GF5Hbjl2W9OG+ORYjPwOoRdLuU=   a checkpoint that was not taken out, and SHA-256 of its text
 *   removed 1 3599                                            numbers of the first and the last of a run that was
 *   removed 3601 7199
 *                                                             an empty line
 *   — hsm1.hsm.example/audit Az3grlgtzPICa5OS8npVmf1My…       key id and Ed25519 signature over all before the empty line
 * </pre>
 *
 * <p>The named checkpoint binds it to this file: numbers begin anew when an operator accepts a log that was shortened. It was the
 * last one of the file, so all that was taken out was before it.
 */
public final class ThinnedCheckpoints {
    /** The file's name in the log's folder. */
    public static final String FILE = "thinned.txt";

    private static final String KIND = "thinned";
    private static final String LAST = "last ";
    private static final String REMOVED = "removed ";

    private final SignedNote note;
    private final long lastNumber;
    private final String lastDigest;
    private final List<Run> removed;

    /**
     * Numbers of checkpoints that follow each other.
     *
     * @param first the first number
     * @param last the last number, not smaller
     */
    record Run(long first, long last) {}

    private ThinnedCheckpoints(SignedNote note, long lastNumber, String lastDigest, List<Run> removed) {
        this.note = note;
        this.lastNumber = lastNumber;
        this.lastDigest = lastDigest;
        this.removed = List.copyOf(removed);
    }

    /**
     * Says what was taken out.
     *
     * @param signer the key whose turn it is
     * @param last a checkpoint that stays
     * @param removed what was taken out since the log began, in any order
     */
    static ThinnedCheckpoints sign(AuditSigner signer, SignedCheckpoint last, List<Run> removed) {
        List<Run> merged = merged(removed);
        String digest = digest(last);
        SignedNote note = SignedNote.sign(signer, body(signer.publicKey().name(), last.number(), digest, merged));
        return new ThinnedCheckpoints(note, last.number(), digest, merged);
    }

    private static List<Run> merged(List<Run> runs) {
        List<Run> merged = new ArrayList<>();
        for (Run run :
                runs.stream().sorted(Comparator.comparingLong(Run::first)).toList()) {
            Run before = merged.isEmpty() ? null : merged.getLast();
            if (before != null && run.first() <= before.last() + 1) {
                merged.set(merged.size() - 1, new Run(before.first(), Math.max(before.last(), run.last())));
            } else {
                merged.add(run);
            }
        }
        return merged;
    }

    private static String digest(SignedCheckpoint checkpoint) {
        try {
            byte[] text = checkpoint.text().getBytes(StandardCharsets.UTF_8);
            return Base64.getEncoder()
                    .encodeToString(MessageDigest.getInstance("SHA-256").digest(text));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }

    private static String body(String origin, long number, String digest, List<Run> removed) {
        StringBuilder text = new StringBuilder(origin)
                .append('\n')
                .append(KIND)
                .append('\n')
                .append(LAST)
                .append(number)
                .append(' ')
                .append(digest)
                .append('\n');
        removed.forEach(run -> text.append(REMOVED)
                .append(run.first())
                .append(' ')
                .append(run.last())
                .append('\n'));
        return text.toString();
    }

    /** The file's content. */
    String text() {
        return note.text();
    }

    /**
     * The text of a folder's file, or null if there is none.
     *
     * @throws IOException if it cannot be read
     */
    public static @Nullable String text(Path folder) throws IOException {
        Path file = folder.resolve(FILE);
        return Files.exists(file) ? new String(Files.readAllBytes(file), StandardCharsets.UTF_8) : null;
    }

    /**
     * What a text says, or null when it is not exactly such a text, or no key of the log signed it.
     *
     * @param text of the file
     * @param keys the log's
     */
    public static @Nullable ThinnedCheckpoints parse(String text, AuditKeys keys) {
        SignedNote note = SignedNote.parse(text);
        AuditKeys.Entry entry = note == null ? null : keys.find(note.keyId());
        if (note == null || entry == null || !note.signedBy(entry.key())) {
            return null;
        }
        String[] lines = note.body().split("\n", -1);
        try {
            ThinnedCheckpoints read = read(note, lines);
            String body = body(lines[0], read.lastNumber, read.lastDigest, read.removed);
            boolean ordered = read.removed.equals(merged(read.removed))
                    && read.removed.stream().allMatch(run -> 0 <= run.first() && run.first() <= run.last());
            return ordered && body.equals(note.body()) ? read : null; // one text only says it
        } catch (IllegalArgumentException | IndexOutOfBoundsException notOne) {
            return null;
        }
    }

    private static ThinnedCheckpoints read(SignedNote note, String[] lines) {
        String[] last = lines[2].split(" ", -1);
        List<Run> removed = new ArrayList<>();
        for (int i = 3; i < lines.length - 1; i++) { // behind the last line's end there is nothing
            String[] run = lines[i].split(" ", -1);
            removed.add(new Run(Long.parseLong(run[1]), Long.parseLong(run[2])));
        }
        return new ThinnedCheckpoints(note, Long.parseLong(last[1]), last[2], removed);
    }

    List<Run> removed() {
        return removed;
    }

    /**
     * Whether this is the checkpoint that it names, to the letter: then it is about the file in which that stands. The one was
     * the last of the file when the other was signed. So what was taken out stands before it, and both were signed by one key,
     * or by two that follow each other; otherwise it is the word of a key whose turn had passed.
     *
     * @param checkpoint of the file
     * @param keys the log's
     */
    public boolean isAbout(SignedCheckpoint checkpoint, AuditKeys keys) {
        return checkpoint.number() == lastNumber
                && digest(checkpoint).equals(lastDigest)
                && removed.stream().allMatch(run -> run.last() < lastNumber)
                && keys.signed(checkpoint)
                && keys.sameOrNext(checkpoint.keyId(), note.keyId());
    }

    /** How many checkpoints of these numbers, the first and the last included, were not taken out. */
    public long left(long first, long last) {
        long taken = removed.stream()
                .mapToLong(run -> Math.min(last, run.last()) - Math.max(first, run.first()) + 1)
                .filter(count -> count > 0)
                .sum();
        return last - first + 1 - taken;
    }
}
