// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.algorithm;

import java.lang.foreign.MemorySegment;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The numbers of an RSA private key, where they lie in its encoding: RSAPrivateKey with two primes, RFC 8017 appendix
 * A.1.2, in strict DER, so that one key has one encoding. Unsigned, big endian, without leading zero bytes. Whether they
 * belong together is for an engine to find out. Needs no library; any thread.
 *
 * <pre>
 *   30 len  02 01 00   version
 *           02 len n   02 len e   02 len d   02 len p   02 len q   02 len dP   02 len dQ   02 len qInv
 * </pre>
 */
public record RsaNumbers(
        MemorySegment n,
        MemorySegment e,
        MemorySegment d,
        MemorySegment p,
        MemorySegment q,
        MemorySegment dP,
        MemorySegment dQ,
        MemorySegment qInv) {

    /** The numbers in an encoding, as slices of it; null if the bytes are no such encoding, whole and with nothing after it. */
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
     * Writes the encoding.
     *
     * @param out long enough for the largest class
     * @return its length in bytes
     */
    public int write(MemorySegment out) {
        List<MemorySegment> numbers = List.of(n, e, d, p, q, dP, dQ, qInv);
        int content = DerWriter.elementLength(1);
        for (MemorySegment number : numbers) {
            content += DerWriter.unsignedLength(number, 0, (int) number.byteSize());
        }
        DerWriter writer = new DerWriter(out).header(Der.SEQUENCE, content).number(0);
        for (MemorySegment number : numbers) {
            writer.unsigned(number, 0, (int) number.byteSize());
        }
        return writer.length();
    }
}
