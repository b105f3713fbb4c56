// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.audit;

import java.util.List;

/**
 * Proves that a log begins with all the events of an earlier state of it, by RFC 6962 §2.1.2. Immutable; any thread.
 *
 * @param from the earlier size
 * @param to the later size
 * @param path hashes, {@link MerkleHash#LENGTH} bytes each
 */
public record ConsistencyProof(long from, long to, List<byte[]> path) {
    /** Copies the list. */
    public ConsistencyProof {
        path = List.copyOf(path);
    }

    /**
     * Whether the tree with the later root begins with the tree with the earlier root, by the steps of RFC 9162 §2.1.4.2. An
     * empty log is the beginning of every log.
     *
     * @param rootFrom the root that a checkpoint of the earlier size says
     * @param rootTo the root that a checkpoint of the later size says
     */
    public boolean proves(byte[] rootFrom, byte[] rootTo) {
        if (from < 0 || from > to || !Hashes.areHashes(path)) {
            return false;
        }
        if (from == to || from == 0) {
            return path.isEmpty() && Hashes.same(rootFrom, from == 0 ? new MerkleTree().root() : rootTo);
        }
        long node = from - 1;
        long last = to - 1;
        int up = Long.numberOfTrailingZeros(from);
        node >>>= up;
        last >>>= up;
        int next = 0;
        byte[] first = node == 0 ? rootFrom : next < path.size() ? path.get(next++) : null;
        if (first == null) {
            return false;
        }
        MerkleHash hash = new MerkleHash();
        byte[] earlier = first;
        byte[] later = first;
        for (; next < path.size(); next++) {
            if (last == 0) {
                return false;
            }
            byte[] beside = path.get(next);
            if ((node & 1) == 1 || node == last) {
                earlier = hash.node(beside, earlier);
                later = hash.node(beside, later);
                int over = (node & 1) == 1 ? 0 : Long.numberOfTrailingZeros(node);
                node >>>= over;
                last >>>= over;
            } else {
                later = hash.node(later, beside);
            }
            node >>>= 1;
            last >>>= 1;
        }
        return last == 0 && Hashes.same(earlier, rootFrom) && Hashes.same(later, rootTo);
    }
}
