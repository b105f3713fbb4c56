// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.managedhsm.crypto.algorithm.PublicPairs;
import dev.managedhsm.crypto.key.KeyClass;
import dev.managedhsm.crypto.key.PublicPart;
import dev.managedhsm.crypto.operation.Algorithm;
import dev.managedhsm.crypto.operation.Operation;
import dev.managedhsm.crypto.operation.OperationSlot.Field;
import dev.managedhsm.crypto.operation.Outcome;
import java.lang.foreign.Arena;
import java.math.BigInteger;
import java.util.Arrays;
import java.util.Map;
import java.util.stream.Stream;
import org.bouncycastle.crypto.params.ECDomainParameters;
import org.bouncycastle.math.ec.ECPoint;
import org.bouncycastle.util.BigIntegers;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;

/** ECDSA with keys of which nobody here knows the private half: vectors of others, and signatures made from the wrong end. */
@TestInstance(Lifecycle.PER_CLASS)
final class PublicOnlyVectorsTest {
    private final Engine portable = new PortableEngine(name -> false);
    private final Engine library = NativeEngine.open();
    private final Rehearsal portably = new Rehearsal(portable);
    private final Rehearsal natively = new Rehearsal(library);

    @AfterAll
    void close() {
        portably.close();
        natively.close();
        portable.close();
        library.close();
    }

    @TestFactory
    Stream<DynamicTest> verifyAsNistDoes() {
        return VectorFile.read("ecdsa-public-only").answers().stream()
                .map(vector -> dynamicTest(vector.id(), () -> {
                    PublicPart.Point point = (PublicPart.Point) vector.publicPart();
                    try (EngineKey one = portableKey(vector.keyClass(), point);
                            EngineKey other = new NativeKey(PublicPairs.ec(vector.keyClass(), point))) {
                        assertNull(vector.complaint(portably, one));
                        assertNull(vector.complaint(natively, other));
                    }
                }));
    }

    /**
     * FIPS 186-5 section 6.4.2 compares r with the x coordinate modulo n. Coordinates from n to the field's prime are so rare
     * that no signer meets one, so the signature is made first: take such a point as R, any r and s that go with it, and the
     * public key that makes them good.
     */
    @TestFactory
    Stream<DynamicTest> acceptAnXCoordinateThatMustBeReduced() {
        return Bench.pairs(Algorithm.Family.ECDSA)
                .filter(pair ->
                        pair.keyClass() != KeyClass.P_521) // its order and its prime differ in the lower half too
                .map(pair -> dynamicTest(pair.toString(), () -> {
                    KeyClass keyClass = pair.keyClass();
                    ECDomainParameters curve = PortableEcdsa.domain(keyClass);
                    ECPoint r = pointAbove(curve);
                    BigInteger n = curve.getN();
                    BigInteger reduced = r.getAffineXCoord().toBigInteger().subtract(n);
                    byte[] digest = new byte[pair.algorithm().digestLength()];
                    Arrays.fill(digest, (byte) 0x5a);
                    BigInteger s = BigInteger.valueOf(7);
                    ECPoint key = r.multiply(s)
                            .subtract(curve.getG().multiply(new BigInteger(1, digest)))
                            .multiply(reduced.modInverse(n))
                            .normalize();
                    PublicPart.Point point = new PublicPart.Point(
                            key.getAffineXCoord().getEncoded(),
                            key.getAffineYCoord().getEncoded());
                    Outcome good = Outcome.SIGNATURE_VALID;
                    Outcome bad = Outcome.SIGNATURE_INVALID;
                    try (EngineKey one = portableKey(keyClass, point);
                            EngineKey other = new NativeKey(PublicPairs.ec(keyClass, point))) {
                        byte[] fits = raw(keyClass, reduced, s);
                        byte[] whole = raw(keyClass, reduced.add(n), s);
                        byte[] next = raw(keyClass, reduced.add(BigInteger.ONE), s);
                        assertEquals(good, verify(portably, one, pair.algorithm(), digest, fits));
                        assertEquals(good, verify(natively, other, pair.algorithm(), digest, fits));
                        assertEquals(bad, verify(portably, one, pair.algorithm(), digest, whole));
                        assertEquals(bad, verify(natively, other, pair.algorithm(), digest, whole));
                        assertEquals(bad, verify(portably, one, pair.algorithm(), digest, next));
                        assertEquals(bad, verify(natively, other, pair.algorithm(), digest, next));
                    }
                }));
    }

    /** The first point whose x coordinate is above n. */
    private static ECPoint pointAbove(ECDomainParameters curve) {
        for (BigInteger x = curve.getN().add(BigInteger.ONE); ; x = x.add(BigInteger.ONE)) {
            byte[] compressed = new byte[1 + (curve.getCurve().getFieldSize() + 7) / 8];
            compressed[0] = 2;
            BigIntegers.asUnsignedByteArray(x, compressed, 1, compressed.length - 1);
            try {
                return curve.getCurve().decodePoint(compressed);
            } catch (IllegalArgumentException noSuchPoint) {
                // half of all numbers are no coordinate
            }
        }
    }

    private static Outcome verify(
            Rehearsal rehearsal, EngineKey key, Algorithm algorithm, byte[] digest, byte[] signature) {
        return rehearsal.run(key, Operation.VERIFY, algorithm, Map.of(Field.DIGEST, digest, Field.VALUE, signature));
    }

    private static byte[] raw(KeyClass keyClass, BigInteger r, BigInteger s) {
        byte[] signature = new byte[2 * keyClass.bytes()];
        BigIntegers.asUnsignedByteArray(r, signature, 0, keyClass.bytes());
        BigIntegers.asUnsignedByteArray(s, signature, keyClass.bytes(), keyClass.bytes());
        return signature;
    }

    private static EngineKey portableKey(KeyClass keyClass, PublicPart.Point point) {
        try (Arena arena = Arena.ofConfined()) {
            return new PortableKey(keyClass, PortableEcdsa.publicKey(keyClass, point), arena.allocate(1));
        }
    }
}
