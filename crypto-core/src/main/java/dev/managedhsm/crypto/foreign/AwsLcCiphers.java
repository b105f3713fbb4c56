// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.foreign;

import java.lang.invoke.MethodHandle;

/**
 * Cipher calls that only AWS-LC has, or has in a faster form: AES-GCM with a prepared key, AES key wrap. To be used only
 * if {@link CryptoLibrary#awsLc()}.
 */
public final class AwsLcCiphers {
    /** Length of a prepared AES key: sizeof(AES_KEY) is 244 bytes (aes.h). */
    public static final int KEY_SCHEDULE_LENGTH = 256;

    /** Up to this many bytes a call is short enough to hold up a safepoint. */
    private static final long SHORT_LENGTH_MAX = 4096;

    private static final CryptoLibrary LIBRARY = CryptoLibrary.chosen();
    private static final MethodHandle AEAD_NEW = LIBRARY.bind("EVP_AEAD_CTX_new", "pppnn");
    private static final MethodHandle AEAD_FREE = LIBRARY.bind("EVP_AEAD_CTX_free", "vp");
    private static final MethodHandle SEAL = LIBRARY.bind("EVP_AEAD_CTX_seal_scatter", "ippppnpnpnpnpn");
    private static final MethodHandle SEAL_SHORT = LIBRARY.bindShort("EVP_AEAD_CTX_seal_scatter", "ippppnpnpnpnpn");
    private static final MethodHandle OPEN = LIBRARY.bind("EVP_AEAD_CTX_open_gather", "ipppnpnpnpn");
    private static final MethodHandle OPEN_SHORT = LIBRARY.bindShort("EVP_AEAD_CTX_open_gather", "ipppnpnpnpn");
    private static final MethodHandle SET_ENCRYPT_KEY = LIBRARY.bind("AES_set_encrypt_key", "ipip");
    private static final MethodHandle SET_DECRYPT_KEY = LIBRARY.bind("AES_set_decrypt_key", "ipip");
    private static final MethodHandle WRAP = LIBRARY.bind("AES_wrap_key", "ippppn");
    private static final MethodHandle UNWRAP = LIBRARY.bind("AES_unwrap_key", "ippppn");
    private static final MethodHandle WRAP_PADDED = LIBRARY.bind("AES_wrap_key_padded", "ipppnpn");
    private static final MethodHandle UNWRAP_PADDED = LIBRARY.bind("AES_unwrap_key_padded", "ipppnpn");

    private static final long[] GCM = {
        aead("EVP_aead_aes_128_gcm"), aead("EVP_aead_aes_192_gcm"), aead("EVP_aead_aes_256_gcm")
    };

    private AwsLcCiphers() {}

    /** A prepared AES-GCM key; any thread may use it, many at once. To be freed; 0 if it failed. */
    public static long newGcm(long aead, long key, long keyLength) {
        try {
            return (long) AEAD_NEW.invokeExact(aead, key, keyLength, 16L);
        } catch (Throwable t) {
            throw Linkage.broken("EVP_AEAD_CTX_new", t);
        }
    }

    /** Wipes and frees a prepared key, or nothing if it is 0. */
    public static void freeGcm(long context) {
        try {
            AEAD_FREE.invokeExact(context);
        } catch (Throwable t) {
            throw Linkage.broken("EVP_AEAD_CTX_free", t);
        }
    }

    /** Prepares {@link #KEY_SCHEDULE_LENGTH} bytes at {@code schedule} for wrapping. Answers 0 for success. */
    public static int wrappingKey(long key, int bits, long schedule) {
        try {
            return (int) SET_ENCRYPT_KEY.invokeExact(key, bits, schedule);
        } catch (Throwable t) {
            throw Linkage.broken("AES_set_encrypt_key", t);
        }
    }

    /** Prepares {@link #KEY_SCHEDULE_LENGTH} bytes at {@code schedule} for unwrapping. Answers 0 for success. */
    public static int unwrappingKey(long key, int bits, long schedule) {
        try {
            return (int) SET_DECRYPT_KEY.invokeExact(key, bits, schedule);
        } catch (Throwable t) {
            throw Linkage.broken("AES_set_decrypt_key", t);
        }
    }

    /** Wraps (RFC 3394). Answers the length, or -1. */
    public static int wrap(long schedule, long out, long in, long inLength) {
        try {
            return (int) WRAP.invokeExact(schedule, 0L, out, in, inLength);
        } catch (Throwable t) {
            throw Linkage.broken("AES_wrap_key", t);
        }
    }

    /** Unwraps (RFC 3394). Answers the length, or -1. */
    public static int unwrap(long schedule, long out, long in, long inLength) {
        try {
            return (int) UNWRAP.invokeExact(schedule, 0L, out, in, inLength);
        } catch (Throwable t) {
            throw Linkage.broken("AES_unwrap_key", t);
        }
    }

    /** Wraps with padding (RFC 5649); {@code outLength} receives a size_t. Answers 1 for success. */
    public static int wrapPadded(long schedule, long out, long outLength, long room, long in, long inLength) {
        try {
            return (int) WRAP_PADDED.invokeExact(schedule, out, outLength, room, in, inLength);
        } catch (Throwable t) {
            throw Linkage.broken("AES_wrap_key_padded", t);
        }
    }

    /** Unwraps with padding (RFC 5649); {@code outLength} receives a size_t. Answers 1 for success. */
    public static int unwrapPadded(long schedule, long out, long outLength, long room, long in, long inLength) {
        try {
            return (int) UNWRAP_PADDED.invokeExact(schedule, out, outLength, room, in, inLength);
        } catch (Throwable t) {
            throw Linkage.broken("AES_unwrap_key_padded", t);
        }
    }

    /** AES-GCM for a key of this many bytes: 16, 24 or 32. */
    public static long gcm(int keyLength) {
        return GCM[keyLength / 8 - 2];
    }

    /**
     * Encrypts with a prepared key.
     *
     * @param tag where the 16 bytes of tag go; {@code tagLength} receives a size_t
     * @param iv 12 bytes
     * @return 1 for success
     */
    public static int seal(
            long context,
            long out,
            long tag,
            long tagLength,
            long iv,
            long in,
            long inLength,
            long aad,
            long aadLength) {
        try {
            if (inLength + aadLength <= SHORT_LENGTH_MAX) {
                return (int) SEAL_SHORT.invokeExact(
                        context, out, tag, tagLength, 16L, iv, 12L, in, inLength, 0L, 0L, aad, aadLength);
            }
            return (int)
                    SEAL.invokeExact(context, out, tag, tagLength, 16L, iv, 12L, in, inLength, 0L, 0L, aad, aadLength);
        } catch (Throwable t) {
            throw Linkage.broken("EVP_AEAD_CTX_seal_scatter", t);
        }
    }

    /**
     * Decrypts with a prepared key.
     *
     * @param tag 16 bytes
     * @param iv 12 bytes
     * @return 1 if the tag is good, else 0 and zeroes at {@code out}
     */
    public static int open(
            long context, long out, long iv, long in, long inLength, long tag, long aad, long aadLength) {
        try {
            if (inLength + aadLength <= SHORT_LENGTH_MAX) {
                return (int) OPEN_SHORT.invokeExact(context, out, iv, 12L, in, inLength, tag, 16L, aad, aadLength);
            }
            return (int) OPEN.invokeExact(context, out, iv, 12L, in, inLength, tag, 16L, aad, aadLength);
        } catch (Throwable t) {
            throw Linkage.broken("EVP_AEAD_CTX_open_gather", t);
        }
    }

    private static long aead(String function) {
        MethodHandle handle = LIBRARY.bind(function, "p");
        try {
            return (long) handle.invokeExact();
        } catch (Throwable t) {
            throw Linkage.broken(function, t);
        }
    }
}
