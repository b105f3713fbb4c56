// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.evidence;

import dev.managedhsm.gateway.audit.AuditKeys;
import dev.managedhsm.gateway.audit.SignedCheckpoint;
import dev.managedhsm.gateway.audit.ThinnedCheckpoints;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Reads the checkpoints of a folder, one after the other, and says of each whether it stands where it must and is signed by
 * the key whose turn it was. One that is missing is no fault if the HSM said, signed, that it took it out itself. Used by one
 * thread at a time.
 */
final class CheckpointReader {
    private final @Nullable AuditKeys keys;
    private final List<Finding> findings = new ArrayList<>();
    private final List<Gap> gaps = new ArrayList<>();
    private final List<SignedCheckpoint> good = new ArrayList<>();
    private @Nullable SignedCheckpoint before;
    private long expected; // number of the next one that holds
    private long unreadable; // texts since the last one that holds which claim no number

    /** Numbers that texts since the last one that holds claim, which are no checkpoints of this log. */
    private final Set<Long> claimed = new HashSet<>();

    private CheckpointReader(@Nullable AuditKeys keys) {
        this.keys = keys;
    }

    /**
     * What was read.
     *
     * @param good those that hold, in their order
     * @param findings what is wrong with the others
     */
    record Read(List<SignedCheckpoint> good, List<Finding> findings) {}

    /**
     * Numbers of which no checkpoint holds.
     *
     * @param first the first of them
     * @param last the last of them
     * @param claimed those of them that a text claims which is no checkpoint of this log
     * @param unreadable how many texts stand there that claim no number: each is taken for one of them
     * @param line the line of the checkpoint behind them
     */
    private record Gap(long first, long last, Set<Long> claimed, long unreadable, long line) {
        /** What is missing, if anything is: of what is neither claimed nor unreadable nor was taken out by the HSM. */
        @Nullable
        Finding finding(@Nullable ThinnedCheckpoints said) {
            long left = said == null ? last - first + 1 : said.left(first, last);
            long claims = claimed.stream()
                    .filter(number -> said == null || said.left(number, number) == 1)
                    .count();
            long missing = left - claims - unreadable;
            if (missing <= 0) {
                return null;
            }
            long from = first;
            while (claimed.contains(from)) {
                from++;
            }
            long to = last;
            while (claimed.contains(to)) {
                to--;
            }
            String some = missing == to - from + 1 ? "" : missing + " of the ";
            String which = from == to ? "checkpoint " + from : some + "checkpoints " + from + " to " + to;
            String what = which + (missing == 1 ? " is" : " are") + " not there";
            return new Finding(Finding.Kind.MISSING, SignedCheckpoint.FILE, line, -1, what);
        }
    }

    /** Reads the folder's file; without it there are no checkpoints. */
    static Read read(Path folder, @Nullable AuditKeys keys) throws IOException {
        while (true) {
            String thinned = ThinnedCheckpoints.text(folder);
            CheckpointReader reader = new CheckpointReader(keys);
            Path file = folder.resolve(SignedCheckpoint.FILE);
            if (Files.exists(file)) {
                try (LineReader lines = new LineReader(file, 0)) {
                    reader.read(lines);
                }
            }
            if (Objects.equals(thinned, ThinnedCheckpoints.text(folder))) { // else they were thinned meanwhile
                reader.explain(thinned);
                return new Read(reader.good, reader.findings);
            }
        }
    }

    /** Takes back what was found of checkpoints that the HSM took out itself. */
    private void explain(@Nullable String thinned) {
        AuditKeys known = keys;
        if (thinned == null || known == null) {
            return;
        }
        ThinnedCheckpoints said = ThinnedCheckpoints.parse(thinned, known);
        if (said == null || good.stream().noneMatch(one -> said.isAbout(one, known))) {
            String what = said == null
                    ? "this is not what the log's key signed"
                    : "this is not what the key of that time said about these checkpoints";
            findings.add(new Finding(Finding.Kind.ALTERED, ThinnedCheckpoints.FILE, 0, -1, what));
            return;
        }
        for (Gap gap : gaps) {
            Finding before = gap.finding(null);
            Finding now = gap.finding(said);
            int at = findings.indexOf(before);
            if (now == null) {
                findings.remove(at);
            } else {
                findings.set(at, now);
            }
        }
    }

    private void read(LineReader lines) throws IOException {
        StringBuilder text = new StringBuilder();
        long line = 0;
        long first = 1;
        boolean signed = false;
        while (lines.next()) {
            line++;
            String one = lines.text();
            if (one.isEmpty() && signed) {
                take(first, text.toString());
                text.setLength(0);
                first = line + 1;
            } else {
                text.append(one).append('\n');
            }
            signed = one.startsWith(SignedCheckpoint.SIGNATURE_BEGIN);
        }
        if (!text.isEmpty() || lines.rest() > 0) {
            find(Finding.Kind.ALTERED, first, "the last checkpoint is cut off or has something behind it");
        }
    }

    private void take(long line, String text) {
        SignedCheckpoint one = SignedCheckpoint.parse(text);
        if (one == null) {
            find(Finding.Kind.ALTERED, line, "this is no checkpoint");
            unreadable++;
        } else if (keys == null || !keys.signed(one)) {
            String why = keys == null ? "there are no keys" : "not signed by the log's key of that time";
            find(Finding.Kind.ALTERED, line, "checkpoint " + one.number() + ": " + why);
            claimed.add(one.number());
        } else {
            place(line, one);
        }
    }

    private void place(long line, SignedCheckpoint one) {
        if (one.number() > expected) {
            long from = expected;
            claimed.removeIf(number -> number < from || number >= one.number());
            Gap gap = new Gap(from, one.number() - 1, Set.copyOf(claimed), unreadable, line);
            Finding missing = gap.finding(null);
            if (missing != null) {
                findings.add(missing);
                gaps.add(gap);
            }
        } else if (one.number() < expected) {
            boolean twice = good.stream().anyMatch(one::equals);
            find(
                    twice ? Finding.Kind.DUPLICATED : Finding.Kind.REORDERED,
                    line,
                    "checkpoint " + one.number() + (twice ? " is there twice" : " stands behind later ones"));
            return;
        }
        if (before != null && one.size() < before.size()) {
            find(
                    Finding.Kind.ALTERED,
                    line,
                    "checkpoint " + one.number() + " is over fewer events than the one before");
        }
        expected = one.number() + 1;
        claimed.clear();
        unreadable = 0;
        before = one;
        good.add(one);
    }

    private void find(Finding.Kind kind, long line, String what) {
        findings.add(new Finding(kind, SignedCheckpoint.FILE, line, -1, what));
    }
}
