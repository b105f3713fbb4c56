// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.evidence;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.managedhsm.gateway.audit.AuditKeys;
import dev.managedhsm.gateway.audit.AuditRefused;
import dev.managedhsm.gateway.audit.AuditSigner;
import dev.managedhsm.gateway.audit.MerkleHash;
import dev.managedhsm.gateway.audit.MerkleProofs;
import dev.managedhsm.gateway.audit.MerkleTree;
import dev.managedhsm.gateway.audit.PackSignature;
import dev.managedhsm.gateway.audit.SignedCheckpoint;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.BufferedOutputStream;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Takes the evidence of a period out of a log, into one file that proves itself: whoever has it needs neither the HSM nor the
 * log. Used once, by one thread.
 *
 * <pre>
 *   manifest.json          the period, the sizes, and SHA-256 of every part below
 *   manifest.sig           Ed25519 over the manifest, by the log's key
 *   keys.txt               the log's keys
 *   before.txt, after.txt  the checkpoints around the period; no before.txt if it begins with the log
 *   frontier.bin           the tree up to the first of them
 *   leaves.bin             leaf hashes from there to the second
 *   proofs.json            consistency of the two, inclusion of the first and the last event
 *   events.jsonl           the events as they are in the log; events.cef too if that is wanted
 *   keys-….json, assignments-….json, drift.json   what the HSM had at both ends, and what is different
 *   configuration.json     the configuration, without comments
 * </pre>
 */
public final class EvidencePack {
    /** What a manifest says it is. */
    static final String FORMAT = "managed-hsm-evidence-1";

    /** How many events may lie between the checkpoints of a pack: its verifier holds their leaf hashes. */
    static final long EVENTS_MAX = PackVerifier.PART_LENGTH_MAX / MerkleHash.LENGTH;

    private final Path folder;
    private final Wish wish;
    private final Path scratch;
    private final FolderLeaves leaves;
    private final List<PackFile.Part> parts = new ArrayList<>();

    /**
     * What is wanted.
     *
     * @param from the first moment of the period
     * @param to the first moment behind it
     * @param cef whether events are written in CEF too
     * @param now what the HSM has now; read before the log was
     * @param configuration without secrets
     * @param madeMillis now, since 1970
     */
    public record Wish(
            Instant from, Instant to, boolean cef, Holdings now, JsonObject configuration, long madeMillis) {}

    /**
     * What was taken.
     *
     * @param first index of the first event
     * @param until index behind the last one
     * @param unsigned how many events of the period are left out because no checkpoint covers them yet
     * @param gaps what cannot be told of the ends, one sentence each
     */
    public record Taken(long first, long until, long unsigned, List<String> gaps) {}

    private EvidencePack(Path folder, Wish wish, Path scratch) {
        this.folder = folder;
        this.wish = wish;
        this.scratch = scratch;
        this.leaves = new FolderLeaves(folder);
    }

    /**
     * Writes a pack.
     *
     * @param folder the log's folder; the log may be being written
     * @param wish what is wanted
     * @param signer the log's key
     * @param scratch an empty folder of the caller's, with room for the events and their leaf hashes
     * @param pack the file that is made
     * @throws AuditRefused if the period ends later than now or is too long, or the log has nothing signed, or not the events
     *     of the period any more; one sentence
     */
    public static Taken write(Path folder, Wish wish, AuditSigner signer, Path scratch, Path pack)
            throws IOException, AuditRefused {
        return new EvidencePack(folder, wish, scratch).write(signer, pack);
    }

    private Taken write(AuditSigner signer, Path pack) throws IOException, AuditRefused {
        if (wish.to().toEpochMilli() > wish.madeMillis()) {
            throw new AuditRefused("the period ends later than now, " + Instant.ofEpochMilli(wish.madeMillis())
                    + ": what there will be nobody can tell");
        }
        AuditKeys keys = AuditKeys.parse(Files.readString(folder.resolve(AuditKeys.FILE)));
        List<SignedCheckpoint> checkpoints = CheckpointReader.read(folder, keys).good();
        if (checkpoints.isEmpty()) {
            throw new AuditRefused("nothing of the audit log in " + folder + " is signed yet");
        }
        PeriodScan scan = PeriodScan.of(folder, wish.from(), wish.to());
        long covered = checkpoints.getLast().size();
        long until = Math.min(scan.until(), covered);
        long first = Math.min(scan.first(), until);
        if (first < scan.firstKept()) {
            throw new AuditRefused("events before " + scan.firstKept()
                    + " are not there any more: hsm audit verify tells why; let the period begin later");
        }
        SignedCheckpoint before = last(checkpoints, first);
        SignedCheckpoint after = first(checkpoints, until);
        long beforeSize = before == null ? 0 : before.size();
        fits(beforeSize, after.size());
        add(AuditKeys.FILE, keys.text().getBytes(UTF_8));
        if (before != null) {
            add("before.txt", before.text().getBytes(UTF_8));
        }
        add("after.txt", after.text().getBytes(UTF_8));
        tree(beforeSize, after.size());
        proofs(beforeSize, after.size(), first, until);
        events(first, until);
        JsonArray gaps = ends(scan, first, until);
        add("configuration.json", json(wish.configuration()));
        JsonObject manifest = new JsonObject()
                .put("format", FORMAT)
                .put("origin", keys.origin())
                .put("from", wish.from().toString())
                .put("to", wish.to().toString())
                .put("firstIndex", first)
                .put("untilIndex", until)
                .put("beforeSize", beforeSize)
                .put("afterSize", after.size())
                .put("made", Instant.ofEpochMilli(wish.madeMillis()).toString())
                .put("gaps", gaps)
                .put("parts", digests());
        byte[] text = json(manifest);
        parts.add(0, part(PackFile.MANIFEST, text));
        parts.add(1, part(PackFile.SIGNATURE, PackSignature.sign(signer, text).getBytes(UTF_8)));
        try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(pack), 1 << 16)) {
            PackFile.write(parts, out);
        }
        return new Taken(
                first,
                until,
                scan.until() - until,
                gaps.stream().map(String::valueOf).toList());
    }

    /** Refuses what the verifier of a pack would not read. */
    static void fits(long before, long after) throws AuditRefused {
        if (after - before > EVENTS_MAX) {
            throw new AuditRefused("the period's checkpoints have " + (after - before)
                    + " events between them, and a pack holds at most " + EVENTS_MAX + ": let the period be shorter");
        }
    }

    private static @Nullable SignedCheckpoint last(List<SignedCheckpoint> checkpoints, long size) {
        return checkpoints.stream()
                .filter(one -> one.size() <= size)
                .reduce((earlier, later) -> later)
                .orElse(null);
    }

    private static SignedCheckpoint first(List<SignedCheckpoint> checkpoints, long size) {
        return checkpoints.stream()
                .filter(one -> one.size() >= size)
                .findFirst()
                .orElseThrow();
    }

    private void tree(long from, long to) throws IOException {
        MerkleTree tree = new MerkleTree();
        byte[] chunk = new byte[1024 * MerkleHash.LENGTH];
        for (long at = 0; at < from; ) {
            int some = (int) Math.min(1024, from - at);
            leaves.read(at, some, chunk);
            for (int i = 0; i < some; i++) {
                tree.append(chunk, i * MerkleHash.LENGTH);
            }
            at += some;
        }
        add("frontier.bin", tree.encode());
        Path hashes = scratch.resolve("leaves.bin");
        try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(hashes))) {
            for (long at = from; at < to; ) {
                int some = (int) Math.min(1024, to - at);
                leaves.read(at, some, chunk);
                out.write(chunk, 0, some * MerkleHash.LENGTH);
                at += some;
            }
        }
        parts.add(new PackFile.Part("leaves.bin", hashes));
    }

    private void proofs(long before, long after, long first, long until) throws IOException {
        MerkleProofs proofs = new MerkleProofs(leaves);
        JsonArray inclusion = new JsonArray();
        if (first < until) {
            inclusion.add(PackProofs.json(proofs.inclusion(first, after)));
            inclusion.add(PackProofs.json(proofs.inclusion(until - 1, after)));
        }
        add(
                "proofs.json",
                json(new JsonObject()
                        .put("consistency", PackProofs.json(proofs.consistency(before, after)))
                        .put("inclusion", inclusion)));
    }

    private void events(long first, long until) throws IOException, AuditRefused {
        EventPages pages = new EventPages(folder);
        Path lines = scratch.resolve("events.jsonl");
        Path cef = scratch.resolve("events.cef");
        long next = first;
        try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(lines));
                OutputStream other = wish.cef()
                        ? new BufferedOutputStream(Files.newOutputStream(cef))
                        : OutputStream.nullOutputStream()) {
            while (next < until) {
                byte[] page = pages.page(next, until, 1 << 20);
                if (page.length == 0) {
                    throw new AuditRefused("event " + next + " of the audit log in " + folder + " is not there: look"
                            + " through the log with hsm audit verify");
                }
                out.write(page);
                for (String line : new String(page, UTF_8).split("\n", -1)) {
                    if (line.isEmpty()) {
                        break; // behind the last end of line
                    }
                    if (wish.cef()) {
                        other.write((CefLine.of(new JsonObject(line)) + "\n").getBytes(UTF_8));
                    }
                    next++;
                }
            }
        }
        parts.add(new PackFile.Part("events.jsonl", lines));
        if (wish.cef()) {
            parts.add(new PackFile.Part("events.cef", cef));
        }
    }

    private JsonArray ends(PeriodScan scan, long first, long until) {
        Holdings from = Rewind.to(wish.now(), scan.changes(), first, wish.from().getEpochSecond());
        Holdings to = Rewind.to(wish.now(), scan.changes(), until, wish.to().getEpochSecond());
        add("keys-from.json", json(from.inventory()));
        add("keys-to.json", json(to.inventory()));
        add("assignments-from.json", json(from.roles()));
        add("assignments-to.json", json(to.roles()));
        add("drift.json", json(Holdings.drift(from.inventory(), to.inventory(), from.roles(), to.roles())));
        return from.gaps();
    }

    private JsonArray digests() throws IOException {
        JsonArray digests = new JsonArray();
        for (PackFile.Part part : parts) {
            digests.add(new JsonObject()
                    .put("name", part.name())
                    .put("sha256", HexFormat.of().formatHex(part.sha256())));
        }
        return digests;
    }

    private void add(String name, byte[] bytes) {
        parts.add(part(name, bytes));
    }

    private static PackFile.Part part(String name, byte[] bytes) {
        return new PackFile.Part(name, () -> new ByteArrayInputStream(bytes));
    }

    private static byte[] json(JsonObject object) {
        return (object.encodePrettily() + "\n").getBytes(UTF_8);
    }
}
