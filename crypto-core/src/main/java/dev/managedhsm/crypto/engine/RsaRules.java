// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.engine;

import static dev.managedhsm.crypto.engine.RsaArithmetic.Number.D;
import static dev.managedhsm.crypto.engine.RsaArithmetic.Number.DP;
import static dev.managedhsm.crypto.engine.RsaArithmetic.Number.DQ;
import static dev.managedhsm.crypto.engine.RsaArithmetic.Number.E;
import static dev.managedhsm.crypto.engine.RsaArithmetic.Number.N;
import static dev.managedhsm.crypto.engine.RsaArithmetic.Number.P;
import static dev.managedhsm.crypto.engine.RsaArithmetic.Number.Q;
import static dev.managedhsm.crypto.engine.RsaArithmetic.Number.QI;

import dev.managedhsm.crypto.key.KeyClass;
import dev.managedhsm.crypto.key.KeyFault;
import org.jspecify.annotations.Nullable;

/**
 * What must hold of an RSA private key that was made elsewhere, the same for every engine: FIPS 186-5 appendix A.1.1 and
 * RFC 8017 section 3.2. The cheap questions come first.
 *
 * <p>Two things are taken that FIPS 186-5 does not make: primes below the square root of 2 times a power of 2, as long as
 * both have half of the modulus's bits, and a private exponent modulo (p - 1)(q - 1) rather than its least common
 * multiple. Widely used programs make such keys, and they are as strong.
 */
final class RsaRules {
    /**
     * Rounds of Miller-Rabin. Numbers that somebody chose to deceive pass one round with a chance of 1 in 4 at most, so
     * these leave 1 in 2^128; FIPS 186-5 table B.1 asks for 4 or 5, of random candidates.
     */
    static final int PRIME_ROUNDS = 64;

    /** Bits in which the primes may not agree (FIPS 186-5 appendix A.1.3). */
    private static final int DISTANCE_BITS = 100;

    private RsaRules() {}

    /** Whether pairs with this public exponent can be made and taken (FIPS 186-5 appendix A.1.1, and libraries' limit). */
    static boolean allowed(long publicExponent) {
        return (publicExponent & 1) == 1
                && publicExponent >>> Engine.PUBLIC_EXPONENT_BITS_MAX == 0
                && publicExponent > 1 << 16;
    }

    /** What is wrong with the numbers, or null. Up to a quarter of a second. */
    static @Nullable KeyFault fault(KeyClass keyClass, RsaArithmetic numbers) {
        int half = keyClass.bits() / 2;
        if (numbers.bits(N) != keyClass.bits()) {
            return KeyFault.MODULUS_SIZE;
        }
        // An odd number of 17 bits is above 2^16.
        if (!numbers.odd(E) || numbers.bits(E) < 17 || numbers.bits(E) > Engine.PUBLIC_EXPONENT_BITS_MAX) {
            return KeyFault.PUBLIC_EXPONENT;
        }
        if (numbers.bits(P) != half || numbers.bits(Q) != half) {
            return KeyFault.PRIME_SIZE;
        }
        if (numbers.distanceBits() <= half - DISTANCE_BITS) {
            return KeyFault.PRIMES_TOO_CLOSE;
        }
        if (!numbers.product()) {
            return KeyFault.MODULUS;
        }
        if (numbers.bits(D) <= half) {
            return KeyFault.PRIVATE_EXPONENT_TOO_SMALL;
        }
        if (!numbers.below(D, N) || !numbers.inversesLessOne(E, D, P) || !numbers.inversesLessOne(E, D, Q)) {
            return KeyFault.PRIVATE_EXPONENT;
        }
        return remainderFault(numbers);
    }

    private static @Nullable KeyFault remainderFault(RsaArithmetic numbers) {
        boolean first = numbers.below(DP, P) && numbers.inversesLessOne(E, DP, P);
        boolean second = numbers.below(DQ, Q) && numbers.inversesLessOne(E, DQ, Q);
        if (!first || !second) {
            return KeyFault.REMAINDER_EXPONENT;
        }
        if (!numbers.below(QI, P) || !numbers.inverses(Q, QI, P)) {
            return KeyFault.REMAINDER_COEFFICIENT;
        }
        return numbers.prime(P) && numbers.prime(Q) ? null : KeyFault.NOT_PRIME;
    }
}
