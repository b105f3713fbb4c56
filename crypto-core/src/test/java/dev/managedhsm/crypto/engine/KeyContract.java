// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.engine;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.managedhsm.crypto.engine.Engine.GeneratedKey;
import dev.managedhsm.crypto.key.KeyClass;
import dev.managedhsm.crypto.key.KeyType;
import dev.managedhsm.crypto.key.PublicPart;
import dev.managedhsm.crypto.operation.Algorithm;
import dev.managedhsm.crypto.operation.Operation;
import dev.managedhsm.crypto.operation.OperationSlot.Field;
import dev.managedhsm.crypto.operation.Outcome;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.math.BigInteger;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Stream;
import org.bouncycastle.crypto.params.RSAPrivateCrtKeyParameters;
import org.bouncycastle.util.BigIntegers;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** Making and loading keys, and the encodings in which engines give keys to each other. */
interface KeyContract extends OnBench {
    @TestFactory
    default Stream<DynamicTest> generatesKeysThatItAndAnotherEngineCanUse() {
        return Arrays.stream(KeyClass.values())
                .filter(keyClass -> !keyClass.slow())
                .map(keyClass -> dynamicTest(keyClass.name(), () -> generatesUsableKeys(keyClass)));
    }

    @Tag("slow")
    @TestFactory
    default Stream<DynamicTest> generatesLargeKeysThatItAndAnotherEngineCanUse() {
        return Arrays.stream(KeyClass.values())
                .filter(KeyClass::slow)
                .map(keyClass -> dynamicTest(keyClass.name(), () -> generatesUsableKeys(keyClass)));
    }

    private void generatesUsableKeys(KeyClass keyClass) {
        try (Arena arena = Arena.ofConfined();
                Engine other = new PortableEngine(name -> false)) {
            MemorySegment room = arena.allocate(Engine.SECRET_LENGTH_MAX);
            GeneratedKey made = bench().engine().generate(keyClass, room);
            checkEncodings(keyClass, made, room);
            MemorySegment secret = room.asSlice(0, made.secretLength());
            try (EngineKey mine = bench().engine().load(keyClass, made.publicPart(), secret);
                    EngineKey theirs = other.load(keyClass, made.publicPart(), secret);
                    Rehearsal elsewhere = new Rehearsal(other)) {
                assertEquals(keyClass, mine.keyClass());
                agree(mine, theirs, elsewhere);
            }
        }
    }

    /** What one engine signs or wraps, the other verifies or unwraps, both ways. */
    private void agree(EngineKey mine, EngineKey theirs, Rehearsal elsewhere) {
        Rehearsal here = bench().rehearsal();
        Algorithm signature = Arrays.stream(Algorithm.values())
                .filter(any -> any.digestLength() > 0 && any.fits(mine.keyClass()))
                .findFirst()
                .orElseThrow();
        byte[] digest = bench().random(signature.digestLength());
        assertEquals(Outcome.DONE, here.run(mine, Operation.SIGN, signature, Map.of(Field.VALUE, digest)));
        Map<Field, byte[]> signed = Map.of(Field.DIGEST, digest, Field.VALUE, here.value());
        assertEquals(Outcome.SIGNATURE_VALID, elsewhere.run(theirs, Operation.VERIFY, signature, signed));
        assertEquals(Outcome.DONE, elsewhere.run(theirs, Operation.SIGN, signature, Map.of(Field.VALUE, digest)));
        signed = Map.of(Field.DIGEST, digest, Field.VALUE, elsewhere.value());
        assertEquals(Outcome.SIGNATURE_VALID, here.run(mine, Operation.VERIFY, signature, signed));
        if (mine.keyClass().type() == KeyType.EC) {
            return;
        }
        Algorithm wrap =
                mine.keyClass().type() == KeyType.RSA ? Algorithm.RSA_OAEP_256 : Algorithm.CKM_AES_KEY_WRAP_PAD;
        byte[] key = bench().random(32);
        assertEquals(Outcome.DONE, here.run(mine, Operation.WRAP_KEY, wrap, Map.of(Field.VALUE, key)));
        Map<Field, byte[]> wrapped = Map.of(Field.VALUE, here.value());
        assertEquals(Outcome.DONE, elsewhere.run(theirs, Operation.UNWRAP_KEY, wrap, wrapped));
        assertArrayEquals(key, elsewhere.value());
    }

    private static void checkEncodings(KeyClass keyClass, GeneratedKey made, MemorySegment room) {
        byte[] secret = room.asSlice(0, made.secretLength()).toArray(JAVA_BYTE);
        switch (made.publicPart()) {
            case PublicPart.Rsa rsa -> {
                assertEquals(KeyType.RSA, keyClass.type());
                assertEquals(keyClass.bytes(), rsa.modulus().length);
                assertTrue(rsa.modulus()[0] < 0, "the modulus fills its bits");
                assertArrayEquals(new byte[] {1, 0, 1}, rsa.exponent());
                RSAPrivateCrtKeyParameters key = RsaSecret.read(MemorySegment.ofArray(secret));
                RsaSecret.check(key, keyClass, rsa);
                assertTrue(key.getP().isProbablePrime(64) && key.getQ().isProbablePrime(64));
                assertEquals(keyClass.bits() / 2, key.getP().bitLength());
                assertEquals(keyClass.bits() / 2, key.getQ().bitLength());
            }
            case PublicPart.Point point -> {
                assertEquals(KeyType.EC, keyClass.type());
                assertEquals(keyClass.bytes(), secret.length);
                assertEquals(keyClass.bytes(), point.x().length);
                assertEquals(keyClass.bytes(), point.y().length);
            }
            case PublicPart.None none -> {
                assertEquals(KeyType.OCT, keyClass.type());
                assertEquals(keyClass.bytes(), secret.length);
                assertFalse(Arrays.equals(new byte[secret.length], secret));
            }
        }
    }

    @Test
    default void neverGeneratesTheSameKeyTwice() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment room = arena.allocate(Engine.SECRET_LENGTH_MAX);
            for (KeyClass keyClass : new KeyClass[] {KeyClass.P_256, KeyClass.OCT_128}) {
                bench().engine().generate(keyClass, room);
                byte[] one = room.asSlice(0, keyClass.bytes()).toArray(JAVA_BYTE);
                bench().engine().generate(keyClass, room);
                assertFalse(Arrays.equals(one, room.asSlice(0, keyClass.bytes()).toArray(JAVA_BYTE)));
            }
        }
    }

    @TestFactory
    default Stream<DynamicTest> refusesSecretsThatAreNoneOfTheClass() {
        Map<String, KnownAnswer> bad = new LinkedHashMap<>();
        for (KeyClass keyClass : KeyClass.values()) {
            KnownAnswer good = Bench.published(keyClass);
            byte[] secret = good.secret();
            bad.put(keyClass + ", a byte short", with(good, Arrays.copyOf(secret, secret.length - 1)));
            bad.put(keyClass + ", a byte long", with(good, Arrays.copyOf(secret, secret.length + 1)));
            bad.put(keyClass + ", empty", with(good, new byte[0]));
            if (keyClass.type() == KeyType.EC) {
                BigInteger n = PortableEcdsa.domain(keyClass).getN();
                byte[] order = BigIntegers.asUnsignedByteArray(keyClass.bytes(), n);
                byte[] ones = new byte[secret.length];
                Arrays.fill(ones, (byte) 0xff);
                byte[] padded = new byte[secret.length + 1];
                System.arraycopy(secret, 0, padded, 1, secret.length);
                bad.put(keyClass + ", a zero byte before", with(good, padded));
                bad.put(keyClass + ", scalar 0", with(good, new byte[secret.length]));
                bad.put(keyClass + ", scalar n", with(good, order));
                bad.put(keyClass + ", scalar above n", with(good, ones));
                bad.put(keyClass + ", scalar of another key", with(good, Bench.flipped(secret, 8 * secret.length - 1)));
            } else if (keyClass.type() == KeyType.RSA) {
                bad.put(keyClass + ", no DER", with(good, new byte[secret.length]));
                bad.put(keyClass + ", first byte after the version changed", with(good, Bench.flipped(secret, 8 * 7)));
                bad.put(keyClass + ", last bit changed", with(good, Bench.flipped(secret, 8 * secret.length - 1)));
                byte[] modulus = ((PublicPart.Rsa) good.publicPart()).modulus();
                PublicPart other = new PublicPart.Rsa(Bench.flipped(modulus, 100), new byte[] {1, 0, 1});
                bad.put(keyClass + ", of another modulus", with(good, keyClass, other));
            }
        }
        bad.put("RSA_2048 as RSA_3072", as(KeyClass.RSA_2048, KeyClass.RSA_3072));
        bad.put("P_256 as P_256K", as(KeyClass.P_256, KeyClass.P_256K));
        bad.put("P_256 as P_384", as(KeyClass.P_256, KeyClass.P_384));
        bad.put("OCT_128 as OCT_192", as(KeyClass.OCT_128, KeyClass.OCT_192));
        KnownAnswer p256 = Bench.published(KeyClass.P_256);
        PublicPart.Point point = (PublicPart.Point) p256.publicPart();
        bad.put("point off the curve", with(p256, KeyClass.P_256, new PublicPart.Point(point.x(), point.x())));
        return bad.entrySet().stream()
                .map(key -> dynamicTest(key.getKey(), () -> {
                    EngineFailure failure = assertThrows(
                            EngineFailure.class,
                            () -> key.getValue().load(bench().engine()).close());
                    String hex = HexFormat.of().formatHex(key.getValue().secret());
                    assertTrue(hex.length() < 32
                            || !String.valueOf(failure.getMessage()).contains(hex.substring(0, 32)));
                }));
    }

    @Test
    default void loadsFromMemoryThatIsWipedAfterwards() {
        try (Arena arena = Arena.ofConfined()) {
            byte[] bytes = bench().random(32);
            MemorySegment secret = arena.allocateFrom(JAVA_BYTE, bytes);
            try (EngineKey key = bench().engine().load(KeyClass.OCT_256, new PublicPart.None(), secret)) {
                Map<Field, byte[]> digest = Map.of(Field.VALUE, new byte[32]);
                byte[] before = bench().ask(key, Operation.SIGN, Algorithm.HS256, digest)
                        .value();
                secret.fill((byte) 0);
                assertArrayEquals(
                        before,
                        bench().ask(key, Operation.SIGN, Algorithm.HS256, digest)
                                .value());
            }
        }
    }

    @TestFactory
    default Stream<DynamicTest> closesKeysAndWorkersTwice() {
        return Arrays.stream(KeyClass.values())
                .map(keyClass -> dynamicTest(keyClass.name(), () -> {
                    EngineKey key = Bench.published(keyClass).load(bench().engine());
                    assertEquals(keyClass, key.keyClass());
                    key.close();
                    key.close();
                    EngineWorker worker = bench().engine().worker();
                    worker.close();
                    worker.close();
                }));
    }

    /** The published key of a class under the name of another class. */
    private static KnownAnswer as(KeyClass keyClass, KeyClass other) {
        KnownAnswer key = Bench.published(keyClass);
        return with(key, other, key.publicPart());
    }

    private static KnownAnswer with(KnownAnswer key, byte[] secret) {
        return new KnownAnswer(
                key.id(),
                key.keyClass(),
                key.publicPart(),
                secret,
                key.operation(),
                key.algorithm(),
                key.inputs(),
                key.outcome(),
                key.output());
    }

    private static KnownAnswer with(KnownAnswer key, KeyClass keyClass, PublicPart publicPart) {
        return new KnownAnswer(
                key.id(),
                keyClass,
                publicPart,
                key.secret(),
                key.operation(),
                key.algorithm(),
                key.inputs(),
                key.outcome(),
                key.output());
    }
}
