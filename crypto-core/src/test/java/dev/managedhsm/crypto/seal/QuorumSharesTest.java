// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.seal;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.managedhsm.crypto.engine.Engine;
import dev.managedhsm.crypto.engine.Engines;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Shamir's scheme over 257 elements, in the packing of Azure's domains. */
class QuorumSharesTest {
    private final Engine engine = Engines.choose();
    private final Arena arena = Arena.ofShared();

    @AfterEach
    void close() {
        arena.close();
        engine.close();
    }

    /** Two vectors that another implementation of the format computed: secret 0x2a with 200x² + 42x… and 0xff. */
    @Test
    void putsKnownSharesTogether() {
        assertEquals(0x2a, combined(new int[] {754, 1209, 1664}, new int[] {0, 1}));
        assertEquals(0x2a, combined(new int[] {754, 1209, 1664}, new int[] {2, 0}));
        assertEquals(0xff, combined(new int[] {526, 1088, 1684, 2057}, new int[] {0, 1, 2}));
        assertEquals(0xff, combined(new int[] {526, 1088, 1684, 2057}, new int[] {3, 1, 0}));
    }

    /** Every byte of the secret has the same words here. */
    private int combined(int[] words, int[] chosen) {
        MemorySegment shares = arena.allocate((long) chosen.length * QuorumShares.SHARE_LENGTH);
        for (int i = 0; i < chosen.length; i++) {
            for (int at = 0; at < QuorumShares.SECRET_LENGTH; at++) {
                long place = (long) i * QuorumShares.SHARE_LENGTH + 2L * at;
                shares.set(JAVA_BYTE, place, (byte) words[chosen[i]]);
                shares.set(JAVA_BYTE, place + 1, (byte) (words[chosen[i]] >>> 8));
            }
        }
        MemorySegment out = arena.allocate(QuorumShares.SECRET_LENGTH);
        assertTrue(QuorumShares.combine(shares, chosen.length, out));
        for (int at = 1; at < QuorumShares.SECRET_LENGTH; at++) {
            assertEquals(out.get(JAVA_BYTE, 0), out.get(JAVA_BYTE, at));
        }
        return out.get(JAVA_BYTE, 0) & 0xff;
    }

    @Test
    void everyQuorumPutsTheSecretTogether() {
        for (int[] form : new int[][] {{2, 2}, {2, 3}, {3, 5}, {5, 10}, {10, 10}, {2, 126}}) {
            byte[] secret = secret();
            MemorySegment shares = split(secret, form[0], form[1]);
            for (List<Integer> subset : subsets(Math.min(form[1], 10), form[0])) {
                assertArrayEquals(secret, combine(shares, subset), form[0] + " of " + form[1]);
            }
        }
    }

    /** With one share less, each value of a byte is led to by exactly one share that is missing: nothing is known. */
    @Test
    void oneShareLessLeavesEveryByteOpen() {
        byte[] secret = secret();
        MemorySegment shares = split(secret, 2, 2);
        Set<Integer> led = new HashSet<>();
        for (int value = 0; value < 257; value++) {
            MemorySegment guessed = arena.allocate(2L * QuorumShares.SHARE_LENGTH);
            MemorySegment.copy(shares, 0, guessed, 0, guessed.byteSize());
            guessed.set(JAVA_BYTE, QuorumShares.SHARE_LENGTH, (byte) value);
            guessed.set(JAVA_BYTE, QuorumShares.SHARE_LENGTH + 1, (byte) (2 << 1 | value >>> 8));
            MemorySegment out = arena.allocate(QuorumShares.SECRET_LENGTH);
            if (QuorumShares.combine(guessed, 2, out)) {
                led.add(out.get(JAVA_BYTE, 0) & 0xff);
            }
        }
        assertEquals(256, led.size());
    }

    @Test
    void refusesSharesThatCannotBelongTogether() {
        MemorySegment shares = split(secret(), 2, 3);
        MemorySegment out = arena.allocate(QuorumShares.SECRET_LENGTH);
        MemorySegment twice = arena.allocate(2L * QuorumShares.SHARE_LENGTH);
        MemorySegment.copy(shares, 0, twice, 0, QuorumShares.SHARE_LENGTH);
        MemorySegment.copy(shares, 0, twice, QuorumShares.SHARE_LENGTH, QuorumShares.SHARE_LENGTH);
        assertFalse(QuorumShares.combine(twice, 2, out), "the same holder twice");
        assertFalse(QuorumShares.combine(shares, 1, out), "one share");
        shares.set(JAVA_BYTE, 3, (byte) 0x7f);
        assertFalse(QuorumShares.combine(shares, 2, out), "two holders in one share");
        MemorySegment zeroes = arena.allocate(2L * QuorumShares.SHARE_LENGTH);
        assertFalse(QuorumShares.combine(zeroes, 2, out), "no holder");
        assertArrayEquals(new byte[QuorumShares.SECRET_LENGTH], out.toArray(JAVA_BYTE), "nothing is left behind");
    }

    @Test
    void refusesQuorumsThatCannotBe() {
        MemorySegment secret = arena.allocate(QuorumShares.SECRET_LENGTH);
        MemorySegment out = arena.allocate(200L * QuorumShares.SHARE_LENGTH);
        for (int[] form : new int[][] {{1, 3}, {4, 3}, {2, 127}}) {
            assertThrows(IllegalStateException.class, () -> QuorumShares.split(engine, secret, form[0], form[1], out));
        }
    }

    /** SP 800-108 in counter mode, as the format's description uses it; the first from its unit test. */
    @Test
    void derivesAsTheFormatSays() {
        MemorySegment key = arena.allocate(32);
        key.fill((byte) 0x41);
        assertEquals(
                "f0ca51f6308791404bf68b56024ee7c64d6c737716f81d47e1e68b5c4e399575",
                derived(key, "label", "context", 32));
        for (int i = 0; i < 32; i++) {
            key.set(JAVA_BYTE, i, (byte) i);
        }
        assertEquals(
                "2d34f55a1dd64e68d793ce19439e032e913bc2c83a99237a33c1bde888fb91da"
                        + "91626f37c72aaff2d718d3e7a37f0a39417a66839669da3c76fe4336aec9747c",
                derived(key, "hsm_backup", "", 64));
    }

    private String derived(MemorySegment key, String label, String context, int length) {
        MemorySegment out = arena.allocate(length);
        engine.derive(key, label.getBytes(US_ASCII), context.getBytes(US_ASCII), out);
        return HexFormat.of().formatHex(out.toArray(JAVA_BYTE));
    }

    private byte[] secret() {
        MemorySegment secret = arena.allocate(QuorumShares.SECRET_LENGTH);
        engine.random(secret);
        return secret.toArray(JAVA_BYTE);
    }

    private MemorySegment split(byte[] secret, int quorum, int holders) {
        MemorySegment shares = arena.allocate((long) holders * QuorumShares.SHARE_LENGTH);
        QuorumShares.split(engine, arena.allocateFrom(JAVA_BYTE, secret), quorum, holders, shares);
        return shares;
    }

    private byte[] combine(MemorySegment shares, List<Integer> subset) {
        MemorySegment chosen = arena.allocate((long) subset.size() * QuorumShares.SHARE_LENGTH);
        for (int i = 0; i < subset.size(); i++) {
            MemorySegment.copy(
                    shares,
                    (long) subset.get(i) * QuorumShares.SHARE_LENGTH,
                    chosen,
                    (long) i * QuorumShares.SHARE_LENGTH,
                    QuorumShares.SHARE_LENGTH);
        }
        MemorySegment out = arena.allocate(QuorumShares.SECRET_LENGTH);
        assertTrue(QuorumShares.combine(chosen, subset.size(), out));
        return out.toArray(JAVA_BYTE);
    }

    /** All subsets of 0 … n-1 with k members. */
    static List<List<Integer>> subsets(int n, int k) {
        List<List<Integer>> all = new ArrayList<>();
        for (int bits = 0; bits < 1 << n; bits++) {
            if (Integer.bitCount(bits) == k) {
                List<Integer> subset = new ArrayList<>();
                for (int i = 0; i < n; i++) {
                    if ((bits >> i & 1) == 1) {
                        subset.add(i);
                    }
                }
                all.add(subset);
            }
        }
        return all;
    }
}
