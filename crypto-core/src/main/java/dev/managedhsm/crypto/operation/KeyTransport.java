// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.operation;

/**
 * How a whole key travels to or from somebody who holds an RSA key: the mechanism {@code CKM_RSA_AES_KEY_WRAP} (PKCS#11
 * version 3.0 section 2.1.21) with one hash function for both OAEP and MGF1, and an empty label.
 *
 * <pre>
 *   0                          modulus length
 *   | RSA-OAEP of an AES key   | AES key wrap with padding (RFC 5649) of the key |
 * </pre>
 */
public enum KeyTransport {
    /** Keys that are brought from elsewhere come so, and keys are released so by default. */
    OAEP_SHA1,
    OAEP_SHA256,
    OAEP_SHA384;

    /** Smallest modulus of a receiver's RSA key, in bits. */
    public static final int MODULUS_BITS_MIN = 2048;

    /** What RFC 5649 adds, in bytes, after the padding to a multiple of as many. */
    private static final int BLOCK_LENGTH = 8;

    /** Shortest result of RFC 5649, in bytes. */
    private static final int WRAPPED_LENGTH_MIN = 16;

    /** How many bytes a key of {@code length} bytes takes on its way to an RSA key of {@code modulusLength} bytes. */
    public static int wrappedLength(int modulusLength, int length) {
        return modulusLength + (length + BLOCK_LENGTH - 1) / BLOCK_LENGTH * BLOCK_LENGTH + BLOCK_LENGTH;
    }

    /**
     * How much room unwrapping needs, in bytes; the key is as long or up to 7 bytes shorter.
     *
     * @return -1 if nothing of this length can be unwrapped with an RSA key of {@code modulusLength} bytes
     */
    public static int unwrappedLengthMax(int modulusLength, long wrappedLength) {
        long rest = wrappedLength - modulusLength;
        boolean whole = rest >= WRAPPED_LENGTH_MIN && rest % BLOCK_LENGTH == 0 && rest <= Integer.MAX_VALUE;
        return whole ? (int) rest - BLOCK_LENGTH : -1;
    }
}
