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
 * <p>A second sum over the same marks, each times its record's place, only serves to name the one that does not fit.
 *
 * @param revision revision of the last commit; the first one is 1
 * @param count how many records there are
 * @param high first half of the sum
 * @param low second half of the sum
 * @param placedHigh first half of the second sum
 * @param placedLow second half of the second sum
 */
public record Anchor(long revision, long count, long high, long low, long placedHigh, long placedLow) {
    /** The sum over nothing. */
    public static final Anchor EMPTY = new Anchor(0, 0, 0, 0, 0, 0);

    /** Length of the encoding, in bytes. */
    public static final int LENGTH = 48;

    /** Length of an encoding without the second sum, in bytes, as it once was. */
    private static final int LENGTH_BEFORE = 32;

    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);

    /** This sum with one record more. */
    public Anchor with(RecordMark mark) {
        return changed(1, mark);
    }

    /** This sum with one record less. */
    public Anchor without(RecordMark mark) {
        return changed(-1, mark);
    }

    private Anchor changed(int more, RecordMark mark) {
        return new Anchor(
                revision,
                count + more,
                high ^ mark.high(),
                low ^ mark.low(),
                placedHigh ^ mark.placedHigh(),
                placedLow ^ mark.placedLow());
    }

    /** This sum after one more commit. */
    public Anchor next() {
        return at(revision + 1);
    }

    /** This sum at another revision. */
    public Anchor at(long otherRevision) {
        return new Anchor(otherRevision, count, high, low, placedHigh, placedLow);
    }

    /** Whether this sum, as it was sealed, is the one that was found. */
    public boolean vouchesFor(Anchor found) {
        return count == found.count && high == found.high && low == found.low;
    }

    /** Whether the record at one place alone makes the sum that was found another one. */
    boolean differsAt(RecordPlace place, Anchor found) {
        RecordPlace placed = place.times(high ^ found.high, low ^ found.low);
        return !vouchesFor(found)
                && placed.high() == (placedHigh ^ found.placedHigh)
                && placed.low() == (placedLow ^ found.placedLow);
    }

    /** Writes the {@link #LENGTH} bytes of the encoding. */
    public void encode(MemorySegment out) {
        long[] numbers = {revision, count, high, low, placedHigh, placedLow};
        for (int i = 0; i < numbers.length; i++) {
            out.set(LONG, (long) i * Long.BYTES, numbers[i]);
        }
    }

    /**
     * Reads what {@link #encode} wrote, or what it wrote when there was no second sum.
     *
     * @param in exactly that
     * @throws SealFailure if it has another length
     */
    public static Anchor decode(MemorySegment in) {
        if (in.byteSize() != LENGTH && in.byteSize() != LENGTH_BEFORE) {
            throw new SealFailure(
                    "an anchor was written by a newer version of this software; start that version, or a newer one");
        }
        boolean placed = in.byteSize() == LENGTH;
        return new Anchor(
                in.get(LONG, 0),
                in.get(LONG, 8),
                in.get(LONG, 16),
                in.get(LONG, 24),
                placed ? in.get(LONG, 32) : 0,
                placed ? in.get(LONG, 40) : 0);
    }

    @Override
    public String toString() {
        return "anchor at revision " + revision + " over " + count + " records";
    }
}
