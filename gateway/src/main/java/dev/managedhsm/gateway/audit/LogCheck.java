// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.audit;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Whether a log is still what the sealed store says it was. Stateless; any thread that may block. */
final class LogCheck {
    private static final String WAY_ON = "put the newest files back, or run hsm audit accept if you know why";
    private static final int CHUNK_LEAVES = 2048;

    private LogCheck() {}

    /**
     * Puts the anchor's word against the log's leaf hashes and its last checkpoint.
     *
     * @param folder the log's
     * @param said what was signed last, or null if nothing ever was
     * @param events how many events the log has
     * @param last its last checkpoint
     * @throws AuditRefused if it is another log, or a shorter one
     */
    static void check(Path folder, AuditRecords.@Nullable Anchored said, long events, @Nullable SignedCheckpoint last)
            throws AuditRefused, IOException {
        if (said == null) {
            return;
        }
        if (events < said.size()) {
            throw new AuditRefused("the audit log in " + folder + " has " + events + " events and had " + said.size()
                    + " when it was signed last: it was shortened; " + WAY_ON);
        }
        if (said.number() != AuditAcceptance.NO_CHECKPOINT && (last == null || last.number() < said.number())) {
            throw new AuditRefused("the checkpoints of the audit log in " + folder + " were shortened; " + WAY_ON);
        }
        if (!Arrays.equals(said.root(), root(folder, said.size()))) {
            throw new AuditRefused("the audit log in " + folder + " is not the one that was signed at event "
                    + said.size() + ": it was altered; " + WAY_ON);
        }
    }

    /** The root over the first events of a log, by the leaf hashes of the segment in which they end. */
    static byte[] root(Path folder, long size) throws AuditRefused, IOException {
        List<Long> firsts = SegmentFiles.withLeaves(folder);
        int segment = firsts.size() - 1;
        while (segment > 0 && firsts.get(segment) >= size) {
            segment--;
        }
        MerkleTree tree = LogRecovery.treeBefore(folder, segment < 0 ? 0 : firsts.get(segment));
        long left = size - tree.size();
        if (left > 0 && segment >= 0) {
            append(SegmentFiles.leaves(folder, firsts.get(segment)), left, tree);
        }
        if (tree.size() != size) {
            throw new AuditRefused(
                    "the audit log in " + folder + " has no leaf hashes up to event " + size + "; " + WAY_ON);
        }
        return tree.root();
    }

    private static void append(Path file, long count, MerkleTree tree) throws IOException {
        if (!Files.exists(file)) {
            return;
        }
        long left = count;
        ByteBuffer chunk = ByteBuffer.allocate(CHUNK_LEAVES * MerkleHash.LENGTH);
        try (FileChannel in = FileChannel.open(file, StandardOpenOption.READ)) {
            while (left > 0) {
                chunk.clear().limit((int) Math.min(chunk.capacity(), left * MerkleHash.LENGTH));
                while (chunk.hasRemaining() && in.read(chunk) >= 0) {
                    // reads on
                }
                int whole = chunk.position() / MerkleHash.LENGTH;
                for (int i = 0; i < whole; i++) {
                    tree.append(chunk.array(), i * MerkleHash.LENGTH);
                }
                left -= whole;
                if (whole == 0) {
                    return;
                }
            }
        }
    }
}
