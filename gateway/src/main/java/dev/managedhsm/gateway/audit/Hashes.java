// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.audit;

import java.security.MessageDigest;
import java.util.List;

/** What both proofs ask of hashes. Any thread. */
final class Hashes {
    private Hashes() {}

    static boolean areHashes(List<byte[]> path) {
        return path.size() < 2 * Long.SIZE && path.stream().allMatch(hash -> hash.length == MerkleHash.LENGTH);
    }

    static boolean same(byte[] one, byte[] other) {
        return MessageDigest.isEqual(one, other);
    }
}
