// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.audit;

import java.util.List;

/**
 * Proves that an event is in a log: an audit path by RFC 6962 §2.1.1. Immutable; any thread.
 *
 * @param index the event's index, from 0
 * @param size of the tree
 * @param path hashes from the leaf's neighbour up, {@link MerkleHash#LENGTH} bytes each
 */
public record InclusionProof(long index, long size, List<byte[]> path) {
    /** Copies the list. */
    public InclusionProof {
        path = List.copyOf(path);
    }

    /**
     * Whether the leaf is at this index of the tree with this root, by the steps of RFC 9162 §2.1.3.2.
     *
     * @param leaf the hash of the leaf
     * @param root the root that a checkpoint of this size says
     */
    public boolean proves(byte[] leaf, byte[] root) {
        if (index < 0 || index >= size || !Hashes.areHashes(path)) {
            return false;
        }
        MerkleHash hash = new MerkleHash();
        long node = index;
        long last = size - 1;
        byte[] reached = leaf;
        for (byte[] beside : path) {
            if (last == 0) {
                return false;
            }
            if ((node & 1) == 1 || node == last) {
                reached = hash.node(beside, reached);
                int up = (node & 1) == 1 ? 0 : Long.numberOfTrailingZeros(node);
                node >>>= up;
                last >>>= up;
            } else {
                reached = hash.node(reached, beside);
            }
            node >>>= 1;
            last >>>= 1;
        }
        return last == 0 && Hashes.same(reached, root);
    }
}
