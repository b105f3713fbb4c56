// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.audit;

import java.nio.ByteBuffer;

/**
 * A growing Merkle tree by RFC 6962 §2.1, of which only the frontier is kept: the root of every complete subtree that has no
 * right neighbour yet, 32 bytes for each bit that is set in the size. Used by one thread at a time.
 *
 * <p>Appending takes one hash of two nodes on average, and allocates nothing.
 */
public final class MerkleTree {
    private static final int LEVELS_MAX = Long.SIZE - 1;

    private final MerkleHash hash = new MerkleHash();
    private final byte[] peaks = new byte[LEVELS_MAX * MerkleHash.LENGTH]; // the one of 2^n leaves at n
    private final byte[] carried = new byte[MerkleHash.LENGTH];
    private long size;

    /** An empty tree. */
    public MerkleTree() {}

    /** Number of leaves. */
    public long size() {
        return size;
    }

    /**
     * Appends a leaf.
     *
     * @param hashes where its hash is, as {@link MerkleHash#leaf} makes it
     * @param at where the hash begins
     */
    public void append(byte[] hashes, int at) {
        appendSubtree(0, hashes, at);
    }

    /**
     * Appends 2<sup>level</sup> leaves at once.
     *
     * @param level how high their subtree is
     * @param hashes where its root is
     * @param at where the root begins
     * @throws IllegalArgumentException if a subtree of this height cannot begin at this size
     */
    void appendSubtree(int level, byte[] hashes, int at) {
        if ((size & ((1L << level) - 1)) != 0) {
            throw new IllegalArgumentException("no subtree of level " + level + " begins at " + size);
        }
        System.arraycopy(hashes, at, carried, 0, MerkleHash.LENGTH);
        int to = level;
        for (; (size >>> to & 1) != 0; to++) {
            hash.node(peaks, to * MerkleHash.LENGTH, carried, 0, carried, 0);
        }
        System.arraycopy(carried, 0, peaks, to * MerkleHash.LENGTH, MerkleHash.LENGTH);
        size += 1L << level;
    }

    /** The root of the tree as it is now; of an empty tree, SHA-256 of nothing. */
    public byte[] root() {
        byte[] root = new byte[MerkleHash.LENGTH];
        root(root);
        return root;
    }

    /**
     * Puts the root of the tree as it is now.
     *
     * @param into at least {@link MerkleHash#LENGTH} bytes; the root goes to its beginning
     */
    public void root(byte[] into) {
        if (size == 0) {
            hash.nothing(into);
            return;
        }
        int level = Long.numberOfTrailingZeros(size);
        System.arraycopy(peaks, level * MerkleHash.LENGTH, into, 0, MerkleHash.LENGTH);
        for (level++; level < LEVELS_MAX; level++) {
            if ((size >>> level & 1) != 0) {
                hash.node(peaks, level * MerkleHash.LENGTH, into, 0, into, 0);
            }
        }
    }

    /** The frontier: the size as eight bytes, the highest first, then the roots of its subtrees, the largest first. */
    public byte[] encode() {
        ByteBuffer bytes = ByteBuffer.allocate(Long.BYTES + Long.bitCount(size) * MerkleHash.LENGTH);
        bytes.putLong(size);
        for (int level = LEVELS_MAX - 1; level >= 0; level--) {
            if ((size >>> level & 1) != 0) {
                bytes.put(peaks, level * MerkleHash.LENGTH, MerkleHash.LENGTH);
            }
        }
        return bytes.array();
    }

    /**
     * The tree of a frontier. Whether it is the right one shows in its {@link #root()}.
     *
     * @throws IllegalArgumentException if the bytes are no frontier
     */
    public static MerkleTree decode(byte[] encoded) {
        if (encoded.length < Long.BYTES) {
            throw new IllegalArgumentException("too short for a frontier");
        }
        ByteBuffer bytes = ByteBuffer.wrap(encoded);
        long size = bytes.getLong();
        if (size < 0 || bytes.remaining() != Long.bitCount(size) * MerkleHash.LENGTH) {
            throw new IllegalArgumentException("not the length of a frontier of " + size + " leaves");
        }
        MerkleTree tree = new MerkleTree();
        tree.size = size;
        for (int level = LEVELS_MAX - 1; level >= 0; level--) {
            if ((size >>> level & 1) != 0) {
                bytes.get(tree.peaks, level * MerkleHash.LENGTH, MerkleHash.LENGTH);
            }
        }
        return tree;
    }
}
