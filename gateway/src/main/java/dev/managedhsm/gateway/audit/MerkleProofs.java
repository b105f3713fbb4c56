// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.audit;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Makes proofs from leaf hashes. Used by one thread at a time, never an event loop: it reads files.
 *
 * <p>The roots of subtrees of {@value #SUBTREE_LEAVES} leaves are remembered once they were computed, 32 bytes each, so a
 * proof hashes every leaf of the log at most once in the life of this object, and a few thousand afterwards.
 */
public final class MerkleProofs {
    private static final int SUBTREE_LEVEL = 10;
    private static final int SUBTREE_LEAVES = 1 << SUBTREE_LEVEL;

    private final LeafHashes leaves;
    private final byte[] read = new byte[SUBTREE_LEAVES * MerkleHash.LENGTH];
    private byte[] subtrees = new byte[64 * MerkleHash.LENGTH];
    private int subtreeCount;

    /**
     * Proofs of a log.
     *
     * @param leaves its leaf hashes
     */
    public MerkleProofs(LeafHashes leaves) {
        this.leaves = leaves;
    }

    /**
     * Proves that the event at an index is in the tree of a size.
     *
     * @throws IllegalArgumentException if the index is not below the size, or the log is shorter
     * @throws IOException if a leaf hash cannot be read
     */
    public InclusionProof inclusion(long index, long size) throws IOException {
        if (index < 0 || index >= size || size > leaves.size()) {
            throw new IllegalArgumentException("no event " + index + " in a tree of " + size);
        }
        List<byte[]> path = new ArrayList<>();
        long from = 0;
        long to = size;
        while (to - from > 1) {
            long middle = from + left(to - from);
            if (index < middle) {
                path.add(root(middle, to));
                to = middle;
            } else {
                path.add(root(from, middle));
                from = middle;
            }
        }
        return new InclusionProof(index, size, path.reversed());
    }

    /**
     * Proves that the tree of one size begins with that of an earlier one.
     *
     * @throws IllegalArgumentException if the sizes are not in order, or the log is shorter
     * @throws IOException if a leaf hash cannot be read
     */
    public ConsistencyProof consistency(long from, long to) throws IOException {
        if (from < 0 || from > to || to > leaves.size()) {
            throw new IllegalArgumentException("no tree of " + from + " at the beginning of one of " + to);
        }
        List<byte[]> path = new ArrayList<>();
        if (from > 0 && from < to) {
            long begin = 0;
            long end = to;
            boolean known = true; // the subtree at which the search ends is the whole earlier tree
            while (from != end) {
                long middle = begin + left(end - begin);
                if (from <= middle) {
                    path.add(root(middle, end));
                    end = middle;
                } else {
                    path.add(root(begin, middle));
                    begin = middle;
                    known = false;
                }
            }
            if (!known) {
                path.add(root(begin, end));
            }
        }
        return new ConsistencyProof(from, to, path.reversed());
    }

    /**
     * The root of the tree of a size.
     *
     * @throws IllegalArgumentException if the log is shorter
     * @throws IOException if a leaf hash cannot be read
     */
    public byte[] root(long size) throws IOException {
        if (size < 0 || size > leaves.size()) {
            throw new IllegalArgumentException("no tree of " + size);
        }
        return root(0, size);
    }

    /** How many of several leaves are left of the root: the largest power of two that is smaller. */
    private static long left(long count) {
        return Long.highestOneBit(count - 1);
    }

    /** The root over a range that begins where a subtree of its length may begin. */
    private byte[] root(long from, long to) throws IOException {
        MerkleTree tree = new MerkleTree();
        for (long at = from; at < to; ) {
            if (at % SUBTREE_LEAVES == 0 && to - at >= SUBTREE_LEAVES) {
                int number = Math.toIntExact(at / SUBTREE_LEAVES);
                know(number);
                tree.appendSubtree(SUBTREE_LEVEL, subtrees, number * MerkleHash.LENGTH);
                at += SUBTREE_LEAVES;
            } else {
                int count = (int) Math.min(to - at, SUBTREE_LEAVES - at % SUBTREE_LEAVES);
                leaves.read(at, count, read);
                append(tree, count);
                at += count;
            }
        }
        return tree.root();
    }

    private void know(int number) throws IOException {
        for (; subtreeCount <= number; subtreeCount++) {
            leaves.read((long) subtreeCount * SUBTREE_LEAVES, SUBTREE_LEAVES, read);
            MerkleTree tree = new MerkleTree();
            append(tree, SUBTREE_LEAVES);
            int at = subtreeCount * MerkleHash.LENGTH;
            if (at == subtrees.length) {
                subtrees = Arrays.copyOf(subtrees, 2 * at);
            }
            System.arraycopy(tree.root(), 0, subtrees, at, MerkleHash.LENGTH);
        }
    }

    private void append(MerkleTree tree, int count) {
        for (int i = 0; i < count; i++) {
            tree.append(read, i * MerkleHash.LENGTH);
        }
    }
}
