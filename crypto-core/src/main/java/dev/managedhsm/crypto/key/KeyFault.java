// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.key;

/**
 * What is wrong with a key that was made elsewhere. The list is closed, and the same bytes have the same fault whatever
 * engine looks at them: the first of this list that they have.
 */
public enum KeyFault {
    /** The bytes are no key of the class, or not the one that the public part belongs to. */
    MALFORMED,
    /** The modulus has not the class's number of bits. */
    MODULUS_SIZE,
    /** The public exponent is even, not above 2^16, or longer than 32 bits. */
    PUBLIC_EXPONENT,
    /** A prime has not half as many bits as the modulus. */
    PRIME_SIZE,
    /** The primes share their first 100 bits, or are the same (FIPS 186-5 appendix A.1.3). */
    PRIMES_TOO_CLOSE,
    /** The modulus is not the product of the primes. */
    MODULUS,
    /** The private exponent is not above the square root of the modulus (FIPS 186-5 appendix A.1.1). */
    PRIVATE_EXPONENT_TOO_SMALL,
    /** The private exponent is no inverse of the public one, or not below the modulus. */
    PRIVATE_EXPONENT,
    /** An exponent of the Chinese remainder is not the private exponent modulo the prime less one. */
    REMAINDER_EXPONENT,
    /** The coefficient of the Chinese remainder is not the inverse of the second prime modulo the first. */
    REMAINDER_COEFFICIENT,
    /** What should be a prime is composite. */
    NOT_PRIME,
    /** A coordinate is not below the field's prime. */
    COORDINATE,
    /** The point is not on the curve. */
    NOT_ON_CURVE,
    /** The private scalar is zero, or not below the order of the curve's base point. */
    SCALAR,
    /** The point is not the base point times the scalar. */
    POINT,
    /** What one half of the pair signs is not verified by the other. */
    INCONSISTENT
}
