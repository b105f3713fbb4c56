// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.algorithm;

import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * The eight numbers of an RSA private key with two primes, where they lie: big endian, unsigned. Between them and the
 * HSM's secret encoding, which is the DER of RSAPrivateKey (RFC 8017 appendix A.1.2).
 *
 * @param modulus n
 * @param publicExponent e
 * @param privateExponent d
 * @param firstPrime p
 * @param secondPrime q
 * @param firstExponent d mod (p - 1)
 * @param secondExponent d mod (q - 1)
 * @param coefficient the inverse of q mod p
 */
public record RsaNumbers(
        MemorySegment modulus,
        MemorySegment publicExponent,
        MemorySegment privateExponent,
        MemorySegment firstPrime,
        MemorySegment secondPrime,
        MemorySegment firstExponent,
        MemorySegment secondExponent,
        MemorySegment coefficient) {
    /** How many there are. */
    public static final int COUNT = 8;

    /** The numbers in a secret encoding; null unless it is strict DER of exactly these and nothing more. */
    public static @Nullable RsaNumbers read(MemorySegment der) {
        DerReader file = new DerReader(der);
        DerReader key = file.inside(Der.SEQUENCE);
        key.number(0);
        RsaNumbers numbers = new RsaNumbers(
                key.unsigned(),
                key.unsigned(),
                key.unsigned(),
                key.unsigned(),
                key.unsigned(),
                key.unsigned(),
                key.unsigned(),
                key.unsigned());
        return key.ended() && file.ended() ? numbers : null;
    }

    /**
     * Writes the secret encoding.
     *
     * @param out off-heap, long enough for the largest class; the caller wipes it
     * @return its length in bytes; 0 if there is no room for it
     */
    public int write(MemorySegment out) {
        int content = DerWriter.elementLength(1);
        for (MemorySegment number : all()) {
            content += DerWriter.unsignedLength(number, 0, (int) number.byteSize());
        }
        if (DerWriter.elementLength(content) > out.byteSize()) {
            return 0;
        }
        DerWriter writer = new DerWriter(out).header(Der.SEQUENCE, content).number(0);
        for (MemorySegment number : all()) {
            writer.unsigned(number, 0, (int) number.byteSize());
        }
        return writer.length();
    }

    /** All of them, in the order of the standard. */
    public MemorySegment[] all() {
        return new MemorySegment[] {
            modulus,
            publicExponent,
            privateExponent,
            firstPrime,
            secondPrime,
            firstExponent,
            secondExponent,
            coefficient
        };
    }
}
