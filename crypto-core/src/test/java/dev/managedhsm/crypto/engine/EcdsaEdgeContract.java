// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.managedhsm.crypto.engine.Bench.Pair;
import dev.managedhsm.crypto.operation.Algorithm.Family;
import dev.managedhsm.crypto.operation.Outcome;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.bouncycastle.crypto.params.ECDomainParameters;
import org.bouncycastle.math.ec.ECPoint;
import org.bouncycastle.util.BigIntegers;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/**
 * ECDSA at the edges of its numbers (FIPS 186-5 section 6.4). r and s from 1 to n - 1 are good if the equation holds, whoever
 * made them: small nonces, n - s instead of s, and a digest that is n or above it are no reasons to refuse.
 */
interface EcdsaEdgeContract extends OnBench {
    @TestFactory
    default Stream<DynamicTest> rejectsNumbersOutOfRangeOrWithoutMeaning() {
        return Bench.pairs(Family.ECDSA)
                .map(pair -> dynamicTest(pair.toString(), () -> {
                    Numbers at = new Numbers(pair);
                    byte[] digest = bench().random(pair.algorithm().digestLength());
                    byte[] good = bench().sign(pair, digest);
                    BigInteger r = new BigInteger(1, good, 0, at.half);
                    BigInteger s = new BigInteger(1, good, at.half, at.half);
                    List<BigInteger> partners = List.of(r, s, BigInteger.ONE, at.n.subtract(BigInteger.ONE));
                    for (BigInteger edge : at.edges()) {
                        for (BigInteger partner : partners) {
                            rejects(pair, digest, at.raw(edge, partner));
                            rejects(pair, digest, at.raw(partner, edge));
                        }
                        rejects(pair, digest, at.raw(edge, edge));
                    }
                    assertEquals(Outcome.SIGNATURE_VALID, bench().verify(pair, digest, good));
                }));
    }

    @TestFactory
    default Stream<DynamicTest> rejectsEveryOtherLength() {
        return Bench.pairs(Family.ECDSA)
                .map(pair -> dynamicTest(pair.toString(), () -> {
                    byte[] digest = bench().random(pair.algorithm().digestLength());
                    byte[] good = bench().sign(pair, digest);
                    for (int length = 0; length <= good.length + 8; length++) {
                        if (length != good.length) {
                            rejects(pair, digest, Arrays.copyOf(good, length));
                            byte[] padded = new byte[Math.max(length, good.length) + 1];
                            System.arraycopy(good, 0, padded, padded.length - good.length, good.length);
                            rejects(pair, digest, padded);
                        }
                    }
                }));
    }

    @TestFactory
    default Stream<DynamicTest> acceptsSmallAndSpecialNonces() {
        return Bench.pairs(Family.ECDSA)
                .map(pair -> dynamicTest(pair.toString(), () -> {
                    Numbers at = new Numbers(pair);
                    byte[] digest = bench().random(pair.algorithm().digestLength());
                    for (BigInteger k : at.nonces()) {
                        BigInteger r = at.x(at.curve.getG().multiply(k));
                        BigInteger s = k.modInverse(at.n)
                                .multiply(at.e(digest).add(r.multiply(at.d)))
                                .mod(at.n);
                        accepts(pair, digest, at.raw(r, s));
                        accepts(pair, digest, at.raw(r, at.n.subtract(s)));
                        rejects(pair, digest, at.raw(at.n.subtract(r), s));
                        rejects(pair, digest, at.raw(s, r));
                    }
                }));
    }

    /** u1 G + u2 Q is the point at infinity, which has no x coordinate: nothing can be equal to it. */
    @TestFactory
    default Stream<DynamicTest> rejectsASumAtInfinity() {
        return Bench.pairs(Family.ECDSA)
                .map(pair -> dynamicTest(pair.toString(), () -> {
                    Numbers at = new Numbers(pair);
                    byte[] digest = bench().random(pair.algorithm().digestLength());
                    BigInteger r = at.e(digest)
                            .negate()
                            .multiply(at.d.modInverse(at.n))
                            .mod(at.n);
                    for (int s = 1; s < 9; s++) {
                        rejects(pair, digest, at.raw(r, BigInteger.valueOf(s)));
                        rejects(pair, digest, at.raw(r, at.n.subtract(BigInteger.valueOf(s))));
                    }
                }));
    }

    /** u1 G and u2 Q are the same point, so that a sum of different points would go wrong. */
    @TestFactory
    default Stream<DynamicTest> acceptsASumThatIsADoubling() {
        return Bench.pairs(Family.ECDSA)
                .map(pair -> dynamicTest(pair.toString(), () -> {
                    Numbers at = new Numbers(pair);
                    int digestLength = pair.algorithm().digestLength();
                    ECPoint point = at.curve.getG();
                    int k = 1;
                    // e must be a digest, which is shorter than n where the curve is longer than the hash.
                    while (at.x(point).multiply(at.d).mod(at.n).bitLength() > 8 * digestLength) {
                        point = point.add(at.curve.getG());
                        k++;
                    }
                    BigInteger r = at.x(point);
                    BigInteger e = r.multiply(at.d).mod(at.n);
                    BigInteger s = BigInteger.valueOf(k)
                            .modInverse(at.n)
                            .multiply(e.shiftLeft(1))
                            .mod(at.n);
                    byte[] digest = BigIntegers.asUnsignedByteArray(digestLength, e);
                    accepts(pair, digest, at.raw(r, s));
                    digest[0] ^= 1;
                    rejects(pair, digest, at.raw(r, s));
                }));
    }

    @TestFactory
    default Stream<DynamicTest> signsAndVerifiesDigestsAtTheEdges() {
        return Bench.pairs(Family.ECDSA)
                .map(pair -> dynamicTest(pair.toString(), () -> {
                    Numbers at = new Numbers(pair);
                    byte[] other = bench().random(pair.algorithm().digestLength());
                    for (byte[] digest : at.digests().values()) {
                        byte[] signature = bench().sign(pair, digest);
                        accepts(pair, digest, signature);
                        rejects(pair, other, signature);
                    }
                }));
    }

    /** FIPS 186-5 section 6.4.2 reduces the digest modulo n: where it can be n, it is the same as 0. */
    @TestFactory
    default Stream<DynamicTest> takesADigestOfNForZero() {
        return Bench.pairs(Family.ECDSA)
                .filter(pair -> 8 * pair.algorithm().digestLength()
                        >= PortableEcdsa.domain(pair.keyClass()).getN().bitLength())
                .map(pair -> dynamicTest(pair.toString(), () -> {
                    byte[] zero = new byte[pair.algorithm().digestLength()];
                    byte[] order = BigIntegers.asUnsignedByteArray(zero.length, new Numbers(pair).n);
                    accepts(pair, order, bench().sign(pair, zero));
                    accepts(pair, zero, bench().sign(pair, order));
                }));
    }

    private void accepts(Pair pair, byte[] digest, byte[] signature) {
        assertEquals(Outcome.SIGNATURE_VALID, bench().verify(pair, digest, signature));
    }

    private void rejects(Pair pair, byte[] digest, byte[] signature) {
        assertEquals(Outcome.SIGNATURE_INVALID, bench().verify(pair, digest, signature));
    }

    /** The numbers of a curve and of its published key. */
    final class Numbers {
        final ECDomainParameters curve;
        final BigInteger n;
        final BigInteger d;
        final int half;
        private final int digestLength;

        Numbers(Pair pair) {
            curve = PortableEcdsa.domain(pair.keyClass());
            n = curve.getN();
            d = new BigInteger(1, Bench.published(pair.keyClass()).secret());
            half = pair.keyClass().bytes();
            digestLength = pair.algorithm().digestLength();
        }

        BigInteger e(byte[] digest) {
            return new BigInteger(1, digest);
        }

        BigInteger x(ECPoint point) {
            return point.normalize().getAffineXCoord().toBigInteger().mod(n);
        }

        byte[] raw(BigInteger r, BigInteger s) {
            byte[] signature = new byte[2 * half];
            BigIntegers.asUnsignedByteArray(r, signature, 0, half);
            BigIntegers.asUnsignedByteArray(s, signature, half, half);
            return signature;
        }

        /** Numbers that are no r and no s. */
        List<BigInteger> edges() {
            BigInteger p = curve.getCurve().getField().getCharacteristic();
            BigInteger two = BigInteger.TWO;
            BigInteger above = BigInteger.ONE.shiftLeft(8 * half);
            List<BigInteger> edges = new ArrayList<>(List.of(
                    BigInteger.ZERO,
                    n,
                    n.add(BigInteger.ONE),
                    n.add(two),
                    p.subtract(BigInteger.ONE),
                    p,
                    above.subtract(BigInteger.ONE),
                    above.subtract(two)));
            for (BigInteger maybe : List.of(
                    p.add(BigInteger.ONE), n.shiftLeft(1), n.shiftLeft(1).add(BigInteger.ONE))) {
                if (maybe.bitLength() <= 8 * half) {
                    edges.add(maybe);
                }
            }
            return edges;
        }

        List<BigInteger> nonces() {
            BigInteger half = n.add(BigInteger.ONE).shiftRight(1);
            List<BigInteger> nonces = new ArrayList<>(List.of(half, half.subtract(BigInteger.ONE)));
            for (int i = 1; i <= 4; i++) {
                nonces.add(BigInteger.valueOf(i));
                nonces.add(n.subtract(BigInteger.valueOf(i)));
            }
            return nonces;
        }

        Map<String, byte[]> digests() {
            Map<String, byte[]> digests = new LinkedHashMap<>();
            byte[] ones = new byte[digestLength];
            Arrays.fill(ones, (byte) 0xff);
            digests.put("zeroes", new byte[digestLength]);
            digests.put("ones", ones);
            for (int zeroes : new int[] {1, 8, digestLength - 1}) {
                byte[] digest = ones.clone();
                Arrays.fill(digest, 0, zeroes, (byte) 0);
                digests.put(zeroes + " zero bytes", digest);
            }
            byte[] high = new byte[digestLength];
            high[0] = (byte) 0x80;
            digests.put("top bit", high);
            for (int off = -1; off <= 1; off++) {
                BigInteger number = n.add(BigInteger.valueOf(off));
                if (number.bitLength() <= 8 * digestLength) {
                    digests.put("n + " + off, BigIntegers.asUnsignedByteArray(digestLength, number));
                }
            }
            return digests;
        }
    }
}
