// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.engine;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.managedhsm.crypto.engine.Engine.Examined;
import dev.managedhsm.crypto.engine.Engine.GeneratedKey;
import dev.managedhsm.crypto.key.KeyClass;
import dev.managedhsm.crypto.key.KeyFault;
import dev.managedhsm.crypto.key.KeyType;
import dev.managedhsm.crypto.key.PublicPart;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.math.BigInteger;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.bouncycastle.crypto.params.ECDomainParameters;
import org.bouncycastle.util.BigIntegers;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** Keys that were made elsewhere: which are let in, and what each of the others is refused for, whatever the engine. */
interface ExaminationContract extends OnBench {
    /** A key as somebody brings it. */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    record Brought(KeyClass keyClass, @Nullable PublicPart publicPart, byte[] secret, KeyFault fault) {}

    private Examined examine(KeyClass keyClass, @Nullable PublicPart publicPart, byte[] secret) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment bytes = arena.allocate(Math.max(1, secret.length)).asSlice(0, secret.length);
            MemorySegment.copy(secret, 0, bytes, JAVA_BYTE, 0, secret.length);
            return bench().engine().examine(keyClass, publicPart, bytes);
        }
    }

    @TestFactory
    default Stream<DynamicTest> letsPublishedKeysIn() {
        return Arrays.stream(KeyClass.values())
                .filter(keyClass -> !keyClass.slow())
                .map(keyClass -> dynamicTest(keyClass.name(), () -> letsIn(keyClass)));
    }

    @Tag("slow")
    @TestFactory
    default Stream<DynamicTest> letsLargePublishedKeysIn() {
        return Arrays.stream(KeyClass.values())
                .filter(KeyClass::slow)
                .map(keyClass -> dynamicTest(keyClass.name(), () -> letsIn(keyClass)));
    }

    private void letsIn(KeyClass keyClass) {
        KnownAnswer key = Bench.published(keyClass);
        Examined sound = new Examined.Sound(key.publicPart());
        assertEquals(sound, examine(keyClass, key.publicPart(), key.secret()));
        if (keyClass.type() == KeyType.EC) {
            assertEquals(sound, examine(keyClass, null, key.secret()), "the point is found");
        }
    }

    @Test
    default void letsAPrivateExponentInThatIsNotTheSmallest() {
        ForeignRsa key = ForeignRsa.published(KeyClass.RSA_2048);
        BigInteger p1 = key.p().subtract(BigInteger.ONE);
        BigInteger q1 = key.q().subtract(BigInteger.ONE);
        BigInteger d = key.e().modInverse(p1.multiply(q1));
        ForeignRsa other = key.withD(_ -> d);
        assertEquals(
                new Examined.Sound(other.publicPart()), examine(KeyClass.RSA_2048, other.publicPart(), other.secret()));
    }

    @TestFactory
    default Stream<DynamicTest> refusesRsaNumbersThatAreNotAsTheStandardDemands() {
        ForeignRsa good = ForeignRsa.published(KeyClass.RSA_2048);
        BigInteger one = BigInteger.ONE;
        BigInteger two = BigInteger.TWO;
        Map<String, Brought> bad = new LinkedHashMap<>();
        rsa(bad, "n one bit longer", KeyFault.MODULUS_SIZE, good.withN(n -> n.setBit(2048)));
        rsa(bad, "n one bit shorter", KeyFault.MODULUS_SIZE, good.withN(n -> n.clearBit(2047)));
        rsa(bad, "n zero", KeyFault.MODULUS_SIZE, good.withN(_ -> BigInteger.ZERO));
        for (long e : new long[] {0, 1, 2, 3, 17, 257, 65_535, 65_536, 65_538, (1L << 32) + 1, (1L << 33) + 1}) {
            rsa(bad, "e = " + e, KeyFault.PUBLIC_EXPONENT, good.withE(e));
        }
        rsa(bad, "p one", KeyFault.PRIME_SIZE, good.withP(one));
        rsa(bad, "p zero", KeyFault.PRIME_SIZE, good.withP(BigInteger.ZERO));
        rsa(bad, "primes of different size", KeyFault.PRIME_SIZE, ofSizes(1020, 1029));
        rsa(bad, "p = q", KeyFault.PRIMES_TOO_CLOSE, good.withP(good.q()));
        rsa(bad, "p close to q", KeyFault.PRIMES_TOO_CLOSE, good.withP(good.q().add(BigInteger.TWO.pow(900))));
        rsa(bad, "p two more", KeyFault.MODULUS, good.withP(good.p().add(two)));
        rsa(bad, "n two less", KeyFault.MODULUS, good.withN(n -> n.subtract(two)));
        rsa(bad, "d zero", KeyFault.PRIVATE_EXPONENT_TOO_SMALL, good.withD(_ -> BigInteger.ZERO));
        rsa(bad, "d one", KeyFault.PRIVATE_EXPONENT_TOO_SMALL, good.withD(_ -> one));
        rsa(bad, "d of half the bits", KeyFault.PRIVATE_EXPONENT_TOO_SMALL, good.withD(d -> one.shiftLeft(1023)));
        rsa(bad, "d two more", KeyFault.PRIVATE_EXPONENT, good.withD(d -> d.add(two)));
        BigInteger order = good.p().subtract(one).multiply(good.q().subtract(one));
        rsa(
                bad,
                "d above n",
                KeyFault.PRIVATE_EXPONENT,
                good.withD(d -> d.add(order).add(order)));
        rsa(bad, "e of another key", KeyFault.PRIVATE_EXPONENT, good.withE(65_539));
        rsa(bad, "dp two more", KeyFault.REMAINDER_EXPONENT, good.withDp(dp -> dp.add(two)));
        rsa(
                bad,
                "dp not reduced",
                KeyFault.REMAINDER_EXPONENT,
                good.withDp(dp -> dp.add(good.p()).subtract(one)));
        rsa(bad, "dq zero", KeyFault.REMAINDER_EXPONENT, good.withDq(_ -> BigInteger.ZERO));
        rsa(bad, "dq of p", KeyFault.REMAINDER_EXPONENT, good.withDq(_ -> good.dp()));
        rsa(bad, "qi one more", KeyFault.REMAINDER_COEFFICIENT, good.withQi(qi -> qi.add(one)));
        rsa(bad, "qi not reduced", KeyFault.REMAINDER_COEFFICIENT, good.withQi(qi -> qi.add(good.p())));
        rsa(
                bad,
                "qi of the other prime",
                KeyFault.REMAINDER_COEFFICIENT,
                good.withQi(_ -> good.p().modInverse(good.q())));
        rsa(bad, "p of two primes", KeyFault.NOT_PRIME, composite(true));
        rsa(bad, "q of two primes", KeyFault.NOT_PRIME, composite(false));
        malformed(bad, good);
        return tests(bad);
    }

    private static void rsa(Map<String, Brought> bad, String name, KeyFault fault, ForeignRsa key) {
        bad.put(name, new Brought(KeyClass.RSA_2048, key.publicPart(), key.secret(), fault));
    }

    private static void malformed(Map<String, Brought> bad, ForeignRsa good) {
        byte[] der = good.secret();
        PublicPart part = good.publicPart();
        PublicPart other = good.withE(65_539).publicPart();
        byte[][] encodings = {
            {}, new byte[der.length], Arrays.copyOf(der, der.length - 1), Arrays.copyOf(der, der.length + 1)
        };
        for (byte[] encoding : encodings) {
            bad.put("DER " + encoding.length, new Brought(KeyClass.RSA_2048, part, encoding, KeyFault.MALFORMED));
        }
        bad.put("public part of another key", new Brought(KeyClass.RSA_2048, other, der, KeyFault.MALFORMED));
        bad.put("no public part", new Brought(KeyClass.RSA_2048, null, der, KeyFault.MALFORMED));
        bad.put("a point", new Brought(KeyClass.RSA_2048, new PublicPart.None(), der, KeyFault.MALFORMED));
        bad.put("of another class", new Brought(KeyClass.RSA_3072, part, der, KeyFault.MODULUS_SIZE));
    }

    /** Everything is in order except that one factor is the product of two primes. */
    private static ForeignRsa composite(boolean first) {
        Random random = new Random(7);
        BigInteger prime = ForeignRsa.published(KeyClass.RSA_2048).p().setBit(1022);
        prime = prime.isProbablePrime(64) ? prime : prime.nextProbablePrime();
        while (true) {
            BigInteger product = BigInteger.probablePrime(512, random).multiply(BigInteger.probablePrime(512, random));
            boolean fits = product.bitLength() == 1024
                    && product.multiply(prime).bitLength() == 2048
                    && product.subtract(BigInteger.ONE)
                            .gcd(ForeignRsa.USUAL_EXPONENT)
                            .equals(BigInteger.ONE);
            if (fits) {
                return first
                        ? ForeignRsa.of(product, prime, ForeignRsa.USUAL_EXPONENT)
                        : ForeignRsa.of(prime, product, ForeignRsa.USUAL_EXPONENT);
            }
        }
    }

    private static ForeignRsa ofSizes(int first, int second) {
        Random random = new Random(11);
        while (true) {
            BigInteger p = BigInteger.probablePrime(first, random);
            BigInteger q = BigInteger.probablePrime(second, random);
            if (p.multiply(q).bitLength() == 2048) {
                return ForeignRsa.of(p, q, ForeignRsa.USUAL_EXPONENT);
            }
        }
    }

    @TestFactory
    default Stream<DynamicTest> refusesEcKeysThatAreNotAsTheStandardDemands() {
        Map<String, Brought> bad = new LinkedHashMap<>();
        for (KeyClass curve : KeyClass.values()) {
            if (curve.type() == KeyType.EC) {
                ec(bad, curve);
            }
        }
        return tests(bad);
    }

    private static void ec(Map<String, Brought> bad, KeyClass curve) {
        KnownAnswer key = Bench.published(curve);
        PublicPart.Point point = (PublicPart.Point) key.publicPart();
        int length = curve.bytes();
        ECDomainParameters domain = PortableEcdsa.domain(curve);
        byte[] prime = BigIntegers.asUnsignedByteArray(
                length, domain.getCurve().getField().getCharacteristic());
        byte[] order = BigIntegers.asUnsignedByteArray(length, domain.getN());
        byte[] ones = new byte[length];
        Arrays.fill(ones, (byte) 0xff);
        byte[] zero = new byte[length];
        byte[] scalar = key.secret();
        byte[] minusY = BigIntegers.asUnsignedByteArray(
                length, new BigInteger(1, prime).subtract(new BigInteger(1, point.y())));

        bad.put(curve + ", x = p", point(key, prime, point.y(), KeyFault.COORDINATE));
        bad.put(curve + ", y = p", point(key, point.x(), prime, KeyFault.COORDINATE));
        bad.put(curve + ", x all ones", point(key, ones, point.y(), KeyFault.COORDINATE));
        bad.put(curve + ", (0, 0)", point(key, zero, zero, KeyFault.NOT_ON_CURVE));
        bad.put(curve + ", (x, x)", point(key, point.x(), point.x(), KeyFault.NOT_ON_CURVE));
        bad.put(curve + ", y changed", point(key, point.x(), Bench.flipped(point.y(), 100), KeyFault.NOT_ON_CURVE));
        bad.put(curve + ", y negated", point(key, point.x(), minusY, KeyFault.POINT));
        bad.put(
                curve + ", x short",
                point(key, Arrays.copyOfRange(point.x(), 1, length), point.y(), KeyFault.MALFORMED));
        bad.put(curve + ", y long", point(key, point.x(), Arrays.copyOf(point.y(), length + 1), KeyFault.MALFORMED));
        bad.put(curve + ", an RSA part", new Brought(curve, new PublicPart.None(), scalar, KeyFault.MALFORMED));
        bad.put(curve + ", d = 0", new Brought(curve, point, zero, KeyFault.SCALAR));
        bad.put(curve + ", d = 0 without point", new Brought(curve, null, zero, KeyFault.SCALAR));
        bad.put(curve + ", d = n", new Brought(curve, point, order, KeyFault.SCALAR));
        bad.put(curve + ", d all ones", new Brought(curve, point, ones, KeyFault.SCALAR));
        bad.put(
                curve + ", d changed",
                new Brought(curve, point, Bench.flipped(scalar, 8 * length - 1), KeyFault.POINT));
        byte[] longer = new byte[length + 1];
        System.arraycopy(scalar, 0, longer, 1, length);
        bad.put(curve + ", d long", new Brought(curve, point, longer, KeyFault.MALFORMED));
        bad.put(curve + ", d empty", new Brought(curve, point, new byte[0], KeyFault.MALFORMED));
    }

    private static Brought point(KnownAnswer key, byte[] x, byte[] y, KeyFault fault) {
        return new Brought(key.keyClass(), new PublicPart.Point(x, y), key.secret(), fault);
    }

    @Test
    default void letsTheLargestAndSmallestScalarIn() {
        for (KeyClass curve : new KeyClass[] {KeyClass.P_256, KeyClass.P_384, KeyClass.P_521, KeyClass.P_256K}) {
            BigInteger largest = PortableEcdsa.domain(curve).getN().subtract(BigInteger.ONE);
            byte[] last = BigIntegers.asUnsignedByteArray(curve.bytes(), largest);
            byte[] first = BigIntegers.asUnsignedByteArray(curve.bytes(), BigInteger.ONE);
            PublicPart.Point one = ((PublicPart.Point) ((Examined.Sound) examine(curve, null, first)).publicPart());
            PublicPart.Point minusOne = ((PublicPart.Point) ((Examined.Sound) examine(curve, null, last)).publicPart());
            assertArrayEquals(one.x(), minusOne.x(), "G and -G");
        }
    }

    @Test
    default void refusesSymmetricKeysOfAnotherLength() {
        for (int length : new int[] {0, 1, 15, 17, 32}) {
            assertEquals(
                    new Examined.Faulty(KeyFault.MALFORMED),
                    examine(KeyClass.OCT_128, new PublicPart.None(), new byte[length]));
        }
    }

    @TestFactory
    default Stream<DynamicTest> generatesRsaWithOtherExponents() {
        return Stream.of(65_539L, 4_294_967_295L)
                .map(exponent -> dynamicTest(Long.toString(exponent), () -> generates(exponent)));
    }

    private void generates(long exponent) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment room = arena.allocate(Engine.SECRET_LENGTH_MAX);
            GeneratedKey made = bench().engine().generate(KeyClass.RSA_2048, exponent, room);
            PublicPart.Rsa part = (PublicPart.Rsa) made.publicPart();
            assertEquals(BigInteger.valueOf(exponent), new BigInteger(1, part.exponent()));
            byte[] secret = room.asSlice(0, made.secretLength()).toArray(JAVA_BYTE);
            assertEquals(new Examined.Sound(part), examine(KeyClass.RSA_2048, part, secret));
        }
    }

    private Stream<DynamicTest> tests(Map<String, Brought> bad) {
        return bad.entrySet().stream()
                .map(one -> dynamicTest(one.getKey(), () -> {
                    Brought key = one.getValue();
                    assertEquals(
                            new Examined.Faulty(key.fault()), examine(key.keyClass(), key.publicPart(), key.secret()));
                }));
    }
}
