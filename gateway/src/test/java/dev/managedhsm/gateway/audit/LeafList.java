// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.audit;

import java.util.List;

/** Leaves in memory, and the root over them as RFC 6962 §2.1 defines it, recursively: the model of the tests. */
final class LeafList implements LeafHashes {
    private final MerkleHash hash = new MerkleHash();
    private final List<byte[]> hashes;

    LeafList(List<byte[]> leaves) {
        this.hashes = leaves.stream().map(hash::leaf).toList();
    }

    byte[] hash(long index) {
        return hashes.get((int) index);
    }

    byte[] modelRoot(int from, int to) {
        int count = to - from;
        if (count == 0) {
            return new MerkleTree().root();
        }
        if (count == 1) {
            return hashes.get(from);
        }
        int left = 1;
        while (left * 2 < count) {
            left *= 2;
        }
        return hash.node(modelRoot(from, from + left), modelRoot(from + left, to));
    }

    @Override
    public long size() {
        return hashes.size();
    }

    @Override
    public void read(long first, int count, byte[] into) {
        for (int i = 0; i < count; i++) {
            System.arraycopy(hash(first + i), 0, into, i * MerkleHash.LENGTH, MerkleHash.LENGTH);
        }
    }
}
