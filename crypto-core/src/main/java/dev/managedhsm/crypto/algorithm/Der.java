// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.algorithm;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import java.lang.foreign.MemorySegment;

/**
 * The little DER (X.690) that keys and ECDSA signatures need, on bytes where they lie. Allocates nothing.
 *
 * <p>Only lengths below 64 KiB occur.
 */
final class Der {
    static final int INTEGER = 0x02;
    static final int OCTET_STRING = 0x04;
    static final int SEQUENCE = 0x30;

    private static final int MALFORMED = -1;

    private Der() {}

    /** Where the content of the element at {@code at} starts; -1 if it has another tag or no sound length. */
    static int content(MemorySegment der, int at, int tag) {
        if (at < 0 || at + 2 > der.byteSize() || byteAt(der, at) != tag) {
            return MALFORMED;
        }
        int first = byteAt(der, at + 1);
        int lengthBytes = first < 0x80 ? 0 : first - 0x80;
        if (lengthBytes > 2 || first == 0x80 || at + 2 + lengthBytes > der.byteSize()) {
            return MALFORMED;
        }
        return at + 2 + lengthBytes;
    }

    /** Where the element at {@code at} ends, given where its content starts; -1 if that is beyond the segment. */
    static int end(MemorySegment der, int at, int content) {
        if (content < 0) {
            return MALFORMED;
        }
        int length = 0;
        for (int i = at + 2; i < content; i++) {
            length = length << 8 | byteAt(der, i);
        }
        if (content == at + 2) {
            length = byteAt(der, at + 1);
        }
        return content + length <= der.byteSize() ? content + length : MALFORMED;
    }

    /** Where the unsigned value of an INTEGER starts, after a zero byte that only keeps it positive. */
    static int unsigned(MemorySegment der, int content, int end) {
        return end - content > 1 && byteAt(der, content) == 0 ? content + 1 : content;
    }

    /**
     * Writes an unsigned big-endian number as an INTEGER.
     *
     * @return where the element ends in {@code out}
     */
    static int putUnsigned(MemorySegment out, int at, MemorySegment from, int start, int length) {
        int first = start;
        int last = start + length - 1;
        while (first < last && byteAt(from, first) == 0) {
            first++;
        }
        int sign = byteAt(from, first) >= 0x80 ? 1 : 0;
        int digits = last - first + 1;
        put(out, at, INTEGER);
        put(out, at + 1, sign + digits); // below 128: the longest is 67 bytes, of P-521
        put(out, at + 2, 0);
        MemorySegment.copy(from, first, out, at + 2L + sign, digits);
        return at + 2 + sign + digits;
    }

    static int byteAt(MemorySegment segment, int at) {
        return segment.get(JAVA_BYTE, at) & 0xff;
    }

    static void put(MemorySegment segment, int at, int value) {
        segment.set(JAVA_BYTE, at, (byte) value);
    }
}
