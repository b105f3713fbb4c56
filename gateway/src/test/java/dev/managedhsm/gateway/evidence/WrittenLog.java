// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.evidence;

import dev.managedhsm.gateway.audit.AuditKeys;
import dev.managedhsm.gateway.audit.AuditSigner;
import dev.managedhsm.gateway.audit.LogKey;
import dev.managedhsm.gateway.audit.MerkleHash;
import dev.managedhsm.gateway.audit.MerkleTree;
import dev.managedhsm.gateway.audit.SignedCheckpoint;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** Writes a log as an HSM does, without one: for tests that look at what was written. */
final class WrittenLog {
    static final String ORIGIN = "hsm1.hsm.example/audit";

    private final Path folder;
    private final MerkleHash hash = new MerkleHash();
    private final MerkleTree tree = new MerkleTree();
    private final Random random = new Random(7);
    private final List<String> lines = new ArrayList<>();
    private AuditSigner signer = AuditSigner.generate(ORIGIN, new SecureRandom());
    private AuditKeys keys;
    private LogSegment segment;
    private SignedCheckpoint last;
    private long checkpoints;

    WrittenLog(Path folder) throws IOException {
        this.folder = folder;
        this.segment = new LogSegment(folder, 0);
        this.keys = AuditKeys.begin(signer, 0, 1);
        this.last = checkpoint();
        Files.writeString(folder.resolve(AuditKeys.FILE), keys.text());
    }

    Path folder() {
        return folder;
    }

    /** Every line so far, without its end. */
    List<String> lines() {
        return lines;
    }

    AuditSigner signer() {
        return signer;
    }

    SignedCheckpoint last() {
        return last;
    }

    Trust trust() {
        return new Trust(List.of(keys.entries().getFirst().key()), List.of(last));
    }

    WrittenLog events(int count) throws IOException {
        StringBuilder text = new StringBuilder();
        byte[] leaves = new byte[count * MerkleHash.LENGTH];
        for (int i = 0; i < count; i++) {
            String line = event();
            byte[] bytes = line.getBytes(StandardCharsets.UTF_8);
            hash.leaf(bytes, 0, bytes.length, leaves, i * MerkleHash.LENGTH);
            tree.append(leaves, i * MerkleHash.LENGTH);
            text.append(line).append('\n');
            lines.add(line);
        }
        append(segment.events(), text.toString().getBytes(StandardCharsets.UTF_8));
        append(segment.leaves(), leaves);
        return this;
    }

    WrittenLog line(String line) throws IOException {
        byte[] leaf = new byte[MerkleHash.LENGTH];
        byte[] bytes = line.getBytes(StandardCharsets.UTF_8);
        hash.leaf(bytes, 0, bytes.length, leaf, 0);
        tree.append(leaf, 0);
        append(segment.events(), (line + "\n").getBytes(StandardCharsets.UTF_8));
        append(segment.leaves(), leaf);
        lines.add(line);
        return this;
    }

    private String event() {
        int index = lines.size();
        return "{\"time\":\"2026-03-01T10:%02d:%02d.%03dZ\","
                        .formatted(index / 60000 % 60, index / 1000 % 60, index % 1000)
                + "\"resourceId\":\"/SUBSCRIPTIONS/S/RESOURCEGROUPS/G/PROVIDERS/MICROSOFT.KEYVAULT/MANAGEDHSMS/HSM1\","
                + "\"operationName\":\"KeySign\",\"operationVersion\":\"7.6\",\"category\":\"AuditEvent\",\"resultType\":\"Success\","
                + "\"correlationId\":\"" + Long.toHexString(random.nextLong()) + "\",\"callerIpAddress\":\"127.0.0.1\","
                + "\"identity\":\"{\\\"claim\\\":{\\\"appid\\\":\\\"a\\\"}}\",\"httpStatusCode\":200,"
                + "\"requestUri\":\"https://localhost/keys/k" + random.nextInt(50)
                + "/sign\",\"properties\":{\"key\":\"k\",\"algorithm\":\"ES256\"}}";
    }

    WrittenLog nextSegment() {
        segment = new LogSegment(folder, lines.size());
        return this;
    }

    WrittenLog signed() throws IOException {
        last = checkpoint();
        append(folder.resolve(SignedCheckpoint.FILE), (last.text() + "\n").getBytes(StandardCharsets.UTF_8));
        return this;
    }

    private SignedCheckpoint checkpoint() {
        return SignedCheckpoint.sign(
                signer, tree.size(), tree.root(), last == null ? 0 : checkpoints++, 1_772_359_200_000L + tree.size());
    }

    WrittenLog rotated() throws IOException {
        AuditSigner next = AuditSigner.generate(ORIGIN, new SecureRandom());
        keys = keys.rotate(signer, next.publicKey(), tree.size(), 2);
        signer = next;
        Files.writeString(folder.resolve(AuditKeys.FILE), keys.text());
        return this;
    }

    /** Names another log's key as the one that follows, which has signed nothing of this log. */
    WrittenLog endsIn(LogKey foreign) throws IOException {
        keys = keys.rotate(signer, foreign, Long.MAX_VALUE, 3);
        Files.writeString(folder.resolve(AuditKeys.FILE), keys.text());
        return this;
    }

    private static void append(Path file, byte[] bytes) throws IOException {
        Files.write(file, bytes, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    }

    /** Three segments, six checkpoints, two keys, all covered. */
    static WrittenLog usual(Path folder, int events) throws IOException {
        int part = events / 6;
        return new WrittenLog(folder)
                .events(part)
                .signed()
                .events(part)
                .nextSegment()
                .events(part)
                .signed()
                .events(1)
                .signed()
                .rotated()
                .events(part)
                .signed()
                .nextSegment()
                .events(part)
                .signed()
                .events(events - 5 * part - 1)
                .signed();
    }
}
