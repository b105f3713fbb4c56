// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.evidence;

import dev.managedhsm.gateway.audit.AuditKeys;
import dev.managedhsm.gateway.audit.AuditRefused;
import dev.managedhsm.gateway.audit.LogKey;
import dev.managedhsm.gateway.audit.MerkleHash;
import dev.managedhsm.gateway.audit.SignedCheckpoint;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Looks through the folder of an audit log, alive or not, and says the first thing of each segment that is not as it was
 * written. It holds the hashes of one segment in memory, and reads everything once. Used once, by one thread.
 *
 * <p>What the folder alone cannot show: that it was replaced as a whole, by a log of another key, and that its newest events
 * were taken away with their checkpoints. A key and a checkpoint that were kept elsewhere show it: see {@link Trust}.
 */
public final class AuditVerifier implements Roots.Hearer {
    private static final String UNDECIDABLE =
            "; no checkpoint can say any more whether the line or its leaf hash was altered";

    private final Path folder;
    private final Trust trust;
    private final MerkleHash hash = new MerkleHash();
    private final List<Finding> findings = new ArrayList<>();
    private final List<String> notes = new ArrayList<>();
    private final List<Doubt> doubts = new ArrayList<>();
    private final List<LogSegment> withoutEvents = new ArrayList<>();
    private final RetentionWatch retention = new RetentionWatch();
    private List<LogSegment> segments = List.of();
    private List<SignedCheckpoint> checkpoints = List.of();
    private @Nullable AuditKeys keys;
    private long size;

    private AuditVerifier(Path folder, Trust trust) {
        this.folder = folder;
        this.trust = trust;
    }

    /** A segment whose lines and leaf hashes disagree from a place on. */
    private record Doubt(LogSegment segment, HashSequence leaves, HashSequence lines, int at) {}

    /**
     * Verifies a log.
     *
     * @param folder the log's folder
     * @param trust what is known of the log from elsewhere
     * @throws IOException if a file cannot be read
     */
    public static Verdict verify(Path folder, Trust trust) throws IOException {
        return new AuditVerifier(folder, trust).run();
    }

    private Verdict run() throws IOException {
        readKeys();
        CheckpointReader.Read read = CheckpointReader.read(folder, keys); // before the events: these only grow
        findings.addAll(read.findings());
        List<SignedCheckpoint> all = new ArrayList<>(read.good());
        trust.checkpoints().forEach(kept -> takeKept(kept, all));
        all.sort(Comparator.comparingLong(SignedCheckpoint::size));
        checkpoints = all;
        Roots growing = new Roots(all, this);
        segments = LogSegment.in(folder);
        for (int i = 0; i < segments.size(); i++) {
            walk(growing, segments.get(i), i + 1 < segments.size() ? segments.get(i + 1) : null);
        }
        end(growing);
        long firstKept = withoutEvents.isEmpty()
                ? 0
                : segments.stream()
                        .filter(one -> !withoutEvents.contains(one))
                        .mapToLong(LogSegment::first)
                        .findFirst()
                        .orElse(size);
        return new Verdict(findings, size, firstKept, growing.held(), growing.last(), keys, notes);
    }

    private void readKeys() throws IOException {
        Path file = folder.resolve(AuditKeys.FILE);
        if (!Files.exists(file)) {
            if (!trust.keys().isEmpty()
                    || !trust.checkpoints().isEmpty()
                    || Files.exists(folder.resolve(SignedCheckpoint.FILE))) {
                find(Finding.Kind.MISSING, AuditKeys.FILE, 0, -1, "the log's keys are not there");
            }
            return;
        }
        try {
            AuditKeys read = AuditKeys.parse(Files.readString(file, StandardCharsets.ISO_8859_1));
            keys = read;
            for (LogKey key : trust.keys()) {
                if (read.entries().stream().noneMatch(entry -> entry.key().equals(key))) {
                    find(Finding.Kind.UNTRUSTED, AuditKeys.FILE, 0, -1, "the key " + key + " is not one of this log");
                }
            }
        } catch (AuditRefused refused) {
            find(Finding.Kind.ALTERED, AuditKeys.FILE, refused.line(), -1, refused.what());
        }
    }

    private void takeKept(SignedCheckpoint kept, List<SignedCheckpoint> all) {
        if (keys != null && keys.signed(kept)) {
            all.add(kept);
        } else {
            find(
                    Finding.Kind.UNTRUSTED,
                    AuditKeys.FILE,
                    0,
                    -1,
                    "checkpoint " + kept.number() + ", which was kept, is signed by no key of this log");
        }
    }

    private void walk(Roots growing, LogSegment segment, @Nullable LogSegment next) throws IOException {
        gapBefore(growing, segment);
        HashSequence leaves = HashSequence.of(segment.leaves()); // before the lines: these are written first
        boolean kept = Files.exists(segment.events());
        retention.begin();
        HashSequence lines = kept ? HashSequence.of(segment.events(), hash, retention) : leaves;
        retention.end(segment.first(), leaves, lines, neverSigned() ? Long.MAX_VALUE : covered());
        if (!kept) {
            withoutEvents.add(segment);
        }
        int longer = Math.max(leaves.count(), lines.count());
        int count = next == null ? longer : (int) Math.min(longer, next.first() - segment.first());
        rests(segment, leaves, lines, kept, next == null);
        int differ = leaves.firstDifference(lines);
        if (longer > count && differ >= count) {
            tooLong(segment, lines, count);
        }
        boolean tail = next == null && differ == leaves.count() && segment.first() + differ >= covered();
        if (tail && differ < lines.count()) {
            notes.add(segment.eventsName() + " has " + (lines.count() - differ) + " events that have no leaf hash yet");
        }
        for (int i = 0; i < count; i++) {
            if (i == differ && !tail) {
                doubt(growing, new Doubt(segment, leaves, lines, differ));
            }
            HashSequence leaf = i < leaves.count() ? leaves : lines;
            HashSequence line = i < lines.count() ? lines : leaves;
            growing.append(leaf.bytes(), leaf.at(i), line.bytes(), line.at(i));
        }
        size = segment.first() + count;
    }

    private void doubt(Roots growing, Doubt doubt) {
        doubts.add(doubt);
        if (growing.broken()) {
            decide(Roots.Judgement.LEAVES, UNDECIDABLE);
        } else {
            growing.disagree();
        }
    }

    /** How many events the largest checkpoint covers. */
    private long covered() {
        return checkpoints.isEmpty() ? 0 : checkpoints.getLast().size();
    }

    /** A log without a key and without a checkpoint, of an HSM that never had its root key: nothing in it proves anything. */
    private boolean neverSigned() {
        return keys == null && !Files.exists(folder.resolve(SignedCheckpoint.FILE));
    }

    private void gapBefore(Roots growing, LogSegment segment) {
        if (segment.first() > size) {
            find(
                    Finding.Kind.MISSING,
                    segment.eventsName(),
                    0,
                    size,
                    "events " + size + " to " + (segment.first() - 1)
                            + " are not there, nor their leaf hashes: a segment before"
                            + " this one is missing or was cut off");
            growing.breakOff();
            decide(Roots.Judgement.LEAVES, UNDECIDABLE);
        }
    }

    private void rests(LogSegment segment, HashSequence leaves, HashSequence lines, boolean kept, boolean last) {
        boolean tail = last && lines.count() >= leaves.count() && segment.first() + leaves.count() >= covered();
        if (leaves.rest() > 0 && !(tail && lines.count() > leaves.count())) {
            find(
                    Finding.Kind.ALTERED,
                    segment.leavesName(),
                    leaves.count() + 1L,
                    segment.first() + leaves.count(),
                    "the file ends within a hash");
        }
        if (kept && lines.rest() > 0) {
            String what = "the last line has no end";
            if (tail) {
                notes.add(segment.eventsName() + " line " + (lines.count() + 1) + ": " + what + ": it is being written,"
                        + " or was when the HSM stopped");
            } else {
                find(
                        Finding.Kind.ALTERED,
                        segment.eventsName(),
                        lines.count() + 1L,
                        segment.first() + lines.count(),
                        what);
            }
        }
    }

    private void tooLong(LogSegment segment, HashSequence lines, int count) {
        boolean more = lines.count() > count;
        find(
                Finding.Kind.ADDED,
                more ? segment.eventsName() : segment.leavesName(),
                count + 1L,
                -1,
                "the segment goes on behind the beginning of the next one");
    }

    private void end(Roots growing) {
        if (growing.undecided()) {
            decide(Roots.Judgement.LEAVES, "; no checkpoint covers it, so it may be its leaf hash that was altered");
        }
        if (covered() > size) {
            SignedCheckpoint last = checkpoints.getLast();
            LogSegment segment = segments.isEmpty() ? new LogSegment(folder, 0) : segments.getLast();
            find(
                    Finding.Kind.TRUNCATED,
                    segment.eventsName(),
                    size - segment.first() + 1,
                    size,
                    "the log ends before this event, but checkpoint " + last.number() + " of "
                            + Instant.ofEpochMilli(last.timeMillis()) + " covers " + last.size() + " events");
        }
        for (LogSegment segment : withoutEvents) {
            LogSegment next = segments.indexOf(segment) + 1 < segments.size()
                    ? segments.get(segments.indexOf(segment) + 1)
                    : null;
            long to = next == null ? size : next.first();
            if (to <= retention.firstKept()) {
                notes.add("events " + segment.first() + " to " + (to - 1)
                        + " were removed by retention, as the log itself" + " records; their leaf hashes are there");
            } else {
                find(
                        Finding.Kind.MISSING,
                        segment.eventsName(),
                        0,
                        segment.first(),
                        "events " + segment.first() + " to " + (to - 1) + " are not there, and "
                                + (to <= retention.claimed()
                                        ? "the event of the retention that removed them is not signed yet: look again"
                                                + " when a checkpoint covers it"
                                        : "the log records no retention that removed them"));
            }
        }
        if (checkpoints.isEmpty() && size > 0) {
            notes.add("nothing is signed: there is no checkpoint");
        }
        vouched();
    }

    /** Of the kept keys, or a later one, must be what is signed last: a key may be named in a chain without having signed. */
    private void vouched() {
        AuditKeys read = keys;
        if (read == null || size == 0 || trust.keys().isEmpty() || trust.firstIn(read) < 0) {
            return;
        }
        if (checkpoints.isEmpty()
                || !trust.vouchesFor(read, checkpoints.getLast().keyId())) {
            find(
                    Finding.Kind.UNTRUSTED,
                    SignedCheckpoint.FILE,
                    0,
                    -1,
                    "the last checkpoint is signed by no key that was kept, nor by one after it");
        }
    }

    @Override
    public void judged(Roots.Judgement judgement, SignedCheckpoint checkpoint) {
        decide(
                judgement,
                judgement == Roots.Judgement.NEITHER
                        ? "; its leaf hash does not fit checkpoint " + checkpoint.number() + " either"
                        : "");
    }

    private void decide(Roots.Judgement judgement, String suffix) {
        for (Doubt doubt : doubts) {
            boolean leavesWrong = judgement == Roots.Judgement.LINES
                    || (judgement == Roots.Judgement.BOTH && doubt.at >= doubt.leaves.count());
            Difference difference = leavesWrong
                    ? Difference.of(doubt.lines, doubt.leaves, doubt.at, doubt.segment.first(), "entry")
                    : Difference.of(doubt.leaves, doubt.lines, doubt.at, doubt.segment.first(), "line");
            find(
                    difference.kind(),
                    leavesWrong ? doubt.segment.leavesName() : doubt.segment.eventsName(),
                    difference.at() + 1L,
                    doubt.segment.first() + difference.at(),
                    difference.what() + (leavesWrong ? " in the leaf hashes; the events are whole" : "") + suffix);
        }
        doubts.clear();
    }

    @Override
    public void together(long from, SignedCheckpoint checkpoint) {
        LogSegment segment = segments.stream()
                .filter(one -> one.first() <= from)
                .reduce((earlier, later) -> later)
                .orElse(new LogSegment(folder, 0));
        find(
                Finding.Kind.ALTERED,
                segment.eventsName(),
                from - segment.first() + 1,
                from,
                "between this event and event " + (checkpoint.size() - 1)
                        + ", lines were altered together with their leaf" + " hashes: checkpoint " + checkpoint.number()
                        + " says other events");
    }

    private void find(Finding.Kind kind, String file, long line, long index, String what) {
        findings.add(new Finding(kind, file, line, index, what));
    }
}
