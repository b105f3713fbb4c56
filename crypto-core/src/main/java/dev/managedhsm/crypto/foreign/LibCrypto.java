// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.foreign;

import java.lang.invoke.MethodHandle;

/**
 * What every algorithm needs of the chosen libcrypto: digests, HMAC, random bytes, comparison, the error queue.
 *
 * <p>Any thread may call any method. Pointers are addresses of memory that the caller keeps alive. Using this class
 * when no library was chosen is an error: ask {@link CryptoLibrary#chosen()} first.
 */
public final class LibCrypto {
    private static final CryptoLibrary LIBRARY = CryptoLibrary.chosen();
    private static final MethodHandle ERR_CLEAR_ERROR = LIBRARY.bindShort("ERR_clear_error", "v");
    private static final MethodHandle RAND_BYTES = LIBRARY.bind("RAND_bytes", "ipl");
    private static final MethodHandle CLEANSE = LIBRARY.bindShort("OPENSSL_cleanse", "vpn");
    private static final MethodHandle MEMCMP = LIBRARY.bindShort("CRYPTO_memcmp", "ippn");
    private static final MethodHandle HMAC = LIBRARY.bind("HMAC", "ppplpnpp");
    private static final MethodHandle HMAC_SHORT = LIBRARY.bindShort("HMAC", "ppplpnpp");

    /** Up to this many bytes a call is short enough to hold up a safepoint. */
    private static final long SHORT_LENGTH_MAX = 4096;

    /** SHA-1, for OAEP only. */
    public static final long SHA1 = digest("EVP_sha1");

    /** SHA-256. */
    public static final long SHA256 = digest("EVP_sha256");

    /** SHA-384. */
    public static final long SHA384 = digest("EVP_sha384");

    /** SHA-512. */
    public static final long SHA512 = digest("EVP_sha512");

    private LibCrypto() {}

    /** Empties the calling thread's error queue; after every failed call, so that nothing piles up. */
    public static void clearErrors() {
        try {
            ERR_CLEAR_ERROR.invokeExact();
        } catch (Throwable t) {
            throw Linkage.broken("ERR_clear_error", t);
        }
    }

    /** Fills memory with random bytes (NIST SP 800-90A). Answers whether it did. */
    public static boolean random(long out, long length) {
        try {
            return (int) RAND_BYTES.invokeExact(out, length) == 1;
        } catch (Throwable t) {
            throw Linkage.broken("RAND_bytes", t);
        }
    }

    /** Overwrites memory with zeroes, without allocating the slice that doing so in Java takes. */
    public static void wipe(long address, long length) {
        try {
            CLEANSE.invokeExact(address, length);
        } catch (Throwable t) {
            throw Linkage.broken("OPENSSL_cleanse", t);
        }
    }

    /** Compares in constant time. */
    public static boolean equal(long a, long b, long length) {
        try {
            return (int) MEMCMP.invokeExact(a, b, length) == 0;
        } catch (Throwable t) {
            throw Linkage.broken("CRYPTO_memcmp", t);
        }
    }

    /** HMAC (FIPS 198-1) in one call; {@code outLength} is where the library writes an int. */
    public static boolean hmac(
            long digest, long key, long keyLength, long data, long dataLength, long out, long outLength) {
        try {
            if (dataLength <= SHORT_LENGTH_MAX) {
                return (long) HMAC_SHORT.invokeExact(digest, key, keyLength, data, dataLength, out, outLength) != 0;
            }
            return (long) HMAC.invokeExact(digest, key, keyLength, data, dataLength, out, outLength) != 0;
        } catch (Throwable t) {
            throw Linkage.broken("HMAC", t);
        }
    }

    /** The SHA-2 digest of this output length, in bytes. */
    public static long sha2(int length) {
        return switch (length) {
            case 32 -> SHA256;
            case 48 -> SHA384;
            case 64 -> SHA512;
            default -> throw new IllegalStateException("no digest of " + length + " bytes");
        };
    }

    private static long digest(String function) {
        MethodHandle handle = LIBRARY.bind(function, "p");
        try {
            return (long) handle.invokeExact();
        } catch (Throwable t) {
            throw Linkage.broken(function, t);
        }
    }
}
