// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.engine;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.managedhsm.crypto.engine.Bench.Answer;
import dev.managedhsm.crypto.engine.Bench.Pair;
import dev.managedhsm.crypto.operation.Algorithm.Family;
import dev.managedhsm.crypto.operation.Limits;
import dev.managedhsm.crypto.operation.Operation;
import dev.managedhsm.crypto.operation.OperationSlot.Field;
import dev.managedhsm.crypto.operation.Outcome;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestFactory;

/** AES-GCM and AES-CBC with padding at the edges of their lengths, and with every byte changed. */
interface GcmEdgeContract extends OnBench {
    List<Integer> LENGTHS = List.of(0, 1, 15, 16, 17, 31, 32, 33, 255);

    /** Of what is longer, each seventh byte is changed: the last of many blocks as well as the first. */
    int EVERY_BYTE_MAX = 4096;

    @TestFactory
    default Stream<DynamicTest> refusesEveryOtherLengthOfTagAndVector() {
        return Bench.pairs(Family.AES_GCM)
                .map(pair -> dynamicTest(pair.toString(), () -> {
                    Map<Field, byte[]> good = sealed(pair, 20, 4);
                    for (int length = 0; length <= 40; length++) {
                        if (length != 16) {
                            ends(Outcome.BAD_TAG, pair, resized(good, Field.TAG, length));
                        }
                        if (length != 12) {
                            ends(Outcome.BAD_IV, pair, resized(good, Field.IV, length));
                        }
                    }
                    ends(Outcome.DONE, pair, good);
                }));
    }

    @TestFactory
    default Stream<DynamicTest> failsWithAnyByteChangedAtAnyLength() {
        return Bench.pairs(Family.AES_GCM).map(pair -> dynamicTest(pair.toString(), () -> changes(pair, LENGTHS)));
    }

    @Tag("slow")
    @TestFactory
    default Stream<DynamicTest> failsWithBytesChangedAtTheLongestLengths() {
        List<Integer> longest = List.of(1024, EVERY_BYTE_MAX, Limits.VALUE_LENGTH_MAX);
        return Bench.pairs(Family.AES_GCM).map(pair -> dynamicTest(pair.toString(), () -> changes(pair, longest)));
    }

    private void changes(Pair pair, List<Integer> lengths) {
        for (int length : lengths) {
            Map<Field, byte[]> good = sealed(pair, length, Math.min(length, 64));
            for (Field field : new Field[] {Field.VALUE, Field.AAD, Field.IV, Field.TAG}) {
                byte[] bytes = good.getOrDefault(field, new byte[0]);
                int step = bytes.length > EVERY_BYTE_MAX ? 7 : 1;
                for (int at = 0; at < bytes.length; at += step) {
                    ends(Outcome.DECRYPTION_FAILED, pair, with(good, field, Bench.flipped(bytes, 8 * at + at % 8)));
                }
            }
            ends(Outcome.DECRYPTION_FAILED, pair, resized(good, Field.AAD, Math.min(length, 64) + 1));
            ends(Outcome.DECRYPTION_FAILED, pair, with(good, Field.IV, new byte[12]));
            ends(Outcome.DECRYPTION_FAILED, pair, with(good, Field.TAG, new byte[16]));
            ends(Outcome.DONE, pair, good);
        }
    }

    /** What is authenticated and what is encrypted cannot be exchanged, and neither can be moved to the other. */
    @TestFactory
    default Stream<DynamicTest> failsWithDataMovedBetweenTheFields() {
        return Bench.pairs(Family.AES_GCM)
                .map(pair -> dynamicTest(pair.toString(), () -> {
                    Map<Field, byte[]> good = sealed(pair, 32, 32);
                    Map<Field, byte[]> swapped = with(good, Field.VALUE, good.getOrDefault(Field.AAD, new byte[0]));
                    swapped.put(Field.AAD, good.getOrDefault(Field.VALUE, new byte[0]));
                    ends(Outcome.DECRYPTION_FAILED, pair, swapped);
                    Map<Field, byte[]> moved = with(good, Field.VALUE, new byte[0]);
                    moved.put(
                            Field.AAD,
                            RsaCraft.joined(
                                    good.getOrDefault(Field.AAD, new byte[0]),
                                    good.getOrDefault(Field.VALUE, new byte[0])));
                    ends(Outcome.DECRYPTION_FAILED, pair, moved);
                    Map<Field, byte[]> without = with(good, Field.AAD, new byte[0]);
                    ends(Outcome.DECRYPTION_FAILED, pair, without);
                    without.remove(Field.AAD);
                    ends(Outcome.DECRYPTION_FAILED, pair, without);
                }));
    }

    /** No plaintext, no additional data, or neither; absent data is empty data. */
    @TestFactory
    default Stream<DynamicTest> authenticatesNothingToo() {
        return Bench.pairs(Family.AES_GCM)
                .map(pair -> dynamicTest(pair.toString(), () -> {
                    for (int value : new int[] {0, 5}) {
                        Map<Field, byte[]> good = sealed(pair, value, 0);
                        ends(Outcome.DONE, pair, good);
                        good.remove(Field.AAD);
                        ends(Outcome.DONE, pair, good);
                        ends(Outcome.DECRYPTION_FAILED, pair, with(good, Field.AAD, new byte[1]));
                    }
                }));
    }

    /** Every last block that a forger can make, at every length of ciphertext: good as padding, or the one failure. */
    @TestFactory
    default Stream<DynamicTest> givesOneAnswerToEveryWrongCbcPaddingAtAnyLength() {
        return Bench.pairs(Family.AES_CBC_PAD)
                .map(pair -> dynamicTest(pair.toString(), () -> {
                    for (int blocks : new int[] {1, 2, 5}) {
                        byte[] plain = new byte[16 * blocks - 1];
                        byte[] iv = bench().random(16);
                        Map<Field, byte[]> asked = Map.of(Field.VALUE, plain, Field.IV, iv);
                        byte[] sealed = Bench.done(bench().ask(pair, Operation.ENCRYPT, asked));
                        for (int wanted = 0; wanted < 256; wanted++) {
                            // The byte before decides the last one: it was 1, and is made what is wanted.
                            byte[] vector = iv.clone();
                            byte[] value = sealed.clone();
                            byte[] target = blocks == 1 ? vector : value;
                            target[(blocks == 1 ? 16 : 16 * (blocks - 1)) - 1] ^= (byte) (wanted ^ 1);
                            Map<Field, byte[]> forged = Map.of(Field.VALUE, value, Field.IV, vector);
                            // All bytes before are zero, or, where a block was changed, whatever they became.
                            Outcome end = bench().outcome(pair, Operation.DECRYPT, forged);
                            assertEquals(wanted == 1 ? Outcome.DONE : Outcome.DECRYPTION_FAILED, end);
                        }
                    }
                }));
    }

    private Map<Field, byte[]> sealed(Pair pair, int length, int aadLength) {
        byte[] aad = bench().random(aadLength);
        byte[] plain = bench().random(length);
        Answer answer = bench().ask(pair, Operation.ENCRYPT, Map.of(Field.VALUE, plain, Field.AAD, aad));
        Map<Field, byte[]> good = new EnumMap<>(RoundTripContract.gcm(answer, aad));
        assertArrayEquals(plain, Bench.done(bench().ask(pair, Operation.DECRYPT, good)));
        return good;
    }

    private static Map<Field, byte[]> resized(Map<Field, byte[]> good, Field field, int length) {
        return with(good, field, Arrays.copyOf(good.getOrDefault(field, new byte[0]), length));
    }

    private static Map<Field, byte[]> with(Map<Field, byte[]> good, Field field, byte[] bytes) {
        Map<Field, byte[]> changed = new EnumMap<>(good);
        changed.put(field, bytes);
        return changed;
    }

    private void ends(Outcome outcome, Pair pair, Map<Field, byte[]> inputs) {
        assertEquals(outcome, bench().outcome(pair, Operation.DECRYPT, inputs));
    }
}
