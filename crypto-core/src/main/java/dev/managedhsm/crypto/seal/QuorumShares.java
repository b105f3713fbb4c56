// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.seal;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_SHORT_UNALIGNED;

import dev.managedhsm.crypto.engine.Engine;
import dev.managedhsm.crypto.memory.LockedMemory;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * A 32-byte secret shared out so that any {@code quorum} of its holders have it and fewer have nothing: Shamir's scheme,
 * byte by byte, over the field of 257 elements, in the packing of Azure's security domains. Stateless; any thread.
 *
 * <pre>
 *   share of holder x (1 to 126): 32 words of 16 bits, little endian, one per byte of the secret
 *
 *   15      9 8          0
 *   +--------+-----------+      v = secret + a1 x + a2 x² + … (mod 257), coefficients uniform in 0…256
 *   |   x    |     v     |
 *   +--------+-----------+
 * </pre>
 *
 * <p>All of it happens in locked memory. The time taken depends on the number of holders and on x, never on a secret,
 * except that a coefficient of 16 bits is drawn again with probability 2^-16.
 */
final class QuorumShares {
    /** Length of the secret, in bytes. */
    static final int SECRET_LENGTH = 32;

    /** Length of one share, in bytes. */
    static final int SHARE_LENGTH = 2 * SECRET_LENGTH;

    private static final int FIELD = 257;
    private static final int HOLDERS_MAX = 126;
    private static final int VALUE_BITS = 9;
    private static final int VALUE_MASK = (1 << VALUE_BITS) - 1;

    /** Largest multiple of the field's size that 16 bits can hold; what is drawn at or above it is drawn again. */
    private static final int DRAW_END = 65_535;

    private static final ValueLayout.OfShort WORD = JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private QuorumShares() {}

    /**
     * Shares a secret out.
     *
     * @param engine where random numbers come from
     * @param secret {@link #SECRET_LENGTH} bytes, off-heap
     * @param quorum how many holders must come together, at least 2
     * @param holders how many there are, at least as many
     * @param out {@link #SHARE_LENGTH} bytes for each holder, off-heap and locked; the caller wipes it
     */
    static void split(Engine engine, MemorySegment secret, int quorum, int holders, MemorySegment out) {
        if (quorum < 2 || holders < quorum || holders > HOLDERS_MAX) {
            throw new IllegalStateException("a quorum of " + quorum + " among " + holders + " cannot be");
        }
        try (LockedMemory memory = LockedMemory.allocate(2L * quorum, "coefficients of quorum shares")) {
            MemorySegment polynomial = memory.segment();
            for (int at = 0; at < SECRET_LENGTH; at++) {
                polynomial.set(WORD, 0, (short) (secret.get(JAVA_BYTE, at) & 0xff));
                for (int i = 1; i < quorum; i++) {
                    draw(engine, polynomial.asSlice(2L * i, 2));
                }
                for (int x = 1; x <= holders; x++) {
                    int word = x << VALUE_BITS | valueAt(polynomial, quorum, x);
                    out.set(WORD, (long) (x - 1) * SHARE_LENGTH + 2L * at, (short) word);
                }
            }
        }
    }

    /** A uniform number of the field. */
    private static void draw(Engine engine, MemorySegment out) {
        int drawn;
        do {
            engine.random(out);
            drawn = out.get(WORD, 0) & 0xffff;
        } while (drawn >= DRAW_END);
        out.set(WORD, 0, (short) (drawn % FIELD));
    }

    private static int valueAt(MemorySegment polynomial, int coefficients, int x) {
        int value = 0;
        for (int i = coefficients - 1; i >= 0; i--) {
            value = (value * x + (polynomial.get(WORD, 2L * i) & 0xffff)) % FIELD;
        }
        return value;
    }

    /**
     * Puts a secret together: the polynomials' value at 0, by Lagrange's formula.
     *
     * @param shares {@link #SHARE_LENGTH} bytes each, off-heap; exactly as many as the quorum
     * @param count how many there are
     * @param out {@link #SECRET_LENGTH} bytes, off-heap and locked; zeroes if the answer is false
     * @return false if these are not shares of different holders, or lead to no secret. Shares of different secrets may
     *     well lead to bytes that are no one's secret; whoever uses those finds that nothing opens
     */
    static boolean combine(MemorySegment shares, int count, MemorySegment out) {
        int[] holders = new int[count];
        boolean good = count >= 2 && count <= HOLDERS_MAX;
        for (int i = 0; good && i < count; i++) {
            holders[i] = holder(shares.asSlice((long) i * SHARE_LENGTH, SHARE_LENGTH));
            good = holders[i] > 0;
            for (int j = 0; j < i; j++) {
                good &= holders[j] != holders[i];
            }
        }
        for (int at = 0; good && at < SECRET_LENGTH; at++) {
            int value = 0;
            for (int i = 0; i < count; i++) {
                int word = shares.get(WORD, (long) i * SHARE_LENGTH + 2L * at) & 0xffff;
                value = (value + weight(holders, i) * (word & VALUE_MASK)) % FIELD;
            }
            good = value < FIELD - 1;
            out.set(JAVA_BYTE, at, (byte) value);
        }
        if (!good) {
            out.asSlice(0, SECRET_LENGTH).fill((byte) 0);
        }
        return good;
    }

    /** The one holder of all words of a share, or 0 if they have none or not the same, or a value is out of the field. */
    private static int holder(MemorySegment share) {
        int holder = (share.get(WORD, 0) & 0xffff) >>> VALUE_BITS;
        for (int at = 0; at < SECRET_LENGTH; at++) {
            int word = share.get(WORD, 2L * at) & 0xffff;
            if (word >>> VALUE_BITS != holder || (word & VALUE_MASK) >= FIELD) {
                return 0;
            }
        }
        return holder <= HOLDERS_MAX ? holder : 0;
    }

    /** Lagrange's weight of holder i at 0: the product over all others j of xj / (xj - xi). */
    private static int weight(int[] holders, int i) {
        int above = 1;
        int below = 1;
        for (int j = 0; j < holders.length; j++) {
            if (j != i) {
                above = above * holders[j] % FIELD;
                below = below * (holders[j] - holders[i] + FIELD) % FIELD;
            }
        }
        return above * inverse(below) % FIELD;
    }

    /** By Fermat: the field's size is a prime. */
    private static int inverse(int value) {
        int result = 1;
        int square = value;
        for (int exponent = FIELD - 2; exponent > 0; exponent >>= 1) {
            if ((exponent & 1) == 1) {
                result = result * square % FIELD;
            }
            square = square * square % FIELD;
        }
        return result;
    }
}
