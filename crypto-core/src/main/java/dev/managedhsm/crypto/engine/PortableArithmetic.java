// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.engine;

import dev.managedhsm.crypto.algorithm.RsaNumbers;
import java.lang.foreign.MemorySegment;
import java.math.BigInteger;
import java.security.SecureRandom;
import org.bouncycastle.math.Primes;

/** Arithmetic on {@link BigInteger}s, which cannot be overwritten: see {@link PortableEngine}. */
final class PortableArithmetic implements RsaArithmetic {
    private final BigInteger[] numbers = new BigInteger[RsaNumbers.COUNT];
    private final SecureRandom random;

    /** @param random for the bases of Miller-Rabin */
    PortableArithmetic(RsaNumbers key, SecureRandom random) {
        this.random = random;
        MemorySegment[] all = key.all();
        try (HeapCopies copies = new HeapCopies()) {
            for (int i = 0; i < numbers.length; i++) {
                numbers[i] = new BigInteger(1, copies.copy(all[i]));
            }
        }
    }

    private BigInteger at(Number number) {
        return numbers[number.ordinal()];
    }

    @Override
    public int bits(Number number) {
        return at(number).bitLength();
    }

    @Override
    public boolean odd(Number number) {
        return at(number).testBit(0);
    }

    @Override
    public boolean below(Number number, Number limit) {
        return at(number).compareTo(at(limit)) < 0;
    }

    @Override
    public int distanceBits() {
        return at(Number.P).subtract(at(Number.Q)).abs().bitLength();
    }

    @Override
    public boolean product() {
        return at(Number.P).multiply(at(Number.Q)).equals(at(Number.N));
    }

    @Override
    public boolean inverses(Number one, Number other, Number prime) {
        return inverses(one, other, at(prime));
    }

    @Override
    public boolean inversesLessOne(Number one, Number other, Number prime) {
        return inverses(one, other, at(prime).subtract(BigInteger.ONE));
    }

    private boolean inverses(Number one, Number other, BigInteger modulus) {
        return at(one).multiply(at(other)).mod(modulus).equals(BigInteger.ONE);
    }

    @Override
    public boolean prime(Number number) {
        BigInteger candidate = at(number);
        return !Primes.hasAnySmallFactors(candidate)
                && Primes.isMRProbablePrime(candidate, random, RsaRules.PRIME_ROUNDS);
    }

    @Override
    public void close() {}
}
