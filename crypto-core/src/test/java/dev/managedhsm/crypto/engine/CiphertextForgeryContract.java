// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.engine;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.managedhsm.crypto.engine.Bench.Answer;
import dev.managedhsm.crypto.engine.Bench.Pair;
import dev.managedhsm.crypto.key.KeyClass;
import dev.managedhsm.crypto.key.PublicPart;
import dev.managedhsm.crypto.operation.Algorithm;
import dev.managedhsm.crypto.operation.Algorithm.Family;
import dev.managedhsm.crypto.operation.Operation;
import dev.managedhsm.crypto.operation.OperationSlot.Field;
import dev.managedhsm.crypto.operation.Outcome;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.bouncycastle.crypto.Digest;
import org.bouncycastle.crypto.InvalidCipherTextException;
import org.bouncycastle.crypto.digests.SHA1Digest;
import org.bouncycastle.crypto.digests.SHA256Digest;
import org.bouncycastle.crypto.encodings.OAEPEncoding;
import org.bouncycastle.crypto.engines.RSABlindedEngine;
import org.bouncycastle.crypto.params.RSAKeyParameters;
import org.bouncycastle.util.BigIntegers;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** Ciphertexts that are almost good, each named by the mistake that would let it pass; all get one and the same answer. */
interface CiphertextForgeryContract extends OnBench {
    @Test
    default void failsWithEveryBitOfTheGcmTagFlipped() {
        Bench.pairs(Family.AES_GCM).forEach(pair -> {
            Map<Field, byte[]> good = sealed(pair);
            for (int bit = 0; bit < 128; bit++) {
                failsWithFlipped(pair, Operation.DECRYPT, good, Field.TAG, bit);
            }
        });
    }

    @Test
    default void failsWithGcmVectorDataOrCiphertextChanged() {
        Bench.pairs(Family.AES_GCM).forEach(pair -> {
            Map<Field, byte[]> good = sealed(pair);
            for (int bit = 0; bit < 96; bit++) {
                failsWithFlipped(pair, Operation.DECRYPT, good, Field.IV, bit);
                failsWithFlipped(pair, Operation.DECRYPT, good, Field.AAD, bit);
                failsWithFlipped(pair, Operation.DECRYPT, good, Field.VALUE, bit);
            }
            for (Field field : new Field[] {Field.AAD, Field.VALUE}) {
                byte[] bytes = good.getOrDefault(field, new byte[0]);
                fails(pair, Operation.DECRYPT, with(good, field, Arrays.copyOf(bytes, bytes.length - 1)));
                fails(pair, Operation.DECRYPT, with(good, field, Arrays.copyOf(bytes, bytes.length + 1)));
                fails(pair, Operation.DECRYPT, with(good, field, new byte[0]));
            }
        });
    }

    @Test
    default void failsWithGcmTagOfAllZeroes() {
        Pair pair = new Pair(Algorithm.A256GCM, KeyClass.OCT_256);
        fails(pair, Operation.DECRYPT, with(sealed(pair), Field.TAG, new byte[16]));
    }

    @TestFactory
    default Stream<DynamicTest> failsWithEveryWrongCbcPadding() {
        return Bench.pairs(Family.AES_CBC_PAD)
                .map(pair -> dynamicTest(pair.toString(), () -> {
                    for (int padding = 0; padding < 256; padding++) {
                        byte[] plain = new byte[32];
                        Arrays.fill(plain, 16, 32, (byte) padding);
                        if (padding >= 1 && padding <= 16) {
                            assertArrayEquals(
                                    Arrays.copyOf(plain, 32 - padding),
                                    unpadded(pair, plain).value());
                            for (int i = 2; i <= padding; i++) {
                                byte[] holed = plain.clone();
                                holed[32 - i] ^= 0x10;
                                assertEquals(
                                        Outcome.DECRYPTION_FAILED,
                                        unpadded(pair, holed).outcome());
                            }
                        } else {
                            assertEquals(
                                    Outcome.DECRYPTION_FAILED,
                                    unpadded(pair, plain).outcome());
                        }
                    }
                    byte[] oneBlock = new byte[16];
                    Arrays.fill(oneBlock, (byte) 17);
                    assertEquals(
                            Outcome.DECRYPTION_FAILED, unpadded(pair, oneBlock).outcome());
                    Arrays.fill(oneBlock, (byte) 16);
                    assertEquals(0, Bench.done(unpadded(pair, oneBlock)).length);
                }));
    }

    /** Encrypts without padding, decrypts as if there were some. */
    private Answer unpadded(Pair pair, byte[] plain) {
        Algorithm bare = Algorithm.valueOf(pair.algorithm().name().replace("PAD", ""));
        Map<Field, byte[]> inputs = Map.of(Field.VALUE, plain, Field.IV, new byte[16]);
        byte[] sealed = Bench.done(bench().ask(new Pair(bare, pair.keyClass()), Operation.ENCRYPT, inputs));
        return bench().ask(pair, Operation.DECRYPT, Map.of(Field.VALUE, sealed, Field.IV, new byte[16]));
    }

    @TestFactory
    default Stream<DynamicTest> failsWithEveryBitOfAWrappedKeyFlipped() {
        return Bench.pairs(Family.AES_KEY_WRAP, Family.AES_KEY_WRAP_PAD)
                .flatMap(pair -> IntStream.of(16, 24)
                        .mapToObj(length -> dynamicTest(pair + ", " + length + " bytes", () -> {
                            Map<Field, byte[]> good = Map.of(Field.VALUE, wrapped(pair, bench().random(length)));
                            for (int bit = 0; bit < 8 * (length + 8); bit++) {
                                failsWithFlipped(pair, Operation.UNWRAP_KEY, good, Field.VALUE, bit);
                            }
                        })));
    }

    @Test
    default void failsToUnwrapWithTheOtherKeyWrap() {
        for (KeyClass keyClass : new KeyClass[] {KeyClass.OCT_128, KeyClass.OCT_192, KeyClass.OCT_256}) {
            Pair bare = new Pair(Algorithm.CKM_AES_KEY_WRAP, keyClass);
            Pair padded = new Pair(Algorithm.CKM_AES_KEY_WRAP_PAD, keyClass);
            byte[] key = bench().random(32);
            fails(padded, Operation.UNWRAP_KEY, Map.of(Field.VALUE, wrapped(bare, key)));
            fails(bare, Operation.UNWRAP_KEY, Map.of(Field.VALUE, wrapped(padded, key)));
        }
    }

    @Test
    default void failsWithWrappedKeysCutOrLengthened() {
        Bench.pairs(Family.AES_KEY_WRAP, Family.AES_KEY_WRAP_PAD).forEach(pair -> {
            byte[] good = wrapped(pair, bench().random(32));
            fails(pair, Operation.UNWRAP_KEY, Map.of(Field.VALUE, Arrays.copyOf(good, 32)));
            fails(pair, Operation.UNWRAP_KEY, Map.of(Field.VALUE, Arrays.copyOf(good, 48)));
            fails(pair, Operation.UNWRAP_KEY, Map.of(Field.VALUE, new byte[40]));
        });
    }

    /** RFC 5649 section 3: the length indicator and the zero bytes of the padding are part of the integrity value. */
    @TestFactory
    default Stream<DynamicTest> failsWithEveryWrongPaddingOfAWrappedKey() {
        Map<String, byte[]> blocks = new LinkedHashMap<>();
        blocks.put("length 0", oneBlock("a65959a6", 0, new byte[8]));
        blocks.put("length 9 in 8 bytes", oneBlock("a65959a6", 9, new byte[8]));
        blocks.put("length 2^31", oneBlock("a65959a6", 1 << 31, new byte[8]));
        blocks.put("length -1", oneBlock("a65959a6", -1, new byte[8]));
        blocks.put("padding not zero", oneBlock("a65959a6", 7, new byte[] {1, 1, 1, 1, 1, 1, 1, 1}));
        blocks.put("first padding byte not zero", oneBlock("a65959a6", 4, new byte[] {1, 1, 1, 1, 1, 0, 0, 0}));
        blocks.put("constant of RFC 3394", oneBlock("a6a6a6a6", 8, new byte[8]));
        Pair pair = new Pair(Algorithm.CKM_AES_KEY_WRAP_PAD, KeyClass.OCT_256);
        return blocks.entrySet().stream()
                .map(block -> dynamicTest(block.getKey(), () -> {
                    fails(pair, Operation.UNWRAP_KEY, Map.of(Field.VALUE, ecb(block.getValue())));
                    byte[] good = oneBlock("a65959a6", 4, new byte[] {1, 1, 1, 1, 0, 0, 0, 0});
                    Answer answer = bench().ask(pair, Operation.UNWRAP_KEY, Map.of(Field.VALUE, ecb(good)));
                    assertArrayEquals(new byte[] {1, 1, 1, 1}, Bench.done(answer));
                }));
    }

    private static byte[] oneBlock(String constant, int length, byte[] semiblock) {
        return ByteBuffer.allocate(16)
                .put(HexFormat.of().parseHex(constant))
                .putInt(length)
                .put(semiblock)
                .array();
    }

    /** One block under the bare cipher: CBC with a vector of zeroes. */
    private byte[] ecb(byte[] block) {
        Map<Field, byte[]> inputs = Map.of(Field.VALUE, block, Field.IV, new byte[16]);
        return Bench.done(bench().ask(new Pair(Algorithm.A256CBC, KeyClass.OCT_256), Operation.ENCRYPT, inputs));
    }

    @TestFactory
    default Stream<DynamicTest> failsWithEveryWrongTypeTwoPadding() {
        byte[] good = new byte[256];
        Arrays.fill(good, 2, 240, (byte) 0x77);
        good[1] = 2;
        Map<String, byte[]> blocks = new LinkedHashMap<>();
        blocks.put("first byte not zero", changed(good, 0, 1));
        blocks.put("block type 0", changed(good, 1, 0));
        blocks.put("block type 1", changed(good, 1, 1));
        blocks.put("block type 3", changed(good, 1, 3));
        for (int i = 2; i < 10; i++) {
            blocks.put("padding of " + (i - 2) + " bytes", changed(good, i, 0));
        }
        byte[] endless = good.clone();
        Arrays.fill(endless, 2, 256, (byte) 0x77);
        blocks.put("no end of padding", endless);
        blocks.put("all zeroes", new byte[256]);
        Pair pair = new Pair(Algorithm.RSA1_5, KeyClass.RSA_2048);
        return blocks.entrySet().stream()
                .map(block -> dynamicTest(block.getKey(), () -> {
                    fails(pair, Operation.DECRYPT, Map.of(Field.VALUE, bare(block.getValue())));
                    Map<Field, byte[]> accepted = Map.of(Field.VALUE, bare(changed(good, 10, 0)));
                    assertEquals(245, Bench.done(bench().ask(pair, Operation.DECRYPT, accepted)).length);
                }));
    }

    @Test
    default void failsWithRsaCiphertextsNotBelowTheModulus() {
        Bench.pairs(Family.RSA_ENCRYPTION)
                .filter(pair -> !pair.keyClass().slow())
                .forEach(pair -> {
                    BigInteger n = publicKey().getModulus();
                    BigInteger most = BigInteger.ONE.shiftLeft(2048).subtract(BigInteger.ONE);
                    for (BigInteger number : new BigInteger[] {n, n.add(BigInteger.ONE), most}) {
                        Map<Field, byte[]> value = Map.of(Field.VALUE, BigIntegers.asUnsignedByteArray(256, number));
                        fails(pair, Operation.DECRYPT, value);
                        fails(pair, Operation.UNWRAP_KEY, value);
                    }
                    for (int number = 0; number < 3; number++) {
                        fails(pair, Operation.DECRYPT, Map.of(Field.VALUE, changed(new byte[256], 255, number)));
                    }
                });
    }

    @TestFactory
    default Stream<DynamicTest> failsWithOaepOfAnotherHashMaskOrLabel() {
        Digest sha1 = new SHA1Digest();
        Digest sha256 = SHA256Digest.newInstance();
        byte[] label = "label".getBytes(StandardCharsets.US_ASCII);
        Map<String, byte[]> forSha1 = Map.of(
                "SHA-256 instead of SHA-1", oaep(sha256, sha256, new byte[0]),
                "mask by SHA-256", oaep(sha1, sha256, new byte[0]),
                "label with SHA-1", oaep(sha1, sha1, label),
                "type 2 padding instead", bare(changed(new byte[256], 1, 2)));
        Map<String, byte[]> forSha256 = Map.of(
                "SHA-1 instead of SHA-256", oaep(sha1, sha1, new byte[0]),
                "mask by SHA-1", oaep(sha256, sha1, new byte[0]),
                "label with SHA-256", oaep(sha256, sha256, label));
        return Stream.concat(
                failures(Algorithm.RSA_OAEP, forSha1, oaep(sha1, sha1, new byte[0])),
                failures(Algorithm.RSA_OAEP_256, forSha256, oaep(sha256, sha256, new byte[0])));
    }

    private Stream<DynamicTest> failures(Algorithm algorithm, Map<String, byte[]> forgeries, byte[] good) {
        Pair pair = new Pair(algorithm, KeyClass.RSA_2048);
        return forgeries.entrySet().stream()
                .map(forgery -> dynamicTest(forgery.getKey(), () -> {
                    fails(pair, Operation.DECRYPT, Map.of(Field.VALUE, forgery.getValue()));
                    assertEquals(Outcome.DONE, bench().outcome(pair, Operation.DECRYPT, Map.of(Field.VALUE, good)));
                }));
    }

    private static byte[] oaep(Digest hash, Digest mask, byte[] label) {
        OAEPEncoding oaep = new OAEPEncoding(new RSABlindedEngine(), hash, mask, label);
        oaep.init(true, publicKey());
        try {
            return oaep.processBlock(new byte[32], 0, 32);
        } catch (InvalidCipherTextException unexpected) {
            throw new AssertionError(unexpected);
        }
    }

    /** The block under the bare public permutation. */
    private static byte[] bare(byte[] block) {
        RSAKeyParameters key = publicKey();
        return BigIntegers.asUnsignedByteArray(
                256, new BigInteger(1, block).modPow(key.getExponent(), key.getModulus()));
    }

    private static RSAKeyParameters publicKey() {
        PublicPart.Rsa part =
                (PublicPart.Rsa) Bench.published(KeyClass.RSA_2048).publicPart();
        return new RSAKeyParameters(false, new BigInteger(1, part.modulus()), new BigInteger(1, part.exponent()));
    }

    private static byte[] changed(byte[] bytes, int at, int value) {
        byte[] other = bytes.clone();
        other[at] = (byte) value;
        return other;
    }

    private byte[] wrapped(Pair pair, byte[] key) {
        return Bench.done(bench().ask(pair, Operation.WRAP_KEY, Map.of(Field.VALUE, key)));
    }

    private Map<Field, byte[]> sealed(Pair pair) {
        byte[] aad = bench().random(12);
        Map<Field, byte[]> inputs = Map.of(Field.VALUE, bench().random(20), Field.AAD, aad);
        return RoundTripContract.gcm(bench().ask(pair, Operation.ENCRYPT, inputs), aad);
    }

    private void failsWithFlipped(Pair pair, Operation operation, Map<Field, byte[]> good, Field field, int bit) {
        fails(pair, operation, with(good, field, Bench.flipped(good.getOrDefault(field, new byte[0]), bit)));
    }

    private static Map<Field, byte[]> with(Map<Field, byte[]> good, Field field, byte[] bytes) {
        Map<Field, byte[]> changed = new EnumMap<>(good);
        changed.put(field, bytes);
        return changed;
    }

    private void fails(Pair pair, Operation operation, Map<Field, byte[]> inputs) {
        Answer answer = bench().ask(pair, operation, inputs);
        assertEquals(Outcome.DECRYPTION_FAILED, answer.outcome());
        assertEquals(0, answer.value().length);
    }
}
