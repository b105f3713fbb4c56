// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.engine;

/**
 * The questions that {@link RsaRules} asks about the numbers of one private key, answered by an engine's own arithmetic.
 * For one call, by one thread.
 */
interface RsaArithmetic extends AutoCloseable {
    /** The numbers, in the order of {@link dev.managedhsm.crypto.algorithm.RsaNumbers#all()}. */
    @SuppressWarnings("AvoidCommonTypeNames") // a number of an RSA key is what it is
    enum Number {
        N,
        E,
        D,
        P,
        Q,
        DP,
        DQ,
        QI
    }

    /** How many bits a number has. */
    int bits(Number number);

    /** Whether a number is odd. */
    boolean odd(Number number);

    /** Whether one number is below another. */
    boolean below(Number number, Number limit);

    /** How many bits the difference of the primes has. */
    int distanceBits();

    /** Whether the modulus is the product of the primes. */
    boolean product();

    /** Whether the product of two numbers is 1 modulo a prime. */
    boolean inverses(Number one, Number other, Number prime);

    /** Whether the product of two numbers is 1 modulo a prime less one. */
    boolean inversesLessOne(Number one, Number other, Number prime);

    /** Whether a number passes {@link RsaRules#PRIME_ROUNDS} rounds of Miller-Rabin with random bases. */
    boolean prime(Number number);

    /** Wipes and gives back what it holds. */
    @Override
    void close();
}
