// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.foreign;

import java.lang.invoke.MethodHandle;

/**
 * Cipher calls that AWS-LC and OpenSSL 3 share: the EVP_CIPHER subset. A context belongs to one thread and holds the key
 * of its last use until it is reset.
 */
public final class LibCryptoCiphers {
    /** Command: tell the tag after encryption (evp.h, EVP_CTRL_AEAD_GET_TAG). */
    public static final int TELL_TAG = 0x10;

    /** Command: set the expected tag before decryption (evp.h, EVP_CTRL_AEAD_SET_TAG). */
    public static final int EXPECT_TAG = 0x11;

    /** Flag: key wrapping is wanted (evp.h, EVP_CIPHER_CTX_FLAG_WRAP_ALLOW). */
    public static final int ALLOW_WRAP = 1;

    private static final String[] KEY_BITS = {"128", "192", "256"};
    private static final CryptoLibrary LIBRARY = CryptoLibrary.chosen();
    private static final MethodHandle CTX_NEW = LIBRARY.bind("EVP_CIPHER_CTX_new", "p");
    private static final MethodHandle CTX_FREE = LIBRARY.bind("EVP_CIPHER_CTX_free", "vp");
    private static final MethodHandle CTX_RESET = LIBRARY.bind("EVP_CIPHER_CTX_reset", "ip");
    private static final MethodHandle INIT = LIBRARY.bind("EVP_CipherInit_ex", "ipppppi");
    private static final MethodHandle UPDATE = LIBRARY.bind("EVP_CipherUpdate", "ippppi");
    private static final MethodHandle FINAL = LIBRARY.bind("EVP_CipherFinal_ex", "ippp");
    private static final MethodHandle CTRL = LIBRARY.bind("EVP_CIPHER_CTX_ctrl", "ipiip");
    private static final MethodHandle SET_PADDING = LIBRARY.bind("EVP_CIPHER_CTX_set_padding", "ipi");
    private static final MethodHandle SET_FLAGS = LIBRARY.bind("EVP_CIPHER_CTX_set_flags", "vpi");

    private static final long[] CBC = ciphers("cbc");
    private static final long[] GCM = ciphers("gcm");

    private LibCryptoCiphers() {}

    /** A new context, to be freed. */
    public static long newContext() {
        try {
            return (long) CTX_NEW.invokeExact();
        } catch (Throwable t) {
            throw Linkage.broken("EVP_CIPHER_CTX_new", t);
        }
    }

    /** Wipes and frees a context. */
    public static void freeContext(long context) {
        try {
            CTX_FREE.invokeExact(context);
        } catch (Throwable t) {
            throw Linkage.broken("EVP_CIPHER_CTX_free", t);
        }
    }

    /** Wipes what the context holds of its last key. */
    public static int reset(long context) {
        try {
            return (int) CTX_RESET.invokeExact(context);
        } catch (Throwable t) {
            throw Linkage.broken("EVP_CIPHER_CTX_reset", t);
        }
    }

    /** Starts: cipher, key and vector in one call; {@code encrypt} is 1 or 0. Answers 1 for success. */
    public static int init(long context, long cipher, long key, long iv, int encrypt) {
        try {
            return (int) INIT.invokeExact(context, cipher, 0L, key, iv, encrypt);
        } catch (Throwable t) {
            throw Linkage.broken("EVP_CipherInit_ex", t);
        }
    }

    /** Processes; {@code out} 0 makes the input additional data. {@code outLength} receives an int. Answers 1 for success. */
    public static int update(long context, long out, long outLength, long in, int inLength) {
        try {
            return (int) UPDATE.invokeExact(context, out, outLength, in, inLength);
        } catch (Throwable t) {
            throw Linkage.broken("EVP_CipherUpdate", t);
        }
    }

    /** Ends; checks the tag or the integrity value where there is one. Answers 1 for success. */
    public static int finish(long context, long out, long outLength) {
        try {
            return (int) FINAL.invokeExact(context, out, outLength);
        } catch (Throwable t) {
            throw Linkage.broken("EVP_CipherFinal_ex", t);
        }
    }

    /** Sets or asks a detail; see the commands above. Answers 1 for success. */
    public static int control(long context, int command, int argument, long pointer) {
        try {
            return (int) CTRL.invokeExact(context, command, argument, pointer);
        } catch (Throwable t) {
            throw Linkage.broken("EVP_CIPHER_CTX_ctrl", t);
        }
    }

    /** Switches the library's own padding on or off, after the start. */
    public static int padding(long context, int on) {
        try {
            return (int) SET_PADDING.invokeExact(context, on);
        } catch (Throwable t) {
            throw Linkage.broken("EVP_CIPHER_CTX_set_padding", t);
        }
    }

    /** Sets flags, before the start. */
    public static void flags(long context, int flags) {
        try {
            SET_FLAGS.invokeExact(context, flags);
        } catch (Throwable t) {
            throw Linkage.broken("EVP_CIPHER_CTX_set_flags", t);
        }
    }

    /** AES-CBC for a key of this many bytes: 16, 24 or 32. */
    public static long cbc(int keyLength) {
        return CBC[keyLength / 8 - 2];
    }

    /** AES-GCM for a key of this many bytes: 16, 24 or 32. */
    public static long gcm(int keyLength) {
        return GCM[keyLength / 8 - 2];
    }

    /** The ciphers of one mode, for 128, 192 and 256 bits of key. */
    static long[] ciphers(String mode) {
        long[] ciphers = new long[KEY_BITS.length];
        for (int i = 0; i < ciphers.length; i++) {
            String function = "EVP_aes_" + KEY_BITS[i] + "_" + mode;
            MethodHandle handle = LIBRARY.bind(function, "p");
            try {
                ciphers[i] = (long) handle.invokeExact();
            } catch (Throwable t) {
                throw Linkage.broken(function, t);
            }
        }
        return ciphers;
    }
}
