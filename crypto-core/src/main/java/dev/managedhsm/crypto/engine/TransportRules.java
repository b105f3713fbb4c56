// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.engine;

import dev.managedhsm.crypto.key.KeyType;
import dev.managedhsm.crypto.key.PublicPart;
import dev.managedhsm.crypto.operation.KeyTransport;
import dev.managedhsm.crypto.operation.Limits;
import java.lang.foreign.MemorySegment;

/** What must hold before a key is wrapped for transport or unwrapped, the same for every engine. */
final class TransportRules {
    /** Above this a public exponent serves nobody and costs time; libraries refuse it too. */
    private static final int EXPONENT_BITS_MAX = 33;

    private TransportRules() {}

    /** Whether keys may be wrapped to this public key, which a stranger may have made. */
    static boolean suitable(PublicPart.Rsa to) {
        byte[] modulus = to.modulus();
        byte[] exponent = to.exponent();
        int bits = bits(modulus);
        return bits >= KeyTransport.MODULUS_BITS_MIN
                && bits <= 8 * Limits.MODULUS_LENGTH_MAX
                && bits(exponent) >= 2
                && bits(exponent) <= EXPONENT_BITS_MAX
                && (modulus[modulus.length - 1] & exponent[exponent.length - 1] & 1) == 1;
    }

    /** Bits of a number; 0 if it is empty or starts with a zero byte. */
    private static int bits(byte[] number) {
        int first = number.length == 0 ? 0 : number[0] & 0xff;
        return first == 0 ? 0 : 8 * number.length - Integer.numberOfLeadingZeros(first << 24);
    }

    /** Stops a caller that gives memory of the wrong kind. */
    static void checkWrap(PublicPart.Rsa to, MemorySegment plain, MemorySegment out) {
        boolean fits = plain.byteSize() > 0
                && plain.byteSize() <= Engine.SECRET_LENGTH_MAX
                && out.byteSize() >= KeyTransport.wrappedLength(to.modulus().length, (int) plain.byteSize());
        if (!fits || !plain.isNative() || !out.isNative()) {
            throw new IllegalStateException("nothing to wrap, no room for it, or memory on the heap");
        }
    }

    /** What OAEP with SHA-256 needs besides the message, in bytes: two hashes and two bytes (RFC 8017 section 7.1.1). */
    private static final int OAEP_OVERHEAD = 66;

    /** Stops a caller that gives memory of the wrong kind, or more than fits. */
    static void checkEncrypt(PublicPart.Rsa to, MemorySegment plain, MemorySegment out) {
        int modulusLength = to.modulus().length;
        boolean fits = plain.byteSize() > 0
                && plain.byteSize() <= modulusLength - OAEP_OVERHEAD
                && out.byteSize() >= modulusLength;
        if (!fits || !plain.isNative() || !out.isNative()) {
            throw new IllegalStateException("nothing to encrypt, no room for it, or memory on the heap");
        }
    }

    /** Whether the length is one that can be decrypted, which is no secret; stops a caller that gives no room. */
    static boolean canDecrypt(EngineKey key, MemorySegment sealed, MemorySegment out) {
        if (key.keyClass().type() != KeyType.RSA
                || !sealed.isNative()
                || !out.isNative()
                || out.byteSize() < key.keyClass().bytes()) {
            throw new IllegalStateException("no RSA key, no room, or memory on the heap");
        }
        return sealed.byteSize() == key.keyClass().bytes();
    }

    /** Whether the length is one that can be unwrapped, which is no secret; stops a caller that gives no room. */
    static boolean canUnwrap(EngineKey key, MemorySegment wrapped, MemorySegment out) {
        if (key.keyClass().type() != KeyType.RSA || !wrapped.isNative() || !out.isNative()) {
            throw new IllegalStateException("no RSA key, or memory on the heap");
        }
        int room = KeyTransport.unwrappedLengthMax(key.keyClass().bytes(), wrapped.byteSize());
        if (room > out.byteSize()) {
            throw new IllegalStateException("no room for what is unwrapped");
        }
        return room >= 0;
    }
}
