// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.engine;

import java.lang.foreign.MemorySegment;

/** AES-256-GCM under one key, for sealing records. May be used by any thread, by several at once. */
public interface Sealer extends AutoCloseable {
    /** Length of the nonce, in bytes. */
    int NONCE_LENGTH = 12;

    /** Length of the authentication tag that follows the ciphertext, in bytes. */
    int TAG_LENGTH = 16;

    /**
     * Seals.
     *
     * @param nonce 12 bytes, never used before with this key
     * @param aad what the ciphertext is bound to
     * @param plaintext off-heap
     * @param out off-heap, plaintext's length + {@link #TAG_LENGTH}: ciphertext, then tag
     */
    void seal(byte[] nonce, byte[] aad, MemorySegment plaintext, MemorySegment out);

    /**
     * Opens what {@link #seal} made.
     *
     * @param out off-heap, as long as the plaintext; zeroed when the answer is false
     * @return whether the tag was good; nothing can be read from {@code out} otherwise
     */
    boolean open(byte[] nonce, byte[] aad, MemorySegment sealed, MemorySegment out);

    /** Wipes the key. */
    @Override
    void close();
}
