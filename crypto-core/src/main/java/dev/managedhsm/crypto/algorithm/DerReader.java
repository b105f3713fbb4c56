// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.algorithm;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import java.lang.foreign.MemorySegment;

/**
 * Reads DER (X.690) where it lies, strictly: one form for each value, the shortest length, nothing after the end. The
 * first fault makes the reader bad for good, so that its user asks once, at the end. Only lengths below 64 KiB. For one
 * thread.
 *
 * <p>The methods that answer memory make slices, so they allocate; those that answer numbers do not, for who reads in a
 * worker.
 */
final class DerReader {
    private final MemorySegment der;
    private int at;
    private int end;
    private boolean good = true;

    /** @param der content of elements, the first at its start */
    DerReader(MemorySegment der) {
        this.der = der;
        this.end = Math.toIntExact(der.byteSize());
    }

    /** Starts again, on another stretch of the same memory. */
    void restart(int from, int to) {
        at = from;
        end = to;
        good = true;
    }

    /** Whether no fault was found and nothing is left. */
    boolean ended() {
        return good && at == end;
    }

    /** Whether no fault was found and the next element has this tag. */
    boolean next(int tag) {
        return good && at < end && octet(at) == tag;
    }

    /** Where the reader stands. */
    int at() {
        return at;
    }

    /** Passes tag and length of the next element, which must have this tag; answers how long its content is, 0 after a fault. */
    int enter(int tag) {
        int length = next(tag) ? length() : fault();
        return good && length <= end - at ? length : fault();
    }

    /**
     * Passes what comes before the value of an INTEGER that is not negative: tag, length, and a zero byte that only keeps it
     * so. Answers how long the value is, at least 1; 0 after a fault.
     */
    int enterUnsigned() {
        int length = enter(Der.INTEGER);
        boolean negative = length == 0 || octet(at) >= 0x80;
        boolean padded = length > 1 && octet(at) == 0;
        if (negative || (padded && octet(at + 1) < 0x80)) {
            return fault();
        }
        at += padded ? 1 : 0;
        return padded ? length - 1 : length;
    }

    /** Passes content of which the reader has told the length. */
    void pass(int length) {
        at += good ? length : 0;
    }

    /** Content of the next element, which must have this tag; empty after a fault. */
    MemorySegment element(int tag) {
        return taken(enter(tag));
    }

    /** Value of an INTEGER that is not negative, without the zero byte that keeps it so; empty after a fault. */
    MemorySegment unsigned() {
        return taken(enterUnsigned());
    }

    private MemorySegment taken(int length) {
        if (!good) {
            return MemorySegment.NULL;
        }
        MemorySegment content = der.asSlice(at, length);
        at += length;
        return content;
    }

    /** A reader of what is in the next element. */
    DerReader inside(int tag) {
        DerReader reader = new DerReader(element(tag));
        reader.good = good;
        return reader;
    }

    /** An INTEGER that must have this value, below 128. */
    void number(int value) {
        MemorySegment content = element(Der.INTEGER);
        expect(content.byteSize() == 1 && content.get(JAVA_BYTE, 0) == value);
    }

    /** Whether the next element is this one, byte for byte; if so it is passed. */
    boolean passed(byte[] element) {
        if (!good || element.length > end - at) {
            return false;
        }
        boolean same = der.asSlice(at, element.length).mismatch(MemorySegment.ofArray(element)) < 0;
        at += same ? element.length : 0;
        return same;
    }

    /** Makes the reader bad unless this holds. */
    void expect(boolean holds) {
        good &= holds;
    }

    private int fault() {
        good = false;
        return 0;
    }

    /** Passes tag and length (X.690 section 10.1). */
    private int length() {
        int first = octet(at + 1);
        int bytes = first < 0x80 ? 0 : first - 0x80;
        if (first < 0 || first == 0x80 || bytes > 2 || at + 2 + bytes > end) {
            return fault();
        }
        int length = first;
        if (bytes > 0) {
            length = bytes == 1 ? octet(at + 2) : octet(at + 2) << 8 | octet(at + 3);
            expect(length >= (bytes == 1 ? 0x80 : 0x100));
        }
        at += 2 + bytes;
        return length;
    }

    private int octet(int index) {
        return index < end ? der.get(JAVA_BYTE, index) & 0xff : -1;
    }
}
