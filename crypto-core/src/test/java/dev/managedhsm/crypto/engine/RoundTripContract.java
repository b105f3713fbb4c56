// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.engine;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.managedhsm.crypto.engine.Bench.Answer;
import dev.managedhsm.crypto.engine.Bench.Pair;
import dev.managedhsm.crypto.key.KeyClass;
import dev.managedhsm.crypto.operation.Algorithm;
import dev.managedhsm.crypto.operation.Algorithm.Family;
import dev.managedhsm.crypto.operation.Limits;
import dev.managedhsm.crypto.operation.Operation;
import dev.managedhsm.crypto.operation.OperationSlot.Field;
import dev.managedhsm.crypto.operation.Outcome;
import java.math.BigInteger;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** What one operation makes, its counterpart takes; every algorithm with every key class that it fits. */
interface RoundTripContract extends OnBench {
    @TestFactory
    default Stream<DynamicTest> verifiesWhatItSigned() {
        return Bench.pairs(Family.RSA_PKCS1_SIGNATURE, Family.RSA_PSS_SIGNATURE, Family.ECDSA, Family.HMAC)
                .map(pair -> dynamicTest(pair.toString(), () -> {
                    byte[] digest = bench().random(pair.algorithm() == Algorithm.RSNULL ? 36 : length(pair));
                    byte[] signature = bench().sign(pair, digest);
                    assertEquals(signatureLength(pair), signature.length);
                    assertEquals(Outcome.SIGNATURE_VALID, bench().verify(pair, digest, signature));
                    assertEquals(Outcome.SIGNATURE_INVALID, bench().verify(pair, Bench.flipped(digest, 7), signature));
                    for (int bit : new int[] {0, 9, 4 * signature.length, 8 * signature.length - 1}) {
                        assertEquals(
                                Outcome.SIGNATURE_INVALID, bench().verify(pair, digest, Bench.flipped(signature, bit)));
                    }
                }));
    }

    @Test
    default void signsDigestsOfAllZeroesAndAllOnes() {
        Bench.pairs(Family.RSA_PKCS1_SIGNATURE, Family.RSA_PSS_SIGNATURE, Family.ECDSA, Family.HMAC)
                .filter(pair ->
                        pair.algorithm() != Algorithm.RSNULL && !pair.keyClass().slow())
                .forEach(pair -> {
                    byte[] digest = new byte[length(pair)];
                    assertEquals(Outcome.SIGNATURE_VALID, bench().verify(pair, digest, bench().sign(pair, digest)));
                    Arrays.fill(digest, (byte) 0xff);
                    assertEquals(Outcome.SIGNATURE_VALID, bench().verify(pair, digest, bench().sign(pair, digest)));
                });
    }

    @Test
    default void signsFromOneByteToAllThatFitsWithoutDigestInfo() {
        Pair pair = new Pair(Algorithm.RSNULL, KeyClass.RSA_2048);
        for (int length : new int[] {1, 2, 36, 244, 245}) {
            byte[] value = bench().random(length);
            assertEquals(Outcome.SIGNATURE_VALID, bench().verify(pair, value, bench().sign(pair, value)));
        }
    }

    @Test
    default void signsSecp256k1InTheLowerHalfOnly() {
        BigInteger half = PortableEcdsa.domain(KeyClass.P_256K).getN().shiftRight(1);
        Pair pair = new Pair(Algorithm.ES256K, KeyClass.P_256K);
        for (int i = 0; i < 24; i++) {
            byte[] signature = bench().sign(pair, bench().random(32));
            assertTrue(new BigInteger(1, signature, 32, 32).compareTo(half) <= 0);
        }
    }

    @TestFactory
    default Stream<DynamicTest> decryptsWithRsaWhatItEncrypted() {
        return Bench.pairs(Family.RSA_ENCRYPTION)
                .map(pair -> dynamicTest(pair.toString(), () -> {
                    int most = rsaMost(pair);
                    for (int length : pair.keyClass().slow() ? new int[] {0, most} : new int[] {0, 1, 32, most}) {
                        byte[] plain = bench().random(length);
                        byte[] sealed = Bench.done(bench().ask(pair, Operation.ENCRYPT, Map.of(Field.VALUE, plain)));
                        assertEquals(pair.keyClass().bytes(), sealed.length);
                        undoes(pair, Operation.DECRYPT, Map.of(Field.VALUE, sealed), plain);
                        undoes(pair, Operation.UNWRAP_KEY, Map.of(Field.VALUE, sealed), plain);
                    }
                    byte[] key = bench().random(32);
                    byte[] wrapped = Bench.done(bench().ask(pair, Operation.WRAP_KEY, Map.of(Field.VALUE, key)));
                    undoes(pair, Operation.UNWRAP_KEY, Map.of(Field.VALUE, wrapped), key);
                }));
    }

    @TestFactory
    default Stream<DynamicTest> decryptsWithGcmWhatItEncrypted() {
        return Bench.pairs(Family.AES_GCM)
                .flatMap(pair -> IntStream.of(0, 1, 15, 16, 17, 100, Limits.VALUE_LENGTH_MAX)
                        .mapToObj(length -> dynamicTest(pair + ", " + length + " bytes", () -> {
                            byte[] plain = bench().random(length);
                            byte[] aad = bench().random(length % 23);
                            Answer sealed =
                                    bench().ask(pair, Operation.ENCRYPT, Map.of(Field.VALUE, plain, Field.AAD, aad));
                            assertEquals(length, Bench.done(sealed).length);
                            assertEquals(12, sealed.iv().length);
                            assertEquals(16, sealed.tag().length);
                            undoes(pair, Operation.DECRYPT, gcm(sealed, aad), plain);
                        })));
    }

    @Test
    default void takesAbsentAdditionalDataAsEmpty() {
        Pair pair = new Pair(Algorithm.A256GCM, KeyClass.OCT_256);
        Answer sealed = bench().ask(pair, Operation.ENCRYPT, Map.of(Field.VALUE, new byte[5]));
        undoes(pair, Operation.DECRYPT, gcm(sealed, new byte[0]), new byte[5]);
    }

    @Test
    default void makesANewVectorForEveryEncryption() {
        Pair pair = new Pair(Algorithm.A128GCM, KeyClass.OCT_128);
        Set<BigInteger> vectors = new HashSet<>();
        for (int i = 0; i < 500; i++) {
            Answer sealed = bench().ask(pair, Operation.ENCRYPT, Map.of(Field.VALUE, new byte[1]));
            assertTrue(vectors.add(new BigInteger(1, sealed.iv())));
        }
    }

    @TestFactory
    default Stream<DynamicTest> decryptsWithCbcWhatItEncrypted() {
        return Bench.pairs(Family.AES_CBC, Family.AES_CBC_PAD)
                .map(pair -> dynamicTest(pair.toString(), () -> {
                    boolean pads = pair.algorithm().family() == Family.AES_CBC_PAD;
                    int[] lengths = pads ? new int[] {0, 1, 15, 16, 17, 31, 32, 8191, 8192} : new int[] {16, 32, 8192};
                    for (int length : lengths) {
                        byte[] plain = bench().random(length);
                        byte[] iv = bench().random(16);
                        byte[] sealed = Bench.done(
                                bench().ask(pair, Operation.ENCRYPT, Map.of(Field.VALUE, plain, Field.IV, iv)));
                        assertEquals(pads ? length / 16 * 16 + 16 : length, sealed.length);
                        undoes(pair, Operation.DECRYPT, Map.of(Field.VALUE, sealed, Field.IV, iv), plain);
                    }
                }));
    }

    @TestFactory
    default Stream<DynamicTest> unwrapsWhatItWrapped() {
        return Bench.pairs(Family.AES_KEY_WRAP, Family.AES_KEY_WRAP_PAD)
                .map(pair -> dynamicTest(pair.toString(), () -> {
                    boolean pads = pair.algorithm().family() == Family.AES_KEY_WRAP_PAD;
                    int[] lengths = pads ? new int[] {1, 7, 8, 9, 16, 31, 4095, 8192} : new int[] {16, 24, 32, 8192};
                    for (int length : lengths) {
                        byte[] plain = bench().random(length);
                        byte[] wrapped = Bench.done(bench().ask(pair, Operation.WRAP_KEY, Map.of(Field.VALUE, plain)));
                        assertEquals((length + 7) / 8 * 8 + 8, wrapped.length);
                        undoes(pair, Operation.UNWRAP_KEY, Map.of(Field.VALUE, wrapped), plain);
                    }
                }));
    }

    @Test
    default void keepsZeroBytesAtBothEndsOfAPlaintext() {
        byte[] plain = {0, 0, 1, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};
        Bench.pairs(Family.RSA_ENCRYPTION, Family.AES_KEY_WRAP, Family.AES_KEY_WRAP_PAD)
                .filter(pair -> !pair.keyClass().slow())
                .forEach(pair -> {
                    byte[] wrapped = Bench.done(bench().ask(pair, Operation.WRAP_KEY, Map.of(Field.VALUE, plain)));
                    undoes(pair, Operation.UNWRAP_KEY, Map.of(Field.VALUE, wrapped), plain);
                });
    }

    private void undoes(Pair pair, Operation operation, Map<Field, byte[]> inputs, byte[] plain) {
        assertArrayEquals(plain, Bench.done(bench().ask(pair, operation, inputs)));
    }

    /** What decryption needs of an answer of AES-GCM. */
    static Map<Field, byte[]> gcm(Answer sealed, byte[] aad) {
        return Map.of(Field.VALUE, sealed.value(), Field.IV, sealed.iv(), Field.TAG, sealed.tag(), Field.AAD, aad);
    }

    /** Longest plaintext of an RSA encryption, in bytes: the published table of the service. */
    static int rsaMost(Pair pair) {
        int modulus = pair.keyClass().bytes();
        return switch (pair.algorithm()) {
            case RSA_OAEP -> modulus - 42;
            case RSA_OAEP_256 -> modulus - 66;
            default -> modulus - 11;
        };
    }

    private static int length(Pair pair) {
        return pair.algorithm().digestLength();
    }

    private static int signatureLength(Pair pair) {
        return switch (pair.algorithm()) {
            case ES256, ES256K -> 64;
            case ES384 -> 96;
            case ES512 -> 132;
            case HS256 -> 32;
            case HS384 -> 48;
            case HS512 -> 64;
            default -> pair.keyClass().bytes();
        };
    }
}
