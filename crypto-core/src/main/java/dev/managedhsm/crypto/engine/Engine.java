// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.engine;

import dev.managedhsm.crypto.key.KeyClass;
import dev.managedhsm.crypto.key.KeyFault;
import dev.managedhsm.crypto.key.PublicPart;
import dev.managedhsm.crypto.operation.KeyTransport;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * One way of doing cryptography. An engine has passed its known-answer tests before anybody holds it.
 *
 * <p>All methods may be called by any thread; only what {@link #worker()} returns belongs to one thread.
 *
 * <p>Secret encodings are the same for every engine, so that a key made by one can be used by another:
 *
 * <ul>
 *   <li>RSA: DER of {@code RSAPrivateKey}, RFC 8017 appendix A.1.2;
 *   <li>EC: the private scalar, big endian, as long as the curve's field;
 *   <li>symmetric: the key bytes.
 * </ul>
 */
public interface Engine extends AutoCloseable {
    /** Longest secret encoding of any key class, in bytes: RSA-4096 is 2.4 KB. */
    int SECRET_LENGTH_MAX = 4096;

    /** The public exponent of RSA pairs unless somebody asks for another. */
    long PUBLIC_EXPONENT = 65_537;

    /** Longest public exponent, in bits: libraries make no pairs with longer ones, and verifying would take long. */
    int PUBLIC_EXPONENT_BITS_MAX = 32;

    /**
     * Whether RSA pairs can have this public exponent: odd, above 2^16 (FIPS 186-5 appendix A.1.1), of {@link
     * #PUBLIC_EXPONENT_BITS_MAX} bits at most.
     */
    static boolean publicExponentAllowed(long publicExponent) {
        return RsaRules.allowed(publicExponent);
    }

    /** What the transport methods answer instead of a length. */
    int TRANSPORT_FAILED = -1;

    /** Length of the key of {@link #sealContent}, in bytes: MAC key, then AES key. */
    int CONTENT_KEY_LENGTH = 64;

    /** Length of the vector of {@link #sealContent}, in bytes. */
    int CONTENT_IV_LENGTH = 16;

    /** Length of the tag that {@link #sealContent} puts after the ciphertext, in bytes. */
    int CONTENT_TAG_LENGTH = 32;

    /** What {@link #openContent} answers when the tag is wrong. */
    int CONTENT_NOT_OURS = -1;

    /** What this engine is: name, library, version, where it was found. One line, for the log and for health. */
    String description();

    /** Makes a key, an RSA pair with {@link #PUBLIC_EXPONENT}. See the other method. */
    default GeneratedKey generate(KeyClass keyClass, MemorySegment secret) {
        return generate(keyClass, PUBLIC_EXPONENT, secret);
    }

    /**
     * Makes a key. A pair is proved by a pairwise consistency test before it is returned (FIPS 140-3 section 7.10.3.3).
     * Takes from 10 microseconds to seconds (RSA), so never on an event loop or a worker.
     *
     * @param keyClass which kind of key
     * @param publicExponent of an RSA pair: {@link #publicExponentAllowed}
     * @param secret where the secret encoding is written: at least {@link #SECRET_LENGTH_MAX} bytes, off-heap, locked;
     *     the caller wipes it
     * @return what was made
     * @throws EngineFailure if the library failed or the pair is not consistent
     */
    GeneratedKey generate(KeyClass keyClass, long publicExponent, MemorySegment secret);

    /**
     * Looks at a key that was made elsewhere: whether its encoding is strict, its numbers are what FIPS 186-5 demands, its
     * halves belong together, and what it signs is verified. Every engine comes to the same end. Takes from microseconds
     * to a quarter of a second (RSA: primes are tested; the portable engine takes seconds), so never on an event loop, a
     * worker or the control worker.
     *
     * @param keyClass which kind of key
     * @param publicPart what is said to be its public part; null, for EC only, if nobody said
     * @param secret its secret encoding, off-heap; the caller wipes it
     * @return its public part, or what is wrong with it
     * @throws EngineFailure if the library failed
     */
    Examined examine(KeyClass keyClass, @Nullable PublicPart publicPart, MemorySegment secret);

    /** How {@link #examine} ended. */
    sealed interface Examined {
        /**
         * The key can be used.
         *
         * @param publicPart its public part
         */
        record Sound(PublicPart publicPart) implements Examined {}

        /**
         * The key must not be used.
         *
         * @param fault why
         */
        record Faulty(KeyFault fault) implements Examined {}
    }

    /**
     * Makes a key ready for use.
     *
     * @param keyClass which kind of key
     * @param publicPart its public part
     * @param secret its secret encoding, off-heap; the caller wipes it
     * @return the key, to be closed when no worker can be using it any more
     * @throws EngineFailure if the secret is not one of this class
     */
    EngineKey load(KeyClass keyClass, PublicPart publicPart, MemorySegment secret);

    /** A new executor for one worker thread, with scratch memory of its own. */
    EngineWorker worker();

    /**
     * A cipher for sealing records: AES-256-GCM (NIST SP 800-38D) under the given key. Closing it wipes the key.
     *
     * @param key 32 bytes, off-heap; copied, the caller wipes it
     */
    Sealer sealer(MemorySegment key);

    /**
     * Derives key bytes: NIST SP 800-108r1 section 4.1, counter mode, HMAC-SHA-512, 32-bit counter before and 32-bit
     * length after, label and context separated by a zero byte.
     *
     * @param key the key-derivation key, off-heap
     * @param label what the derived key is for
     * @param context whom it is for
     * @param out as many bytes as wanted, off-heap
     */
    void derive(MemorySegment key, byte[] label, byte[] context, MemorySegment out);

    /**
     * Wraps key bytes so that only the holder of an RSA key can read them, under a fresh AES-256 key.
     *
     * @param transport with which hash function
     * @param to the receiver's public key, as somebody sent it: odd modulus of 2048 to 4096 bits, odd exponent of 3 to
     *     2^33
     * @param plain the bytes, at least 1, off-heap; the caller wipes them
     * @param out at least {@link KeyTransport#wrappedLength} bytes, off-heap
     * @return the length, or {@link #TRANSPORT_FAILED} if the public key cannot be used
     * @throws EngineFailure if the library failed
     */
    int wrapForTransport(KeyTransport transport, PublicPart.Rsa to, MemorySegment plain, MemorySegment out);

    /**
     * Unwraps what {@link #wrapForTransport} made for a key of this engine; takes inner AES keys of 128, 192 and 256 bits.
     * A bad RSA part goes on with a random AES key, so that every failure ends in the same place (RFC 8017 section 7.1.2).
     *
     * @param key an RSA key
     * @param wrapped off-heap
     * @param out at least {@link KeyTransport#unwrappedLengthMax} bytes, off-heap; the caller wipes it; zeroes if it failed
     * @return the length, or {@link #TRANSPORT_FAILED}, whatever the reason
     * @throws EngineFailure if the library failed
     */
    int unwrapFromTransport(KeyTransport transport, EngineKey key, MemorySegment wrapped, MemorySegment out);

    /**
     * Encrypts few bytes, a content key, so that only the holder of an RSA key can read them: RSAES-OAEP with SHA-256 for
     * both hash and mask and an empty label (RFC 8017 section 7.1.1), which JOSE calls RSA-OAEP-256.
     *
     * @param to the receiver's public key, as somebody sent it; what {@link #wrapForTransport} takes
     * @param plain the bytes, at least 1, at most the modulus's length less 66, off-heap; the caller wipes them
     * @param out as long as the modulus, off-heap
     * @return the length, or {@link #TRANSPORT_FAILED} if the public key cannot be used
     * @throws EngineFailure if the library failed
     */
    int encryptTo(PublicPart.Rsa to, MemorySegment plain, MemorySegment out);

    /**
     * Decrypts what {@link #encryptTo} made for a key of this engine.
     *
     * @param key an RSA key
     * @param sealed off-heap
     * @param out as long as the modulus, off-heap; the caller wipes it; zeroes if it failed
     * @return the length, or {@link #TRANSPORT_FAILED}, whatever the reason
     * @throws EngineFailure if the library failed
     */
    int decryptWith(EngineKey key, MemorySegment sealed, MemorySegment out);

    /**
     * Encrypts content of any length that others may keep: AES_256_CBC_HMAC_SHA_512 (RFC 7518 section 5.2.5).
     *
     * @param key {@link #CONTENT_KEY_LENGTH} bytes, off-heap
     * @param iv {@link #CONTENT_IV_LENGTH} random bytes, off-heap
     * @param aad what the ciphertext is bound to
     * @param plaintext off-heap; the caller wipes it
     * @param out off-heap, {@link #sealedContentLength} bytes: ciphertext, then tag
     */
    void sealContent(MemorySegment key, MemorySegment iv, byte[] aad, MemorySegment plaintext, MemorySegment out);

    /**
     * Decrypts what {@link #sealContent} made. The tag is checked first, in constant time; unless it is good, nothing is
     * written.
     *
     * @param sealed off-heap, ciphertext and tag
     * @param out off-heap, at least as long as the ciphertext; the caller wipes it
     * @return length of the plaintext in bytes, or {@link #CONTENT_NOT_OURS}
     */
    int openContent(MemorySegment key, MemorySegment iv, byte[] aad, MemorySegment sealed, MemorySegment out);

    /** Length of ciphertext and tag for a plaintext of this length, in bytes: at least one byte of padding is added. */
    static long sealedContentLength(long plaintextLength) {
        return (plaintextLength / CONTENT_IV_LENGTH + 1) * CONTENT_IV_LENGTH + CONTENT_TAG_LENGTH;
    }

    /** Fills the segment with random bytes fit for keys (NIST SP 800-90A). */
    void random(MemorySegment out);

    /**
     * Overwrites what the calling thread still has in registers and on its stack of a secret that it took in or handed on. What the
     * engine itself leaves there it overwrites by itself. A microsecond; by platform threads.
     *
     * @throws EngineFailure if the library failed
     */
    void forget();

    /**
     * Runs all known-answer tests again.
     *
     * @throws EngineFailure naming the first test that failed; the engine must not be used any more
     */
    void selfTest();

    /** Gives back what the engine holds. No key of it may be used afterwards. */
    @Override
    void close();

    /**
     * What {@link #generate} made.
     *
     * @param secretLength length of the secret encoding, in bytes
     * @param publicPart the public part
     */
    record GeneratedKey(int secretLength, PublicPart publicPart) {}
}
