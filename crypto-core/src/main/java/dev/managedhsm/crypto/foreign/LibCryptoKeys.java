// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.foreign;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/**
 * Public-key calls of the chosen libcrypto: the EVP_PKEY subset that AWS-LC and OpenSSL 3 share.
 *
 * <p>A key (EVP_PKEY) may be used by many threads at once; a context (EVP_PKEY_CTX) belongs to one. Pointers are
 * addresses; 0 stands for none or for failure. A call that answers a status answers 1 for success.
 */
public final class LibCryptoKeys {
    /** Key type: RSA. */
    public static final int RSA = 6;

    /** Key type: elliptic curve. */
    public static final int EC = 408;

    /** Padding: PKCS#1 v1.5, type 1 or 2 as the operation demands. */
    public static final int PKCS1_PADDING = 1;

    /** Padding: OAEP. */
    public static final int OAEP_PADDING = 4;

    /** Padding: PSS. */
    public static final int PSS_PADDING = 6;

    /** Salt length: as long as the digest. */
    public static final int SALT_AS_DIGEST = -1;

    private static final CryptoLibrary LIBRARY = CryptoLibrary.chosen();
    private static final MethodHandle CTX_NEW = LIBRARY.bind("EVP_PKEY_CTX_new", "ppp");
    private static final MethodHandle CTX_FREE = LIBRARY.bind("EVP_PKEY_CTX_free", "vp");
    private static final MethodHandle SIGN_INIT = LIBRARY.bind("EVP_PKEY_sign_init", "ip");
    private static final MethodHandle VERIFY_INIT = LIBRARY.bind("EVP_PKEY_verify_init", "ip");
    private static final MethodHandle ENCRYPT_INIT = LIBRARY.bind("EVP_PKEY_encrypt_init", "ip");
    private static final MethodHandle DECRYPT_INIT = LIBRARY.bind("EVP_PKEY_decrypt_init", "ip");
    private static final MethodHandle SET_PADDING = LIBRARY.bind("EVP_PKEY_CTX_set_rsa_padding", "ipi");
    private static final MethodHandle SET_DIGEST = LIBRARY.bind("EVP_PKEY_CTX_set_signature_md", "ipp");
    private static final MethodHandle SET_SALT = LIBRARY.bind("EVP_PKEY_CTX_set_rsa_pss_saltlen", "ipi");
    private static final MethodHandle SET_OAEP = LIBRARY.bind("EVP_PKEY_CTX_set_rsa_oaep_md", "ipp");
    private static final MethodHandle CTRL_STR = LIBRARY.bind("EVP_PKEY_CTX_ctrl_str", "ippp");
    private static final MethodHandle SIGN = LIBRARY.bind("EVP_PKEY_sign", "ippppn");
    private static final MethodHandle VERIFY = LIBRARY.bind("EVP_PKEY_verify", "ippnpn");
    private static final MethodHandle ENCRYPT = LIBRARY.bind("EVP_PKEY_encrypt", "ippppn");
    private static final MethodHandle DECRYPT = LIBRARY.bind("EVP_PKEY_decrypt", "ippppn");
    private static final MethodHandle KEY_FREE = LIBRARY.bind("EVP_PKEY_free", "vp");
    private static final MethodHandle CTX_NEW_ID = LIBRARY.bind("EVP_PKEY_CTX_new_id", "pip");
    private static final MethodHandle KEYGEN_INIT = LIBRARY.bind("EVP_PKEY_keygen_init", "ip");
    private static final MethodHandle SET_BITS = LIBRARY.bind("EVP_PKEY_CTX_set_rsa_keygen_bits", "ipi");
    private static final MethodHandle SET_EXPONENT = LIBRARY.bind("EVP_PKEY_CTX_set_rsa_keygen_pubexp", "ipp");
    private static final MethodHandle SET_CURVE = LIBRARY.bind("EVP_PKEY_CTX_set_ec_paramgen_curve_nid", "ipi");
    private static final MethodHandle KEYGEN = LIBRARY.bind("EVP_PKEY_keygen", "ipp");
    private static final MethodHandle D2I = LIBRARY.bind("d2i_PrivateKey", "pippn");
    private static final MethodHandle D2I_PUBLIC = LIBRARY.bind("d2i_PublicKey", "pippn");
    private static final MethodHandle I2D = LIBRARY.bind("i2d_PrivateKey", "ipp");
    private static final MethodHandle I2D_PUBLIC = LIBRARY.bind("i2d_PublicKey", "ipp");

    private LibCryptoKeys() {}

    /** A context for one operation with a key; to be freed. 0 if there is no memory. */
    public static long newContext(long key) {
        try {
            return (long) CTX_NEW.invokeExact(key, 0L);
        } catch (Throwable t) {
            throw Linkage.broken("EVP_PKEY_CTX_new", t);
        }
    }

    /** Frees a context, or nothing if it is 0. */
    public static void freeContext(long context) {
        try {
            CTX_FREE.invokeExact(context);
        } catch (Throwable t) {
            throw Linkage.broken("EVP_PKEY_CTX_free", t);
        }
    }

    /** Makes the context sign. */
    public static int signInit(long context) {
        try {
            return (int) SIGN_INIT.invokeExact(context);
        } catch (Throwable t) {
            throw Linkage.broken("EVP_PKEY_sign_init", t);
        }
    }

    /** Makes the context verify. */
    public static int verifyInit(long context) {
        try {
            return (int) VERIFY_INIT.invokeExact(context);
        } catch (Throwable t) {
            throw Linkage.broken("EVP_PKEY_verify_init", t);
        }
    }

    /** Makes the context encrypt. */
    public static int encryptInit(long context) {
        try {
            return (int) ENCRYPT_INIT.invokeExact(context);
        } catch (Throwable t) {
            throw Linkage.broken("EVP_PKEY_encrypt_init", t);
        }
    }

    /** Makes the context decrypt. */
    public static int decryptInit(long context) {
        try {
            return (int) DECRYPT_INIT.invokeExact(context);
        } catch (Throwable t) {
            throw Linkage.broken("EVP_PKEY_decrypt_init", t);
        }
    }

    /** Sets one of the paddings above. */
    public static int rsaPadding(long context, int padding) {
        try {
            return (int) SET_PADDING.invokeExact(context, padding);
        } catch (Throwable t) {
            throw Linkage.broken("EVP_PKEY_CTX_set_rsa_padding", t);
        }
    }

    /** Sets the digest that a signature is over. */
    public static int signatureDigest(long context, long digest) {
        try {
            return (int) SET_DIGEST.invokeExact(context, digest);
        } catch (Throwable t) {
            throw Linkage.broken("EVP_PKEY_CTX_set_signature_md", t);
        }
    }

    /** Sets PSS's salt length, for signing and as a demand for verifying. */
    public static int pssSaltLength(long context, int length) {
        try {
            return (int) SET_SALT.invokeExact(context, length);
        } catch (Throwable t) {
            throw Linkage.broken("EVP_PKEY_CTX_set_rsa_pss_saltlen", t);
        }
    }

    /** Sets OAEP's digest of the label. */
    public static int oaepDigest(long context, long digest) {
        try {
            return (int) SET_OAEP.invokeExact(context, digest);
        } catch (Throwable t) {
            throw Linkage.broken("EVP_PKEY_CTX_set_rsa_oaep_md", t);
        }
    }

    /** Sets an option by name, both texts ending with a zero byte. */
    public static int control(long context, long name, long value) {
        try {
            return (int) CTRL_STR.invokeExact(context, name, value);
        } catch (Throwable t) {
            throw Linkage.broken("EVP_PKEY_CTX_ctrl_str", t);
        }
    }

    /** Signs; {@code outLength} points to the room at {@code out} and receives the signature's length (size_t). */
    public static int sign(long context, long out, long outLength, long digest, long digestLength) {
        try {
            return (int) SIGN.invokeExact(context, out, outLength, digest, digestLength);
        } catch (Throwable t) {
            throw Linkage.broken("EVP_PKEY_sign", t);
        }
    }

    /** Verifies: 1 good, anything else not. */
    public static int verify(long context, long signature, long length, long digest, long digestLength) {
        try {
            return (int) VERIFY.invokeExact(context, signature, length, digest, digestLength);
        } catch (Throwable t) {
            throw Linkage.broken("EVP_PKEY_verify", t);
        }
    }

    /** Encrypts; lengths as for signing. */
    public static int encrypt(long context, long out, long outLength, long in, long inLength) {
        try {
            return (int) ENCRYPT.invokeExact(context, out, outLength, in, inLength);
        } catch (Throwable t) {
            throw Linkage.broken("EVP_PKEY_encrypt", t);
        }
    }

    /** Decrypts; lengths as for signing, the room at {@code out} being the modulus's length. */
    public static int decrypt(long context, long out, long outLength, long in, long inLength) {
        try {
            return (int) DECRYPT.invokeExact(context, out, outLength, in, inLength);
        } catch (Throwable t) {
            throw Linkage.broken("EVP_PKEY_decrypt", t);
        }
    }

    /** Gives up a key; the last owner's call wipes it. */
    public static void free(long key) {
        try {
            KEY_FREE.invokeExact(key);
        } catch (Throwable t) {
            throw Linkage.broken("EVP_PKEY_free", t);
        }
    }

    /** A context that makes keys of a type; to be freed. */
    public static long newGenerator(int type) {
        try {
            return (long) CTX_NEW_ID.invokeExact(type, 0L);
        } catch (Throwable t) {
            throw Linkage.broken("EVP_PKEY_CTX_new_id", t);
        }
    }

    /** Makes the context generate. */
    public static int generatorInit(long context) {
        try {
            return (int) KEYGEN_INIT.invokeExact(context);
        } catch (Throwable t) {
            throw Linkage.broken("EVP_PKEY_keygen_init", t);
        }
    }

    /** Sets the public exponent, a number that belongs to the context from now on if this succeeds. */
    public static int generatorExponent(long context, long number) {
        try {
            return (int) SET_EXPONENT.invokeExact(context, number);
        } catch (Throwable t) {
            throw Linkage.broken("EVP_PKEY_CTX_set_rsa_keygen_pubexp", t);
        }
    }

    /** Sets the modulus size; the exponent is 65537 by default. */
    public static int generatorBits(long context, int bits) {
        try {
            return (int) SET_BITS.invokeExact(context, bits);
        } catch (Throwable t) {
            throw Linkage.broken("EVP_PKEY_CTX_set_rsa_keygen_bits", t);
        }
    }

    /** Sets the curve, by the library's number. */
    public static int generatorCurve(long context, int curve) {
        try {
            return (int) SET_CURVE.invokeExact(context, curve);
        } catch (Throwable t) {
            throw Linkage.broken("EVP_PKEY_CTX_set_ec_paramgen_curve_nid", t);
        }
    }

    /** Generates; {@code keyPointer} points to a pointer of 0 and receives the key. */
    public static int generate(long context, long keyPointer) {
        try {
            return (int) KEYGEN.invokeExact(context, keyPointer);
        } catch (Throwable t) {
            throw Linkage.broken("EVP_PKEY_keygen", t);
        }
    }

    /**
     * Reads a private key.
     *
     * @param type {@link #RSA} or {@link #EC}
     * @param der RSAPrivateKey (RFC 8017) or ECPrivateKey (RFC 5915)
     * @return the key, to be freed; 0 if the bytes are no such key
     */
    public static long parse(int type, MemorySegment der) {
        return parse(D2I, type, der);
    }

    /**
     * Reads an RSA public key.
     *
     * @param der RSAPublicKey (RFC 8017 A.1.1)
     * @return the key, to be freed; 0 if the bytes are no such key, or one that the library will not use
     */
    public static long parseRsaPublic(MemorySegment der) {
        return parse(D2I_PUBLIC, RSA, der);
    }

    private static long parse(MethodHandle reader, int type, MemorySegment der) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment pointer = arena.allocateFrom(JAVA_LONG, der.address());
            long key = (long) reader.invokeExact(type, 0L, pointer.address(), der.byteSize());
            boolean whole = pointer.get(JAVA_LONG, 0) == der.address() + der.byteSize();
            if (key != 0 && !whole) {
                free(key);
                return 0;
            }
            return key;
        } catch (Throwable t) {
            throw Linkage.broken("d2i_PrivateKey or d2i_PublicKey", t);
        }
    }

    /**
     * Whether all parts of a key that was read are in range and belong together. AWS-LC has seen to it while reading;
     * OpenSSL checks only when asked.
     */
    public static boolean sound(long key) {
        if (LIBRARY.awsLc()) {
            return true;
        }
        long context = newContext(key);
        boolean sound = context != 0 && OpenSslCalls.check(context) == 1;
        freeContext(context);
        if (!sound) {
            LibCrypto.clearErrors();
        }
        return sound;
    }

    /** Writes a private key in the form that {@link #parse} reads. Answers its length; 0 if it failed or has no room. */
    public static int encode(long key, MemorySegment out) {
        try (Arena arena = Arena.ofConfined()) {
            int length = (int) I2D.invokeExact(key, 0L);
            if (length <= 0 || length > out.byteSize()) {
                return 0;
            }
            MemorySegment pointer = arena.allocateFrom(JAVA_LONG, out.address());
            return Math.max((int) I2D.invokeExact(key, pointer.address()), 0);
        } catch (Throwable t) {
            throw Linkage.broken("i2d_PrivateKey", t);
        }
    }

    /** The public part: DER of RSAPublicKey, or an uncompressed point. Empty if it failed. */
    public static byte[] publicPart(long key) {
        try (Arena arena = Arena.ofConfined()) {
            int length = (int) I2D_PUBLIC.invokeExact(key, 0L);
            if (length <= 0) {
                return new byte[0];
            }
            MemorySegment out = arena.allocate(length);
            MemorySegment pointer = arena.allocateFrom(JAVA_LONG, out.address());
            int written = (int) I2D_PUBLIC.invokeExact(key, pointer.address());
            return written == length ? out.toArray(JAVA_BYTE) : new byte[0];
        } catch (Throwable t) {
            throw Linkage.broken("i2d_PublicKey", t);
        }
    }
}
