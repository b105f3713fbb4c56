// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.audit;

import java.security.DigestException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/**
 * The two hashes of a Merkle tree by RFC 6962 §2.1, with SHA-256. Used by one thread at a time; nothing is allocated after
 * the constructor.
 */
public final class MerkleHash {
    /** Length of every hash, in bytes. */
    public static final int LENGTH = 32;

    private static final byte LEAF = 0;
    private static final byte NODE = 1;

    private final MessageDigest sha256;
    private final byte[] node = new byte[1 + 2 * LENGTH];

    /** A hash for one thread. */
    public MerkleHash() {
        try {
            this.sha256 = MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
        node[0] = NODE;
    }

    /**
     * Puts the hash of a leaf, SHA-256(0x00 ‖ line).
     *
     * @param bytes where the line is
     * @param offset where it begins
     * @param length its length in bytes, without the end of line
     * @param into where the hash goes
     * @param at where in it
     */
    public void leaf(byte[] bytes, int offset, int length, byte[] into, int at) {
        sha256.update(LEAF);
        sha256.update(bytes, offset, length);
        finish(into, at);
    }

    /**
     * The same for a line that has a byte before it, which is lent for the 0x00 and as it was afterwards: all goes through the
     * hash at once.
     *
     * @param offset where the line begins, at least 1
     */
    void leafInPlace(byte[] bytes, int offset, int length, byte[] into, int at) {
        byte before = bytes[offset - 1];
        bytes[offset - 1] = LEAF;
        sha256.update(bytes, offset - 1, 1 + length);
        bytes[offset - 1] = before;
        finish(into, at);
    }

    /** The hash of a leaf, in an array of its own. */
    byte[] leaf(byte[] line) {
        byte[] hash = new byte[LENGTH];
        leaf(line, 0, line.length, hash, 0);
        return hash;
    }

    /** Puts the hash of two nodes side by side, SHA-256(0x01 ‖ left ‖ right); it may go where one of them is. */
    void node(byte[] left, int leftAt, byte[] right, int rightAt, byte[] into, int at) {
        System.arraycopy(left, leftAt, node, 1, LENGTH);
        System.arraycopy(right, rightAt, node, 1 + LENGTH, LENGTH);
        sha256.update(node);
        finish(into, at);
    }

    /** The hash of two nodes, in an array of its own. */
    byte[] node(byte[] left, byte[] right) {
        byte[] hash = new byte[LENGTH];
        node(left, 0, right, 0, hash, 0);
        return hash;
    }

    /** Puts the hash of nothing: the root of an empty tree. */
    void nothing(byte[] into) {
        finish(into, 0);
    }

    private void finish(byte[] into, int at) {
        try {
            sha256.digest(into, at, LENGTH);
        } catch (DigestException e) {
            throw new IllegalArgumentException("no place for a hash", e);
        }
    }
}
