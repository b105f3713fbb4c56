// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.audit;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finds where a log ends, after whatever ended the process that wrote it. Used by one thread before anything is written.
 *
 * <p>The last segment is read from its beginning to its last whole line; what follows was never acknowledged, because nothing is
 * acknowledged before all of it was forced, and is cut. Its leaf hashes are worked out anew. The hashes of the segments before
 * were forced when those ended; the tree over them was kept with the segment.
 */
final class LogRecovery {
    private static final Logger LOG = LoggerFactory.getLogger(LogRecovery.class);
    private static final int CHUNK = 256 * 1024;

    private final Path folder;
    private final MerkleHash hash = new MerkleHash();

    private LogRecovery(Path folder) {
        this.folder = folder;
    }

    /**
     * Where the log of a folder ends.
     *
     * @param nowMillis when its first segment begins if there is none
     * @throws IOException if the folder cannot be made, read or written
     * @throws AuditRefused if what the log consists of is not whole
     */
    static LogEnd end(Path folder, long nowMillis) throws IOException, AuditRefused {
        if (!Files.exists(folder)) {
            Files.createDirectories(
                    folder, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        }
        return new LogRecovery(folder).find(nowMillis);
    }

    private LogEnd find(long nowMillis) throws IOException, AuditRefused {
        List<Long> firsts = SegmentFiles.withEvents(folder);
        if (firsts.isEmpty()) {
            if (!SegmentFiles.withLeaves(folder).isEmpty()) {
                throw new AuditRefused("the audit log in " + folder + " has leaf hashes and no events: put its last"
                        + " events file back");
            }
            return new LogEnd(0, 0, 0, nowMillis, new MerkleTree());
        }
        long first = firsts.getLast();
        MerkleTree tree = treeBefore(folder, first);
        Path file = SegmentFiles.events(folder, first);
        ByteArrayOutputStream leaves = new ByteArrayOutputStream();
        long position = read(file, leaves);
        cut(file, position);
        byte[] hashes = leaves.toByteArray();
        writeLeaves(first, hashes);
        for (int at = 0; at < hashes.length; at += MerkleHash.LENGTH) {
            tree.append(hashes, at);
        }
        long begunMillis =
                nowMillis; // the file system keeps no time of making; a segment grows a little older for that
        return new LogEnd(first, tree.size(), position, begunMillis, tree);
    }

    /** Puts the hash of every whole line, and answers where the last one ends. */
    private long read(Path file, ByteArrayOutputStream leaves) throws IOException {
        byte[] line = new byte[EventLine.LENGTH_MAX];
        byte[] leaf = new byte[MerkleHash.LENGTH];
        ByteBuffer chunk = ByteBuffer.allocate(CHUNK);
        long position = 0;
        int length = 0;
        try (FileChannel in = FileChannel.open(file, StandardOpenOption.READ)) {
            while (in.read(chunk.clear()) > 0) {
                chunk.flip();
                while (chunk.hasRemaining()) {
                    byte one = chunk.get();
                    if (one == 0 || length == line.length) {
                        return position;
                    }
                    line[length++] = one;
                    if (one == '\n') {
                        hash.leaf(line, 0, length - 1, leaf, 0);
                        leaves.write(leaf, 0, leaf.length);
                        position += length;
                        length = 0;
                    }
                }
            }
        }
        return position;
    }

    /** Cuts what is behind the last whole line; what is more than zeros is kept aside. */
    private void cut(Path file, long position) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            long length = channel.size();
            if (length == position) {
                return;
            }
            int tail = (int) Math.min(length - position, 2L * AuditWriter.BATCH_BYTES);
            ByteBuffer bytes = ByteBuffer.allocate(tail);
            while (bytes.hasRemaining() && channel.read(bytes, position + bytes.position()) >= 0) {
                // reads on
            }
            int written = tail;
            while (written > 0 && bytes.array()[written - 1] == 0) {
                written--;
            }
            if (written > 0) {
                Path aside = file.resolveSibling(file.getFileName() + ".cut");
                Files.write(aside, Arrays.copyOf(bytes.array(), written));
                LOG.warn(
                        "{} bytes that were never acknowledged are cut off the audit log, and kept in {}",
                        written,
                        aside);
            }
            channel.truncate(position);
            channel.force(true);
        }
    }

    private void writeLeaves(long first, byte[] hashes) throws IOException {
        Path file = SegmentFiles.leaves(folder, first);
        if (Files.exists(file) && Arrays.equals(Files.readAllBytes(file), hashes)) {
            return;
        }
        try (AuditDisk.File out = AuditDisk.LOCAL.open(file)) {
            out.write(ByteBuffer.wrap(hashes), 0);
            out.truncate(hashes.length);
            out.force();
        }
    }

    /** The tree of all events before a segment: as it was kept, or worked out from all leaf hashes. */
    static MerkleTree treeBefore(Path folder, long first) throws IOException, AuditRefused {
        if (first == 0) {
            return new MerkleTree();
        }
        Path kept = SegmentFiles.tree(folder, first);
        if (Files.exists(kept)) {
            try {
                MerkleTree tree = MerkleTree.decode(Files.readAllBytes(kept));
                if (tree.size() == first) {
                    return tree;
                }
            } catch (IllegalArgumentException damaged) {
                LOG.warn("{} is damaged; the tree is worked out from the leaf hashes", kept);
            }
        }
        return worked(folder, first);
    }

    private static MerkleTree worked(Path folder, long until) throws IOException, AuditRefused {
        MerkleTree tree = new MerkleTree();
        for (long first : SegmentFiles.withLeaves(folder)) {
            if (first >= until) {
                break;
            }
            if (first != tree.size()) {
                throw new AuditRefused("the audit log in " + folder + " has no leaf hashes of the events from "
                        + tree.size() + " on: put their file back");
            }
            byte[] hashes = Files.readAllBytes(SegmentFiles.leaves(folder, first));
            for (int at = 0; at + MerkleHash.LENGTH <= hashes.length; at += MerkleHash.LENGTH) {
                tree.append(hashes, at);
            }
        }
        if (tree.size() != until) {
            throw new AuditRefused("the audit log in " + folder + " has leaf hashes of " + tree.size() + " events and "
                    + until + " events before its last file: put the files of leaf hashes back");
        }
        return tree;
    }
}
