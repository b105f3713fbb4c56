// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.engine;

import dev.managedhsm.crypto.algorithm.RsaNumbers;
import dev.managedhsm.crypto.key.KeyClass;
import dev.managedhsm.crypto.key.PublicPart;
import java.lang.foreign.MemorySegment;
import java.math.BigInteger;
import org.bouncycastle.crypto.params.RSAPrivateCrtKeyParameters;
import org.bouncycastle.util.BigIntegers;

/**
 * The secret encoding of an RSA key (see {@link RsaNumbers}) as the portable engine's numbers, and back. Stateless.
 */
final class RsaSecret {
    private static final BigInteger ONE = BigInteger.ONE;

    /** A public exponent above 2^33 serves nobody and makes verification slow; libraries refuse it too. */
    private static final int EXPONENT_BITS_MAX = 33;

    private RsaSecret() {}

    /**
     * The private key in the encoding.
     *
     * @throws EngineFailure if the bytes are no such encoding
     */
    static RSAPrivateCrtKeyParameters read(MemorySegment der) {
        RsaNumbers numbers = RsaNumbers.read(der);
        if (numbers == null) {
            throw malformed();
        }
        try (HeapCopies copies = new HeapCopies()) {
            // "Internal" skips the library's search for small factors: it takes milliseconds, and this runs per call.
            return new RSAPrivateCrtKeyParameters(
                    number(numbers.modulus(), copies),
                    number(numbers.publicExponent(), copies),
                    number(numbers.privateExponent(), copies),
                    number(numbers.firstPrime(), copies),
                    number(numbers.secondPrime(), copies),
                    number(numbers.firstExponent(), copies),
                    number(numbers.secondExponent(), copies),
                    number(numbers.coefficient(), copies),
                    true);
        } catch (IllegalArgumentException unfit) {
            throw malformed();
        }
    }

    private static BigInteger number(MemorySegment bytes, HeapCopies copies) {
        return new BigInteger(1, copies.copy(bytes));
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
        boolean good = key.getExponent().signum() > 0
                && n.bitLength() == keyClass.bits()
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
        return new RsaNumbers(
                        bytes(key.getModulus(), copies),
                        bytes(key.getPublicExponent(), copies),
                        bytes(key.getExponent(), copies),
                        bytes(key.getP(), copies),
                        bytes(key.getQ(), copies),
                        bytes(key.getDP(), copies),
                        bytes(key.getDQ(), copies),
                        bytes(key.getQInv(), copies))
                .write(out);
    }

    private static MemorySegment bytes(BigInteger number, HeapCopies copies) {
        return MemorySegment.ofArray(copies.keep(BigIntegers.asUnsignedByteArray(number)));
    }

    private static boolean inverse(BigInteger a, BigInteger b, BigInteger modulus) {
        return a.multiply(b).mod(modulus).equals(ONE.mod(modulus));
    }

    private static EngineFailure malformed() {
        return new EngineFailure("the secret is no DER encoding of an RSA private key");
    }
}
