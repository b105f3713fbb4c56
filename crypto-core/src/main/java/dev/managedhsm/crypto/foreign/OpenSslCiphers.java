// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.foreign;

/**
 * Ciphers that only OpenSSL has: AES key wrap by EVP, with and without padding. To be used only if not
 * {@link CryptoLibrary#awsLc()}.
 */
public final class OpenSslCiphers {
    private static final long[] WRAP = LibCryptoCiphers.ciphers("wrap");
    private static final long[] WRAP_PADDED = LibCryptoCiphers.ciphers("wrap_pad");

    private OpenSslCiphers() {}

    /** AES key wrap (RFC 3394) for a key of this many bytes: 16, 24 or 32. */
    public static long wrap(int keyLength) {
        return WRAP[keyLength / 8 - 2];
    }

    /** AES key wrap with padding (RFC 5649) for a key of this many bytes: 16, 24 or 32. */
    public static long wrapPadded(int keyLength) {
        return WRAP_PADDED[keyLength / 8 - 2];
    }
}
