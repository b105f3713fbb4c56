// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.seal;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * The sum over all records: how many there are, the last revision, and the exclusive-or of their {@link RecordMark}s.
 *
 * <p>It changes in the same commit as the records. At start it is computed again from what the store holds: a record
 * that was put back in an older state, left out or added does not fit. Marks come from a secret key and are not visible
 * outside, so nobody can choose records whose sum is right. What it cannot see is the whole store put back as it was at
 * one earlier moment.
 *
 * @param revision revision of the last commit; the first one is 1
 * @param count how many records there are
 * @param high first half of the sum
 * @param low second half of the sum
 */
public record Anchor(long revision, long count, long high, long low) {
    /** The sum over nothing. */
    public static final Anchor EMPTY = new Anchor(0, 0, 0, 0);

    /** Length of the encoding, in bytes. */
    public static final int LENGTH = 32;

    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);

    /** This sum with one record more. */
    public Anchor with(RecordMark mark) {
        return new Anchor(revision, count + 1, high ^ mark.high(), low ^ mark.low());
    }

    /** This sum with one record less. */
    public Anchor without(RecordMark mark) {
        return new Anchor(revision, count - 1, high ^ mark.high(), low ^ mark.low());
    }

    /** This sum after one more commit. */
    public Anchor next() {
        return new Anchor(revision + 1, count, high, low);
    }

    /** Writes the {@link #LENGTH} bytes of the encoding. */
    public void encode(MemorySegment out) {
        out.set(LONG, 0, revision);
        out.set(LONG, 8, count);
        out.set(LONG, 16, high);
        out.set(LONG, 24, low);
    }

    /** Reads what {@link #encode} wrote. */
    public static Anchor decode(MemorySegment in) {
        return new Anchor(in.get(LONG, 0), in.get(LONG, 8), in.get(LONG, 16), in.get(LONG, 24));
    }

    @Override
    public String toString() {
        return "anchor at revision " + revision + " over " + count + " records";
    }
}
