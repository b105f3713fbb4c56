// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.algorithm;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.managedhsm.crypto.foreign.LibCrypto;
import dev.managedhsm.crypto.foreign.LibCryptoKeys;
import dev.managedhsm.crypto.foreign.LibraryFailure;
import dev.managedhsm.crypto.key.PublicPart;
import dev.managedhsm.crypto.operation.KeyTransport;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * Whole keys on their way to or from the holder of an RSA key: see {@link KeyTransport}.
 *
 * <p>What comes from elsewhere is untrusted twice, in its RSA part and in its AES part. A bad RSA part does not end
 * unwrapping: a random AES key stands in, so that both kinds of failure end at the integrity value of RFC 5649 and whoever
 * asks learns good or bad only (Manger).
 */
public final class RsaTransport {
    private static final int FAILED = -1;
    private static final int AES_KEY_LENGTH = 32;

    private RsaTransport() {}

    /**
     * Wraps.
     *
     * @param out long enough ({@link KeyTransport#wrappedLength})
     * @return the length, or -1 if the library will not use this public key
     * @throws LibraryFailure if the library failed for another reason
     */
    public static int wrap(
            KeyTransport transport, PublicPart.Rsa to, MemorySegment plain, MemorySegment out, Scratch scratch) {
        int modulusLength = to.modulus().length;
        long aesKey = scratch.address(Scratch.KEY);
        long key = publicKey(to);
        try {
            if (key == 0 || !LibCrypto.random(aesKey, AES_KEY_LENGTH)) {
                return FAILED;
            }
            int first = oaep(key, transport, true, aesKey, AES_KEY_LENGTH, out.address(), modulusLength, scratch);
            if (first != modulusLength) {
                return FAILED;
            }
            int room = (int) out.byteSize() - modulusLength;
            long second = out.address() + modulusLength;
            int length = (int) plain.byteSize();
            int written =
                    AesKeyWrap.padded(true, aesKey, AES_KEY_LENGTH, plain.address(), length, second, room, scratch);
            if (written < 0) {
                throw new LibraryFailure("the library could not wrap");
            }
            return modulusLength + written;
        } finally {
            scratch.wipe(Scratch.KEY, AES_KEY_LENGTH);
            LibCryptoKeys.free(key);
            LibCrypto.clearErrors();
        }
    }

    /**
     * Unwraps.
     *
     * @param wrapped of a length that {@link KeyTransport#unwrappedLengthMax} accepts
     * @param out long enough; zeroes if it failed
     * @return the length, or -1 for every reason alike
     * @throws LibraryFailure if the library has no random bytes
     */
    public static int unwrap(
            KeyTransport transport, PairKey key, MemorySegment wrapped, MemorySegment out, Scratch scratch) {
        int modulusLength = key.keyClass().bytes();
        int rest = (int) wrapped.byteSize() - modulusLength;
        long aesKey = scratch.address(Scratch.KEY);
        long opened = scratch.address(Scratch.SIGNATURE);
        try {
            if (!LibCrypto.random(aesKey, AES_KEY_LENGTH)) {
                throw new LibraryFailure("the library has no random bytes");
            }
            int length = oaep(
                    key.address(), transport, false, wrapped.address(), modulusLength, opened, modulusLength, scratch);
            boolean good = length == 16 || length == 24 || length == 32;
            int keyLength = good ? length : AES_KEY_LENGTH;
            if (good) {
                MemorySegment memory = scratch.segment();
                MemorySegment.copy(memory, Scratch.SIGNATURE, memory, Scratch.KEY, length);
            }
            int room = (int) out.byteSize();
            long second = wrapped.address() + modulusLength;
            int written = AesKeyWrap.padded(false, aesKey, keyLength, second, rest, out.address(), room, scratch);
            if (good && written > 0) {
                return written;
            }
            out.fill((byte) 0);
            return FAILED;
        } finally {
            scratch.wipe(Scratch.KEY, AES_KEY_LENGTH);
            scratch.wipe(Scratch.SIGNATURE, Scratch.SIGNATURE_LENGTH_MAX);
            LibCrypto.clearErrors();
        }
    }

    /**
     * Encrypts few bytes, with SHA-256.
     *
     * @param out as long as the modulus
     * @return the length, or -1 if the library will not use this public key
     */
    public static int encrypt(PublicPart.Rsa to, MemorySegment plain, MemorySegment out, Scratch scratch) {
        int modulusLength = to.modulus().length;
        int length = (int) plain.byteSize();
        long key = publicKey(to);
        try {
            int written = key == 0
                    ? FAILED
                    : oaep(
                            key,
                            KeyTransport.OAEP_SHA256,
                            true,
                            plain.address(),
                            length,
                            out.address(),
                            modulusLength,
                            scratch);
            return written == modulusLength ? written : FAILED;
        } finally {
            LibCryptoKeys.free(key);
            LibCrypto.clearErrors();
        }
    }

    /**
     * Decrypts what {@link #encrypt} made.
     *
     * @param out as long as the modulus; zeroes if it failed
     * @return the length, or -1 for every reason alike
     */
    public static int decrypt(PairKey key, MemorySegment sealed, MemorySegment out, Scratch scratch) {
        int modulusLength = key.keyClass().bytes();
        try {
            int written = oaep(
                    key.address(),
                    KeyTransport.OAEP_SHA256,
                    false,
                    sealed.address(),
                    modulusLength,
                    out.address(),
                    modulusLength,
                    scratch);
            if (written == FAILED) {
                out.fill((byte) 0);
            }
            return written;
        } finally {
            LibCrypto.clearErrors();
        }
    }

    /** Answers the length, or -1. */
    private static int oaep(
            long key,
            KeyTransport transport,
            boolean protects,
            long in,
            int inLength,
            long out,
            int room,
            Scratch scratch) {
        scratch.segment().set(JAVA_LONG, Scratch.LENGTH, room);
        long outLength = scratch.address(Scratch.LENGTH);
        long context = LibCryptoKeys.newContext(key);
        boolean ready = context != 0
                && (protects ? LibCryptoKeys.encryptInit(context) : LibCryptoKeys.decryptInit(context)) == 1
                && RsaEncryption.oaep(context, digest(transport));
        boolean good = ready
                && (protects
                                ? LibCryptoKeys.encrypt(context, out, outLength, in, inLength)
                                : LibCryptoKeys.decrypt(context, out, outLength, in, inLength))
                        == 1;
        LibCryptoKeys.freeContext(context);
        return good ? (int) scratch.segment().get(JAVA_LONG, Scratch.LENGTH) : FAILED;
    }

    private static long digest(KeyTransport transport) {
        return switch (transport) {
            case OAEP_SHA1 -> LibCrypto.SHA1;
            case OAEP_SHA256 -> LibCrypto.SHA256;
            case OAEP_SHA384 -> LibCrypto.SHA384;
        };
    }

    private static long publicKey(PublicPart.Rsa part) {
        try (Arena arena = Arena.ofConfined()) {
            int modulusLength = DerWriter.unsignedLength(part.modulus());
            int exponentLength = DerWriter.unsignedLength(part.exponent());
            int content = modulusLength + exponentLength;
            MemorySegment der = arena.allocate(DerWriter.elementLength(content));
            new DerWriter(der)
                    .header(Der.SEQUENCE, content)
                    .unsigned(part.modulus())
                    .unsigned(part.exponent());
            return LibCryptoKeys.parseRsaPublic(der);
        }
    }
}
