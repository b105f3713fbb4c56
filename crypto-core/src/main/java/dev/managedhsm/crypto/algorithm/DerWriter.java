// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.algorithm;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import java.lang.foreign.MemorySegment;

/**
 * Writes DER (X.690) into memory, element after element. Who writes knows every length beforehand, so nothing is moved
 * and no secret is copied twice. Only lengths below 64 KiB. For one
 * thread.
 */
final class DerWriter {
    private final MemorySegment out;
    private int at;

    /** @param out long enough for all that is written */
    DerWriter(MemorySegment out) {
        this.out = out;
    }

    /** Length of an element with this many bytes of content. */
    static int elementLength(int content) {
        return 1 + (content < 0x80 ? 1 : content < 0x100 ? 2 : 3) + content;
    }

    /** Length of an INTEGER with this value, big endian. */
    static int unsignedLength(byte[] value) {
        return unsignedLength(MemorySegment.ofArray(value), 0, value.length);
    }

    /** The same for a value of {@code length} bytes, at least 1, that starts at {@code start} in memory. */
    static int unsignedLength(MemorySegment from, int start, int length) {
        int first = significant(from, start, length);
        return elementLength(length - first + sign(from, start + first));
    }

    /** How many leading bytes of a number are zero and say nothing; never all. */
    private static int significant(MemorySegment from, int start, int length) {
        int first = 0;
        while (first < length - 1 && from.get(JAVA_BYTE, start + (long) first) == 0) {
            first++;
        }
        return first;
    }

    /** 1 if a zero byte must keep the number from being read as a negative one. */
    private static int sign(MemorySegment from, int first) {
        return from.get(JAVA_BYTE, first) < 0 ? 1 : 0;
    }

    /** Starts again, anywhere in the same memory. */
    void restart(int from) {
        at = from;
    }

    /** Where the next byte is written: how many there are, unless it was started elsewhere. */
    int length() {
        return at;
    }

    /** Tag and length; {@code content} bytes are to follow. */
    DerWriter header(int tag, int content) {
        octet(tag);
        if (content >= 0x100) {
            octet(0x82);
            octet(content >>> 8);
        } else if (content >= 0x80) {
            octet(0x81);
        }
        return octet(content);
    }

    /** An INTEGER with a value below 128. */
    DerWriter number(int value) {
        return header(Der.INTEGER, 1).octet(value);
    }

    /** An INTEGER, from a value as for {@link #unsignedLength(byte[])}. */
    DerWriter unsigned(byte[] value) {
        return unsigned(MemorySegment.ofArray(value), 0, value.length);
    }

    /** An INTEGER, from a value as for {@link #unsignedLength(MemorySegment, int, int)}. Allocates nothing. */
    DerWriter unsigned(MemorySegment from, int start, int length) {
        int first = significant(from, start, length);
        int sign = sign(from, start + first);
        int digits = length - first;
        header(Der.INTEGER, sign + digits);
        if (sign != 0) {
            octet(0);
        }
        MemorySegment.copy(from, start + (long) first, out, at, digits);
        at += digits;
        return this;
    }

    /** One byte. */
    DerWriter octet(int value) {
        out.set(JAVA_BYTE, at++, (byte) value);
        return this;
    }

    /** Bytes that are no secret. */
    DerWriter bytes(byte[] value) {
        MemorySegment.copy(value, 0, out, JAVA_BYTE, at, value.length);
        at += value.length;
        return this;
    }

    /** Bytes from off-heap memory. */
    DerWriter bytes(MemorySegment value) {
        MemorySegment.copy(value, 0, out, at, value.byteSize());
        at += (int) value.byteSize();
        return this;
    }
}
