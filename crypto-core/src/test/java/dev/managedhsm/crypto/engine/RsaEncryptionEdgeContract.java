// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.engine;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.managedhsm.crypto.engine.Bench.Answer;
import dev.managedhsm.crypto.engine.Bench.Pair;
import dev.managedhsm.crypto.key.KeyClass;
import dev.managedhsm.crypto.operation.Algorithm;
import dev.managedhsm.crypto.operation.Operation;
import dev.managedhsm.crypto.operation.OperationSlot.Field;
import dev.managedhsm.crypto.operation.Outcome;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/**
 * RSA decryption: whatever is wrong with a block, the answer is the same one, and nothing of the block is in it (RFC 8017
 * section 7.1.2 and 7.2.2; Bleichenbacher, Manger). That it takes the same time is not shown here.
 */
interface RsaEncryptionEdgeContract extends OnBench {
    RsaCraft SENDER = RsaCraft.of(KeyClass.RSA_2048);
    int MODULUS_LENGTH = KeyClass.RSA_2048.bytes();
    Pair TYPE_2 = new Pair(Algorithm.RSA1_5, KeyClass.RSA_2048);

    @Test
    default void givesOneAnswerToEveryWrongTypeTwoBlock() {
        byte[] right = typeTwo(20);
        for (int first : new int[] {1, 2, 0x10, 0x7f, 0x80, 0x94}) {
            fails(TYPE_2, with(right, 0, first));
        }
        for (int type : new int[] {0, 1, 3, 4, 0x12, 0x82, 0xfe, 0xff}) {
            fails(TYPE_2, with(right, 1, type));
        }
        for (int at = 2; at < 10; at++) {
            fails(TYPE_2, with(right, at, 0));
        }
        byte[] endless = right.clone();
        Arrays.fill(endless, 2, endless.length, (byte) 0x77);
        fails(TYPE_2, endless);
        fails(TYPE_2, new byte[MODULUS_LENGTH]);
        fails(TYPE_2, with(new byte[MODULUS_LENGTH], MODULUS_LENGTH - 1, 1));
        fails(TYPE_2, with(new byte[MODULUS_LENGTH], 1, 2));
        fails(TYPE_2, SENDER.number(SENDER.modulus().subtract(BigInteger.ONE)));
        for (Algorithm other : List.of(Algorithm.RSA_OAEP, Algorithm.RSA_OAEP_256)) {
            fails(new Pair(other, KeyClass.RSA_2048), right);
        }
    }

    @Test
    @Tag("slow")
    default void givesOneAnswerToEveryFirstByteAndBlockType() {
        byte[] right = typeTwo(20);
        for (int first = 1; first < 0x95; first++) {
            fails(TYPE_2, with(right, 0, first));
        }
        for (int type = 0; type < 256; type++) {
            if (type != 2) {
                fails(TYPE_2, with(right, 1, type));
            }
        }
    }

    @Test
    default void takesTypeTwoBlocksOfEveryLengthOfPadding() {
        for (int length : new int[] {0, 1, 2, 100, 244, 245}) {
            byte[] expected = new byte[length];
            Arrays.fill(expected, (byte) 9);
            assertArrayEquals(expected, Bench.done(decrypt(TYPE_2, SENDER.sealed(typeTwo(length)))));
        }
    }

    /** 00 02, padding without a zero, 00, a message of nines. */
    private static byte[] typeTwo(int messageLength) {
        byte[] block = new byte[MODULUS_LENGTH];
        block[1] = 2;
        Arrays.fill(block, 2, MODULUS_LENGTH - messageLength - 1, (byte) 0x33);
        Arrays.fill(block, MODULUS_LENGTH - messageLength, MODULUS_LENGTH, (byte) 9);
        return block;
    }

    @TestFactory
    default Stream<DynamicTest> givesOneAnswerToEveryWrongOaepBlock() {
        return Stream.of(Algorithm.RSA_OAEP, Algorithm.RSA_OAEP_256)
                .flatMap(algorithm -> faults(hash(algorithm)).entrySet().stream()
                        .map(fault -> dynamicTest(algorithm + ": " + fault.getKey(), () -> {
                            RsaCraft.Oaep oaep = new RsaCraft.Oaep(hash(algorithm));
                            fault.getValue().accept(oaep);
                            fails(new Pair(algorithm, KeyClass.RSA_2048), oaep.encoded(MODULUS_LENGTH));
                        })));
    }

    @TestFactory
    default Stream<DynamicTest> takesOaepBlocksOfEveryLengthOfPadding() {
        return Stream.of(Algorithm.RSA_OAEP, Algorithm.RSA_OAEP_256)
                .map(algorithm -> dynamicTest(algorithm.name(), () -> {
                    Pair pair = new Pair(algorithm, KeyClass.RSA_2048);
                    for (int length : new int[] {0, 1, 64, RoundTripContract.rsaMost(pair)}) {
                        RsaCraft.Oaep oaep = new RsaCraft.Oaep(hash(algorithm));
                        oaep.message = new byte[length];
                        byte[] sealed = SENDER.sealed(oaep.encoded(MODULUS_LENGTH));
                        assertArrayEquals(oaep.message, Bench.done(decrypt(pair, sealed)));
                    }
                }));
    }

    private static String hash(Algorithm algorithm) {
        return algorithm == Algorithm.RSA_OAEP ? "SHA-1" : "SHA-256";
    }

    private static Map<String, Consumer<RsaCraft.Oaep>> faults(String hash) {
        int hashLength = RsaCraft.digest(hash).length;
        Map<String, Consumer<RsaCraft.Oaep>> faults = new LinkedHashMap<>();
        for (int first : new int[] {1, 2, 0x40, 0x80, 0x94}) {
            faults.put("first byte " + first, oaep -> oaep.first = first);
        }
        IntStream.range(0, hashLength)
                .forEach(at -> faults.put(
                        "byte " + at + " of the label's hash", oaep -> oaep.label = Bench.flipped(oaep.label, 8 * at)));
        faults.put("another label", oaep -> oaep.label = RsaCraft.digest(hash, new byte[] {'x'}));
        faults.put("no hash of a label", oaep -> oaep.label = new byte[hashLength]);
        for (int separator : new int[] {0, 2, 0x80, 0x81, 0xff}) {
            faults.put("separator " + separator, oaep -> {
                oaep.separator = separator;
                oaep.message = new byte[40];
            });
        }
        int padding = 1 + 2 * hashLength;
        for (int hole : new int[] {padding, padding + 1, 200, 250}) {
            faults.put("padding byte " + hole + " not zero", oaep -> oaep.holes = List.of(hole));
        }
        for (String other : List.of("SHA-1", "SHA-256", "SHA-384", "SHA-512")) {
            if (!other.equals(hash)) {
                faults.put("mask " + other, oaep -> oaep.mask = other);
                faults.put("label's hash " + other, oaep -> oaep.label = RsaCraft.digest(other));
            }
        }
        return faults;
    }

    @TestFactory
    default Stream<DynamicTest> givesOneAnswerToEveryCiphertextThatIsNone() {
        return Stream.of(Algorithm.RSA1_5, Algorithm.RSA_OAEP, Algorithm.RSA_OAEP_256)
                .map(algorithm -> dynamicTest(algorithm.name(), () -> {
                    Pair pair = new Pair(algorithm, KeyClass.RSA_2048);
                    BigInteger n = SENDER.modulus();
                    List<byte[]> none = new ArrayList<>();
                    for (BigInteger number : List.of(
                            BigInteger.ZERO,
                            BigInteger.ONE,
                            n.subtract(BigInteger.ONE),
                            n,
                            n.add(BigInteger.ONE),
                            BigInteger.ONE.shiftLeft(2048).subtract(BigInteger.ONE))) {
                        none.add(SENDER.number(number));
                    }
                    byte[] good = Bench.done(bench().ask(pair, Operation.ENCRYPT, Map.of(Field.VALUE, new byte[16])));
                    for (int length : new int[] {0, 1, 16, 128, 255, 257, 384, 512, 8192}) {
                        none.add(Arrays.copyOf(good, length));
                    }
                    none.add(RsaCraft.joined(new byte[1], good));
                    for (byte[] ciphertext : none) {
                        same(decrypt(pair, ciphertext));
                        same(bench().ask(pair, Operation.UNWRAP_KEY, Map.of(Field.VALUE, ciphertext)));
                    }
                    assertArrayEquals(new byte[16], Bench.done(decrypt(pair, good)));
                }));
    }

    private void fails(Pair pair, byte[] block) {
        byte[] value = SENDER.sealed(block);
        same(decrypt(pair, value));
        same(bench().ask(pair, Operation.UNWRAP_KEY, Map.of(Field.VALUE, value)));
    }

    /** The one answer; that its slot holds nothing else is seen to wherever a bench asks. */
    private static void same(Answer answer) {
        assertEquals(Outcome.DECRYPTION_FAILED, answer.outcome());
        assertEquals(0, answer.value().length + answer.iv().length + answer.tag().length);
    }

    private Answer decrypt(Pair pair, byte[] ciphertext) {
        return bench().ask(pair, Operation.DECRYPT, Map.of(Field.VALUE, ciphertext));
    }

    private static byte[] with(byte[] bytes, int at, int value) {
        byte[] other = bytes.clone();
        other[at] = (byte) value;
        return other;
    }
}
