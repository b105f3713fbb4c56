// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.engine;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.managedhsm.crypto.engine.Bench.Pair;
import dev.managedhsm.crypto.operation.Algorithm.Family;
import dev.managedhsm.crypto.operation.Limits;
import dev.managedhsm.crypto.operation.Operation;
import dev.managedhsm.crypto.operation.OperationSlot.Field;
import dev.managedhsm.crypto.operation.Outcome;
import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Map;
import java.util.stream.Stream;
import javax.crypto.Cipher;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/**
 * AES key wrap from the inside: the wrapping function of NIST SP 800-38F section 6.1 written out here, under any first
 * semiblock, so that each part of the integrity value can be wrong alone.
 */
interface KeyWrapEdgeContract extends OnBench {
    byte[] KW = HexFormat.of().parseHex("a6a6a6a6a6a6a6a6");
    byte[] KWP = HexFormat.of().parseHex("a65959a6");

    @TestFactory
    default Stream<DynamicTest> failsWithAnyOtherIntegrityValue() {
        return Bench.pairs(Family.AES_KEY_WRAP)
                .map(pair -> dynamicTest(pair.toString(), () -> {
                    byte[] key = bench().random(24);
                    assertArrayEquals(key, Bench.done(unwrapped(pair, wrap(pair, KW, key))));
                    for (int bit = 0; bit < 64; bit++) {
                        fails(pair, wrap(pair, Bench.flipped(KW, bit), key));
                    }
                    fails(pair, wrap(pair, new byte[8], key));
                    fails(pair, wrap(pair, padded(24), key));
                }));
    }

    @TestFactory
    default Stream<DynamicTest> failsWithAnyOtherLengthOrPadding() {
        return Bench.pairs(Family.AES_KEY_WRAP_PAD)
                .map(pair -> dynamicTest(pair.toString(), () -> {
                    for (int semiblocks = 1; semiblocks <= 4; semiblocks++) {
                        int room = 8 * semiblocks;
                        for (int length = room - 7; length <= room; length++) {
                            byte[] plain = Arrays.copyOf(filled(length), room);
                            byte[] expected = Arrays.copyOf(plain, length);
                            assertArrayEquals(expected, Bench.done(unwrapped(pair, wrap(pair, padded(length), plain))));
                            for (int at = length; at < room; at++) {
                                fails(pair, wrap(pair, padded(length), with(plain, at, 1)));
                                fails(pair, wrap(pair, padded(length), with(plain, at, 0x80)));
                            }
                        }
                        byte[] zeroes = new byte[room];
                        for (int length : new int[] {
                            0, room - 8, room - 9, room + 1, room + 8, room + 256, 1 << 16, 1 << 24, 1 << 31, -1, -room
                        }) {
                            fails(pair, wrap(pair, padded(length), zeroes));
                        }
                        for (int bit = 0; bit < 32; bit++) {
                            fails(pair, wrap(pair, Bench.flipped(padded(room), bit), zeroes));
                        }
                        fails(pair, wrap(pair, KW, zeroes));
                    }
                }));
    }

    @TestFactory
    default Stream<DynamicTest> failsWithAnyByteOfAWrappedKeyChanged() {
        return Bench.pairs(Family.AES_KEY_WRAP, Family.AES_KEY_WRAP_PAD)
                .map(pair -> dynamicTest(pair.toString(), () -> {
                    for (int length : new int[] {16, 24, 32, 64, 256}) {
                        byte[] good = wrapped(pair, bench().random(length));
                        for (int at = 0; at < good.length; at++) {
                            fails(pair, Bench.flipped(good, 8 * at + at % 8));
                        }
                        if (length > 16) {
                            fails(pair, Arrays.copyOf(good, good.length - 8));
                        }
                        fails(pair, Arrays.copyOf(good, good.length + 8));
                        fails(pair, Arrays.copyOfRange(good, 8, good.length + 8));
                    }
                }));
    }

    @TestFactory
    default Stream<DynamicTest> takesEveryLengthThatThereIs() {
        return Bench.pairs(Family.AES_KEY_WRAP, Family.AES_KEY_WRAP_PAD)
                .map(pair -> dynamicTest(pair.toString(), () -> {
                    boolean pads = pair.algorithm().family() == Family.AES_KEY_WRAP_PAD;
                    for (int length = 0; length <= 72; length++) {
                        boolean good = pads ? length > 0 : length >= 16 && length % 8 == 0;
                        thereAndBack(pair, length, good);
                        boolean whole = length % 8 == 0 && length >= (pads ? 16 : 24);
                        assertEquals(
                                whole ? Outcome.DECRYPTION_FAILED : Outcome.BAD_VALUE_LENGTH,
                                unwrapped(pair, filled(length)).outcome());
                    }
                    thereAndBack(pair, Limits.VALUE_LENGTH_MAX - 8, true);
                    thereAndBack(pair, Limits.VALUE_LENGTH_MAX - 1, pads);
                    thereAndBack(pair, Limits.VALUE_LENGTH_MAX, true);
                    thereAndBack(pair, Limits.VALUE_LENGTH_MAX + 1, false);
                    thereAndBack(pair, Limits.VALUE_LENGTH_MAX + 8, false);
                }));
    }

    private void thereAndBack(Pair pair, int length, boolean good) {
        byte[] key = filled(length);
        Bench.Answer answer = bench().ask(pair, Operation.WRAP_KEY, Map.of(Field.VALUE, key));
        assertEquals(good ? Outcome.DONE : Outcome.BAD_VALUE_LENGTH, answer.outcome());
        if (good) {
            assertEquals((length + 7) / 8 * 8 + 8, answer.value().length);
            assertArrayEquals(key, Bench.done(unwrapped(pair, answer.value())));
        }
    }

    private static byte[] filled(int length) {
        byte[] bytes = new byte[length];
        Arrays.fill(bytes, (byte) 0x6b);
        return bytes;
    }

    private static byte[] with(byte[] bytes, int at, int value) {
        byte[] other = bytes.clone();
        other[at] = (byte) value;
        return other;
    }

    private byte[] wrapped(Pair pair, byte[] key) {
        return Bench.done(bench().ask(pair, Operation.WRAP_KEY, Map.of(Field.VALUE, key)));
    }

    private Bench.Answer unwrapped(Pair pair, byte[] wrapped) {
        return bench().ask(pair, Operation.UNWRAP_KEY, Map.of(Field.VALUE, wrapped));
    }

    private void fails(Pair pair, byte[] wrapped) {
        assertEquals(Outcome.DECRYPTION_FAILED, unwrapped(pair, wrapped).outcome());
    }

    /** First semiblock of a padded key: the constant of RFC 5649 section 3, then the length. */
    private static byte[] padded(int length) {
        return ByteBuffer.allocate(8).put(KWP).putInt(length).array();
    }

    /** W(first ‖ key), NIST SP 800-38F section 6.1; where the key is one semiblock, one block under AES (section 6.3). */
    private static byte[] wrap(Pair pair, byte[] first, byte[] key) throws GeneralSecurityException {
        Cipher aes = Cipher.getInstance("AES/ECB/NoPadding");
        aes.init(
                Cipher.ENCRYPT_MODE,
                new SecretKeySpec(Bench.published(pair.keyClass()).secret(), "AES"));
        byte[] whole = RsaCraft.joined(first, key);
        if (key.length == 8) {
            return aes.doFinal(whole);
        }
        int semiblocks = key.length / 8;
        for (int step = 1; step <= 6 * semiblocks; step++) {
            int at = 8 * (1 + (step - 1) % semiblocks);
            byte[] block = RsaCraft.joined(Arrays.copyOf(whole, 8), Arrays.copyOfRange(whole, at, at + 8));
            byte[] out = aes.doFinal(block);
            ByteBuffer.wrap(out).putLong(0, ByteBuffer.wrap(out).getLong(0) ^ step);
            System.arraycopy(out, 0, whole, 0, 8);
            System.arraycopy(out, 8, whole, at, 8);
        }
        return whole;
    }
}
