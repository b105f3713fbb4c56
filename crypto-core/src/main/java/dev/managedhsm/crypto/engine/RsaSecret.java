// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.engine;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import dev.managedhsm.crypto.key.KeyClass;
import dev.managedhsm.crypto.key.PublicPart;
import java.io.ByteArrayOutputStream;
import java.lang.foreign.MemorySegment;
import java.math.BigInteger;
import org.bouncycastle.crypto.params.RSAPrivateCrtKeyParameters;

/**
 * Reads and writes the secret encoding of an RSA key: strict DER of {@code RSAPrivateKey} with two primes, RFC 8017
 * appendix A.1.2. Stateless. Nothing else is accepted, so one key has one encoding.
 *
 * <pre>
 *   30 len  02 01 00   version
 *           02 len n   02 len e   02 len d   02 len p   02 len q   02 len dP   02 len dQ   02 len qInv
 * </pre>
 */
final class RsaSecret {
    private static final int SEQUENCE = 0x30;
    private static final int INTEGER = 0x02;
    private static final BigInteger ONE = BigInteger.ONE;

    /** A public exponent above 2^33 serves nobody and makes verification slow; libraries refuse it too. */
    private static final int EXPONENT_BITS_MAX = 33;

    private final byte[] der;
    private int at;

    private RsaSecret(byte[] der) {
        this.der = der;
    }

    /**
     * The private key in the encoding.
     *
     * @throws EngineFailure if the bytes are no such encoding
     */
    static RSAPrivateCrtKeyParameters read(byte[] der) {
        RsaSecret reader = new RsaSecret(der);
        if (reader.length(SEQUENCE) != der.length - reader.at
                || reader.integer().signum() != 0) {
            throw malformed();
        }
        BigInteger n = reader.integer();
        BigInteger e = reader.integer();
        BigInteger d = reader.integer();
        BigInteger p = reader.integer();
        BigInteger q = reader.integer();
        BigInteger dP = reader.integer();
        BigInteger dQ = reader.integer();
        BigInteger qInv = reader.integer();
        if (reader.at != der.length || n.signum() == 0 || d.signum() == 0) {
            throw malformed();
        }
        try {
            // "Internal" skips the library's search for small factors: it takes milliseconds, and this runs per call.
            return new RSAPrivateCrtKeyParameters(n, e, d, p, q, dP, dQ, qInv, true);
        } catch (IllegalArgumentException unfit) {
            throw malformed();
        }
    }

    /**
     * Checks that the numbers belong together, to the class, and to the public part. Primality is not tested: who
     * imports composite factors harms only that key, and each private result is checked before it leaves.
     *
     * @throws EngineFailure if they do not
     */
    static void check(RSAPrivateCrtKeyParameters key, KeyClass keyClass, PublicPart.Rsa publicPart) {
        BigInteger n = key.getModulus();
        BigInteger e = key.getPublicExponent();
        BigInteger p = key.getP();
        BigInteger q = key.getQ();
        boolean good = n.bitLength() == keyClass.bits()
                && n.equals(new BigInteger(1, publicPart.modulus()))
                && e.equals(new BigInteger(1, publicPart.exponent()))
                && e.testBit(0)
                && e.compareTo(ONE) > 0
                && e.bitLength() <= EXPONENT_BITS_MAX
                && p.compareTo(ONE) > 0
                && q.compareTo(ONE) > 0
                && !p.equals(q)
                && p.multiply(q).equals(n)
                && key.getExponent().compareTo(n) < 0
                && inverse(e, key.getExponent(), p.subtract(ONE))
                && inverse(e, key.getExponent(), q.subtract(ONE))
                && key.getDP().compareTo(p) < 0
                && inverse(e, key.getDP(), p.subtract(ONE))
                && key.getDQ().compareTo(q) < 0
                && inverse(e, key.getDQ(), q.subtract(ONE))
                && key.getQInv().compareTo(p) < 0
                && inverse(q, key.getQInv(), p);
        if (!good) {
            throw new EngineFailure("the secret is not the RSA private key of this class and public part");
        }
    }

    /**
     * Writes the encoding.
     *
     * @param out long enough for the largest class
     * @return its length in bytes
     */
    static int write(RSAPrivateCrtKeyParameters key, MemorySegment out, HeapCopies copies) {
        BigInteger[] numbers = {
            BigInteger.ZERO,
            key.getModulus(),
            key.getPublicExponent(),
            key.getExponent(),
            key.getP(),
            key.getQ(),
            key.getDP(),
            key.getDQ(),
            key.getQInv()
        };
        int bodyLength = 0;
        for (BigInteger number : numbers) {
            int length = number.bitLength() / 8 + 1;
            bodyLength += header(INTEGER, length).length + length;
        }
        int end = append(out, 0, header(SEQUENCE, bodyLength));
        for (BigInteger number : numbers) {
            byte[] bytes = copies.keep(number.toByteArray());
            end = append(out, append(out, end, header(INTEGER, bytes.length)), bytes);
        }
        return end;
    }

    private static boolean inverse(BigInteger a, BigInteger b, BigInteger modulus) {
        return a.multiply(b).mod(modulus).equals(ONE.mod(modulus));
    }

    private static int append(MemorySegment out, int at, byte[] bytes) {
        MemorySegment.copy(bytes, 0, out, JAVA_BYTE, at, bytes.length);
        return at + bytes.length;
    }

    private static byte[] header(int tag, int length) {
        ByteArrayOutputStream header = new ByteArrayOutputStream(4);
        header.write(tag);
        if (length > 0xff) {
            header.write(0x82);
            header.write(length >>> 8);
        } else if (length > 0x7f) {
            header.write(0x81);
        }
        header.write(length);
        return header.toByteArray();
    }

    private BigInteger integer() {
        int length = length(INTEGER);
        boolean negative = length == 0 || der[at] < 0;
        boolean padded = length > 1 && der[at] == 0 && der[at + 1] >= 0;
        if (negative || padded) {
            throw malformed();
        }
        BigInteger number = new BigInteger(1, der, at, length);
        at += length;
        return number;
    }

    /** Reads a tag and the shortest form of a length that stays within the encoding (X.690 section 10.1). */
    private int length(int tag) {
        if (next() != tag) {
            throw malformed();
        }
        int first = next();
        int length = switch (first) {
            case 0x81 -> next();
            case 0x82 -> next() << 8 | next();
            default -> first;
        };
        boolean shortest = switch (first) {
            case 0x81 -> length > 0x7f;
            case 0x82 -> length > 0xff;
            default -> length < 0x80;
        };
        if (!shortest || length > der.length - at) {
            throw malformed();
        }
        return length;
    }

    private int next() {
        if (at == der.length) {
            throw malformed();
        }
        return der[at++] & 0xff;
    }

    private static EngineFailure malformed() {
        return new EngineFailure("the secret is no DER encoding of an RSA private key");
    }
}
