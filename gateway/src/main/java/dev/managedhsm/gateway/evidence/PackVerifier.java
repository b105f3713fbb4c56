// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.evidence;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.managedhsm.gateway.audit.AuditKeys;
import dev.managedhsm.gateway.audit.AuditRefused;
import dev.managedhsm.gateway.audit.InclusionProof;
import dev.managedhsm.gateway.audit.LogKey;
import dev.managedhsm.gateway.audit.MerkleHash;
import dev.managedhsm.gateway.audit.MerkleTree;
import dev.managedhsm.gateway.audit.PackSignature;
import dev.managedhsm.gateway.audit.SignedCheckpoint;
import io.vertx.core.json.DecodeException;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.BufferedInputStream;
import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.zip.ZipEntry;
import java.util.zip.ZipException;
import java.util.zip.ZipFile;
import org.jspecify.annotations.Nullable;

/**
 * Looks through an evidence pack, with nothing but the pack, and says the first thing that is not as it was written. Used
 * once, by one thread.
 */
public final class PackVerifier {
    /** The longest part that is read as a whole, in bytes; events are not. */
    static final int PART_LENGTH_MAX = 1 << 28;

    private final Path pack;
    private final ZipFile zip;
    private final Trust trust;
    private byte @Nullable [] leaves; // read once

    private PackVerifier(Path pack, ZipFile zip, Trust trust) {
        this.pack = pack;
        this.zip = zip;
        this.trust = trust;
    }

    /** Something does not hold. */
    private static final class Found extends Exception {
        private static final long serialVersionUID = 1L;

        @SuppressWarnings("serial") // never serialised
        private final Finding finding;

        Found(Finding.Kind kind, String part, long line, long index, String what) {
            this(new Finding(kind, part, line, index, what));
        }

        Found(Finding finding) {
            super(finding.what(), null, false, false);
            this.finding = finding;
        }

        Found(String part, String what) {
            this(Finding.Kind.ALTERED, part, 0, -1, what);
        }
    }

    /**
     * What a look through a pack found.
     *
     * @param finding the first thing that is wrong, or null
     * @param manifest what the pack says it is, or null if that cannot be believed
     * @param key the first key of the log, or null if none can be believed
     */
    public record Result(
            @Nullable Finding finding,
            @Nullable JsonObject manifest,
            @Nullable LogKey key) {
        /** Whether the pack is as it was written. */
        public boolean whole() {
            return finding == null;
        }
    }

    /**
     * Verifies a pack.
     *
     * @param pack the file
     * @param trust what is known of the log from elsewhere
     * @throws IOException if the file cannot be read
     * @throws AuditRefused if the pack is whole, and a kept checkpoint is of a size that its tree never has
     */
    public static Result verify(Path pack, Trust trust) throws IOException, AuditRefused {
        try (ZipFile zip = new ZipFile(pack.toFile())) {
            return new PackVerifier(pack, zip, trust).run();
        } catch (Found found) {
            return new Result(found.finding, null, null);
        } catch (ZipException | java.io.EOFException broken) { // what its end says is not there is the second
            return odd(pack, "it is no whole pack: " + broken.getMessage());
        } catch (IOException e) {
            if (e.getCause() instanceof Found found) {
                return new Result(found.finding, null, null);
            }
            throw e;
        } catch (DecodeException
                | ClassCastException
                | NullPointerException
                | IllegalArgumentException
                | IndexOutOfBoundsException
                | ArithmeticException odd) {
            // A signed part is not of the form that this program writes: its signer wrote it so.
            return odd(pack, "a part has not the form of an evidence pack");
        }
    }

    private static Result odd(Path pack, String what) {
        return new Result(new Found(String.valueOf(pack.getFileName()), what).finding, null, null);
    }

    private Result run() throws IOException, Found, AuditRefused {
        AuditKeys keys = keys();
        byte[] text = read(PackFile.MANIFEST);
        if (!PackSignature.verifies(keys, text, new String(read(PackFile.SIGNATURE), UTF_8))) {
            throw new Found(PackFile.MANIFEST, "the manifest is not what was signed, or its signature was altered");
        }
        if (!trust.vouchesFor(keys, new String(read(PackFile.SIGNATURE), UTF_8).split(" ", 2)[0])) {
            throw new Found(
                    Finding.Kind.UNTRUSTED,
                    PackFile.SIGNATURE,
                    0,
                    -1,
                    "the manifest is signed by no key that was kept, nor by one after it");
        }
        JsonObject manifest = new JsonObject(new String(text, UTF_8));
        if (!EvidencePack.FORMAT.equals(manifest.getString("format"))) {
            throw new Found(PackFile.MANIFEST, "the pack was written by another version of this software");
        }
        List<PackFile.Part> parts = parts(manifest);
        digests(manifest, parts);
        tree(manifest, keys);
        lines(manifest);
        proofs(manifest);
        drift();
        cef(manifest);
        long different = PackFile.firstDifference(pack, parts);
        if (different >= 0) {
            throw new Found(
                    String.valueOf(pack.getFileName()),
                    "byte " + different + " lies between the parts and is not as it was written");
        }
        Objects.requireNonNull(manifest.getJsonArray("gaps"));
        KeptCheckpoints.within(trust.checkpoints(), manifest.getLong("beforeSize"), manifest.getLong("afterSize"));
        return new Result(null, manifest, keys.entries().getFirst().key());
    }

    private AuditKeys keys() throws IOException, Found {
        AuditKeys keys;
        try {
            keys = AuditKeys.parse(new String(read(AuditKeys.FILE), UTF_8));
        } catch (AuditRefused refused) {
            throw new Found(Finding.Kind.ALTERED, AuditKeys.FILE, refused.line(), -1, refused.what());
        }
        for (LogKey key : trust.keys()) {
            if (keys.entries().stream().noneMatch(entry -> entry.key().equals(key))) {
                throw new Found(
                        Finding.Kind.UNTRUSTED, AuditKeys.FILE, 0, -1, "the key " + key + " is not one of this log");
            }
        }
        return keys;
    }

    private ZipEntry entry(String name) throws Found {
        ZipEntry entry = zip.getEntry(name);
        if (entry == null) {
            throw new Found(Finding.Kind.MISSING, name, 0, -1, "the part is not there");
        }
        if (entry.getMethod() != ZipEntry.STORED || entry.getSize() != entry.getCompressedSize()) {
            throw new Found(name, "the part is compressed, which no pack's is");
        }
        return entry;
    }

    private InputStream open(String name) throws IOException {
        try {
            return zip.getInputStream(entry(name));
        } catch (Found found) {
            throw new IOException(found.getMessage(), found);
        }
    }

    private byte[] read(String name) throws IOException, Found {
        ZipEntry entry = entry(name);
        if (entry.getSize() > PART_LENGTH_MAX) {
            throw new Found(name, "the part is longer than any pack's");
        }
        try (InputStream in = zip.getInputStream(entry)) {
            return in.readAllBytes();
        } catch (ZipException | java.io.EOFException broken) {
            throw new Found(name, "the part cannot be read: " + broken.getMessage());
        }
    }

    private JsonObject json(String name) throws IOException, Found {
        return new JsonObject(new String(read(name), UTF_8));
    }

    /** The parts in the order of the file, which must be those of the manifest. */
    private List<PackFile.Part> parts(JsonObject manifest) throws Found {
        List<String> said = new ArrayList<>(List.of(PackFile.MANIFEST, PackFile.SIGNATURE));
        for (Object one : manifest.getJsonArray("parts")) {
            said.add(((JsonObject) one).getString("name"));
        }
        List<String> there = zip.stream().map(ZipEntry::getName).toList();
        for (String name : said) {
            entry(name);
        }
        for (String name : there) {
            if (!said.contains(name)) {
                throw new Found(Finding.Kind.ADDED, name, 0, -1, "the manifest knows no such part");
            }
        }
        return said.stream()
                .map(name -> new PackFile.Part(name, () -> open(name)))
                .toList();
    }

    private void digests(JsonObject manifest, List<PackFile.Part> parts) throws IOException, Found {
        JsonArray said = manifest.getJsonArray("parts");
        for (int i = 0; i < said.size(); i++) {
            PackFile.Part part = parts.get(i + 2);
            String sha256;
            try {
                sha256 = HexFormat.of().formatHex(part.sha256());
            } catch (ZipException | java.io.EOFException broken) {
                throw new Found(part.name(), "the part cannot be read: " + broken.getMessage());
            }
            if (!sha256.equals(said.getJsonObject(i).getString("sha256"))) {
                if ("events.jsonl".equals(part.name())) {
                    lines(manifest); // names the line; leaf hashes were looked at before
                }
                throw new Found(part.name(), "the part is not what the manifest says");
            }
        }
    }

    private @Nullable SignedCheckpoint checkpoint(String name, long size, AuditKeys keys) throws IOException, Found {
        SignedCheckpoint checkpoint = SignedCheckpoint.parse(new String(read(name), UTF_8));
        if (checkpoint == null || checkpoint.size() != size || !keys.signed(checkpoint)) {
            throw new Found(
                    Finding.Kind.UNTRUSTED, name, 0, -1, "this is no checkpoint of the log over " + size + " events");
        }
        return checkpoint;
    }

    /** Frontier and leaf hashes give the roots of both checkpoints, so nothing between them is missing, new or moved. */
    private void tree(JsonObject manifest, AuditKeys keys) throws IOException, Found {
        long before = manifest.getLong("beforeSize");
        long after = manifest.getLong("afterSize");
        MerkleTree tree = MerkleTree.decode(read("frontier.bin"));
        byte[] hashes = leaves();
        SignedCheckpoint first = before == 0 ? null : checkpoint("before.txt", before, keys);
        SignedCheckpoint last = checkpoint("after.txt", after, keys);
        if (tree.size() != before || (first != null && !Arrays.equals(tree.root(), first.root()))) {
            throw new Found("frontier.bin", "it is not the tree that before.txt covers");
        }
        KeptCheckpoints kept = new KeptCheckpoints(trust.checkpoints(), keys);
        kept.at(tree);
        for (int at = 0; at + MerkleHash.LENGTH <= hashes.length; at += MerkleHash.LENGTH) {
            tree.append(hashes, at);
            kept.at(tree);
        }
        if (last == null
                || tree.size() != after
                || hashes.length % MerkleHash.LENGTH != 0
                || !Arrays.equals(tree.root(), last.root())) {
            throw new Found("leaves.bin", "they are not what after.txt covers");
        }
        Finding other = kept.finding();
        if (other != null) {
            throw new Found(other);
        }
    }

    private byte[] leaves() throws IOException, Found {
        byte[] hashes = leaves;
        if (hashes == null) {
            hashes = read("leaves.bin");
            leaves = hashes;
        }
        return hashes;
    }

    /** Every line against its leaf hash. */
    private void lines(JsonObject manifest) throws IOException, Found {
        long index = manifest.getLong("firstIndex");
        long until = manifest.getLong("untilIndex");
        byte[] hashes = leaves();
        int at = Math.toIntExact((index - manifest.getLong("beforeSize")) * MerkleHash.LENGTH);
        MerkleHash hash = new MerkleHash();
        byte[] leaf = new byte[MerkleHash.LENGTH];
        long line = 1;
        try (InputStream in = new BufferedInputStream(open("events.jsonl"), 1 << 16)) {
            for (byte[] text = line(in); text.length > 0; text = line(in)) {
                if (index >= until) {
                    throw new Found(Finding.Kind.ADDED, "events.jsonl", line, index, "the period ended before it");
                }
                boolean ends = text[text.length - 1] == '\n';
                hash.leaf(text, 0, ends ? text.length - 1 : text.length, leaf, 0);
                if (!ends || !Arrays.equals(leaf, 0, leaf.length, hashes, at, at + leaf.length)) {
                    throw new Found(
                            Finding.Kind.ALTERED,
                            "events.jsonl",
                            line,
                            index,
                            "event " + index + " is not as it was written, or not in its place");
                }
                line++;
                index++;
                at += MerkleHash.LENGTH;
            }
        }
        if (index < until) {
            throw new Found(Finding.Kind.TRUNCATED, "events.jsonl", line, index, "events from here on are not there");
        }
    }

    /** A line with its end, if it has one; empty behind the last one. */
    private static byte[] line(InputStream in) throws IOException, Found {
        ByteArrayOutputStream line = new ByteArrayOutputStream(2048);
        for (int b = in.read(); b >= 0; b = in.read()) {
            line.write(b);
            if (b == '\n') {
                break;
            }
            if (line.size() > LineReader.LINE_LENGTH_MAX) {
                throw new Found("events.jsonl", "a line is longer than any event");
            }
        }
        return line.toByteArray();
    }

    private void proofs(JsonObject manifest) throws IOException, Found {
        JsonObject proofs = json("proofs.json");
        byte[] before = MerkleTree.decode(read("frontier.bin")).root();
        SignedCheckpoint after = SignedCheckpoint.parse(new String(read("after.txt"), UTF_8));
        byte[] root = after == null ? new byte[0] : after.root();
        boolean holds =
                PackProofs.consistency(proofs.getJsonObject("consistency")).proves(before, root);
        byte[] hashes = leaves();
        for (Object one : proofs.getJsonArray("inclusion")) {
            InclusionProof proof = PackProofs.inclusion((JsonObject) one);
            int at = Math.toIntExact((proof.index() - manifest.getLong("beforeSize")) * MerkleHash.LENGTH);
            holds &= proof.proves(Arrays.copyOfRange(hashes, at, at + MerkleHash.LENGTH), root);
        }
        if (!holds) {
            throw new Found("proofs.json", "a proof does not hold");
        }
    }

    private void drift() throws IOException, Found {
        JsonObject drift = Holdings.drift(
                json("keys-from.json"),
                json("keys-to.json"),
                json("assignments-from.json"),
                json("assignments-to.json"));
        if (!drift.equals(json("drift.json"))) {
            throw new Found("drift.json", "it is not the difference of the two ends");
        }
    }

    private void cef(JsonObject manifest) throws IOException, Found {
        boolean wanted = manifest.getJsonArray("parts").stream()
                .anyMatch(one -> "events.cef".equals(((JsonObject) one).getString("name")));
        if (!wanted) {
            return;
        }
        try (BufferedReader events = lines("events.jsonl");
                BufferedReader cef = lines("events.cef")) {
            long line = 1;
            for (String event = events.readLine(); event != null; event = events.readLine(), line++) {
                if (!CefLine.of(new JsonObject(event)).equals(cef.readLine())) {
                    throw new Found(
                            Finding.Kind.ALTERED, "events.cef", line, -1, "it is not the event of events.jsonl");
                }
            }
        }
    }

    private BufferedReader lines(String name) throws IOException {
        return new BufferedReader(new InputStreamReader(open(name), UTF_8));
    }
}
