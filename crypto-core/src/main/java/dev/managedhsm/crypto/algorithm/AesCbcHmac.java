// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.algorithm;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import dev.managedhsm.crypto.foreign.LibCrypto;
import dev.managedhsm.crypto.foreign.LibCryptoCiphers;
import dev.managedhsm.crypto.foreign.LibraryFailure;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * AES_256_CBC_HMAC_SHA_512 (RFC 7518 section 5.2.5): AES-256-CBC with padding, then HMAC-SHA-512 over what it is bound to,
 * the vector and the ciphertext. Keys and plaintext stay where the caller has them. Any thread; not for the hot path.
 *
 * <p>The tag is checked in constant time before anything is decrypted, so the padding cannot be asked about.
 */
public final class AesCbcHmac {
    private static final int BLOCK_LENGTH = 16;
    private static final int MAC_KEY_LENGTH = 32;
    private static final int AES_KEY_LENGTH = 32;
    private static final int MAC_LENGTH = 64;
    private static final int TAG_LENGTH = 32;
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);

    private AesCbcHmac() {}

    /**
     * Encrypts.
     *
     * @param key 64 bytes: MAC key, then AES key
     * @param iv 16 bytes
     * @param aad what the ciphertext is bound to
     * @param plaintext off-heap
     * @param out off-heap: the ciphertext, a whole number of blocks above the plaintext's length, then 32 bytes of tag
     */
    public static void seal(
            MemorySegment key, MemorySegment iv, byte[] aad, MemorySegment plaintext, MemorySegment out) {
        MemorySegment ciphertext = out.asSlice(0, out.byteSize() - TAG_LENGTH);
        long length = process(key, iv, plaintext, ciphertext, 1);
        if (length != ciphertext.byteSize()) {
            throw failure();
        }
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment mac = mac(arena, key, iv, aad, ciphertext);
            MemorySegment.copy(mac, 0, out, ciphertext.byteSize(), TAG_LENGTH);
            mac.fill((byte) 0);
        }
    }

    /**
     * Decrypts what {@link #seal} made.
     *
     * @param out off-heap, at least as long as the ciphertext; touched only if the tag is good
     * @return length of the plaintext, or -1 if the tag is wrong
     */
    public static long open(MemorySegment key, MemorySegment iv, byte[] aad, MemorySegment sealed, MemorySegment out) {
        MemorySegment ciphertext = sealed.asSlice(0, sealed.byteSize() - TAG_LENGTH);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment mac = mac(arena, key, iv, aad, ciphertext);
            long tag = sealed.address() + ciphertext.byteSize();
            boolean good = LibCrypto.equal(mac.address(), tag, TAG_LENGTH);
            mac.fill((byte) 0); // the right tag of bytes that may be a forger's
            return good ? process(key, iv, ciphertext, out, 0) : -1;
        }
    }

    private static long process(MemorySegment key, MemorySegment iv, MemorySegment in, MemorySegment out, int encrypt) {
        long needed = encrypt == 1 ? (in.byteSize() / BLOCK_LENGTH + 1) * BLOCK_LENGTH : in.byteSize();
        if (out.byteSize() < needed) {
            throw new IllegalStateException("no room for what is to be written");
        }
        long cipher = LibCryptoCiphers.cbc(AES_KEY_LENGTH);
        long aesKey = key.address() + MAC_KEY_LENGTH;
        try (Scratch scratch = new Scratch()) {
            long context = scratch.cipherContext();
            long length = scratch.address(Scratch.LENGTH);
            boolean good = LibCryptoCiphers.init(context, cipher, aesKey, iv.address(), encrypt) == 1
                    && LibCryptoCiphers.update(
                                    context, out.address(), length, in.address(), Math.toIntExact(in.byteSize()))
                            == 1;
            int written = good ? scratch.segment().get(JAVA_INT, Scratch.LENGTH) : 0;
            good = good && LibCryptoCiphers.finish(context, out.address() + written, length) == 1;
            written += good ? scratch.segment().get(JAVA_INT, Scratch.LENGTH) : 0;
            if (LibCryptoCiphers.reset(context) != 1 || !good) {
                LibCrypto.clearErrors();
                throw failure();
            }
            return written;
        }
    }

    /** M = HMAC(aad ‖ iv ‖ ciphertext ‖ bits of aad); its first half is the tag. */
    private static MemorySegment mac(
            Arena arena, MemorySegment key, MemorySegment iv, byte[] aad, MemorySegment ciphertext) {
        long length = aad.length + iv.byteSize() + ciphertext.byteSize() + Long.BYTES;
        MemorySegment input = arena.allocate(length);
        MemorySegment.copy(aad, 0, input, JAVA_BYTE, 0, aad.length);
        MemorySegment.copy(iv, 0, input, aad.length, iv.byteSize());
        MemorySegment.copy(ciphertext, 0, input, aad.length + iv.byteSize(), ciphertext.byteSize());
        input.set(LONG, length - Long.BYTES, 8L * aad.length);
        MemorySegment mac = arena.allocate(MAC_LENGTH);
        MemorySegment macLength = arena.allocate(Long.BYTES);
        boolean done = LibCrypto.hmac(
                LibCrypto.SHA512,
                key.address(),
                MAC_KEY_LENGTH,
                input.address(),
                length,
                mac.address(),
                macLength.address());
        if (!done) {
            LibCrypto.clearErrors();
            throw failure();
        }
        return mac;
    }

    private static LibraryFailure failure() {
        return new LibraryFailure("the library could not use AES-CBC with HMAC");
    }
}
