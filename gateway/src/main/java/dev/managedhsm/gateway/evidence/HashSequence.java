// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.evidence;

import dev.managedhsm.gateway.audit.MerkleHash;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;

/** Hashes one after the other: those of a segment's lines, or those that its file of leaf hashes says. One thread. */
final class HashSequence {
    private byte[] bytes;
    private int count;
    private long rest;

    HashSequence() {
        this.bytes = new byte[1024 * MerkleHash.LENGTH];
    }

    /** The whole hashes of a file; none if there is no file. */
    static HashSequence of(Path leaves) throws IOException {
        HashSequence hashes = new HashSequence();
        if (!Files.exists(leaves)) {
            return hashes;
        }
        try (FileChannel channel = FileChannel.open(leaves, StandardOpenOption.READ)) {
            long length = channel.size();
            hashes.count = Math.toIntExact(length / MerkleHash.LENGTH);
            hashes.rest = length % MerkleHash.LENGTH;
            ByteBuffer whole = ByteBuffer.allocate(hashes.count * MerkleHash.LENGTH);
            while (whole.hasRemaining() && channel.read(whole, whole.position()) >= 0) {
                // reads on
            }
            if (whole.hasRemaining()) {
                throw new IOException(leaves.getFileName() + " became shorter while it was read");
            }
            hashes.bytes = whole.array();
        }
        return hashes;
    }

    /** The hashes of all whole lines of a file; none if there is no file. */
    static HashSequence of(Path events, MerkleHash hash, LineWatch watch) throws IOException {
        HashSequence hashes = new HashSequence();
        if (!Files.exists(events)) {
            return hashes;
        }
        try (LineReader lines = new LineReader(events, 0)) {
            while (lines.next()) {
                hashes.room();
                hash.leaf(
                        lines.buffer(), lines.start(), lines.length(), hashes.bytes, hashes.count * MerkleHash.LENGTH);
                hashes.count++;
                watch.line(lines);
            }
            hashes.rest = lines.rest();
        }
        return hashes;
    }

    /** Sees every line that is hashed. */
    @FunctionalInterface
    interface LineWatch {
        void line(LineReader line);
    }

    private void room() {
        if (count * MerkleHash.LENGTH == bytes.length) {
            bytes = Arrays.copyOf(bytes, Math.multiplyExact(bytes.length, 2));
        }
    }

    int count() {
        return count;
    }

    /** Bytes behind the last whole hash or line. */
    long rest() {
        return rest;
    }

    byte[] bytes() {
        return bytes;
    }

    int at(int index) {
        return index * MerkleHash.LENGTH;
    }

    boolean same(int index, HashSequence other, int otherIndex) {
        int at = at(index);
        int otherAt = other.at(otherIndex);
        return Arrays.equals(bytes, at, at + MerkleHash.LENGTH, other.bytes, otherAt, otherAt + MerkleHash.LENGTH);
    }

    /** The first index from which on they are not the same; the smaller count if one is the beginning of the other. */
    int firstDifference(HashSequence other) {
        int common = Math.min(count, other.count);
        int at = Arrays.mismatch(bytes, 0, at(common), other.bytes, 0, at(common));
        return at < 0 ? common : at / MerkleHash.LENGTH;
    }

    /** Where the hash of another sequence is in this one, from an index on; -1 if it is not. */
    int find(HashSequence other, int otherIndex, int from) {
        for (int i = from; i < count; i++) {
            if (same(i, other, otherIndex)) {
                return i;
            }
        }
        return -1;
    }
}
