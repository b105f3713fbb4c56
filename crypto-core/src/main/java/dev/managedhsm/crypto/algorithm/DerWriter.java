// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.algorithm;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import java.lang.foreign.MemorySegment;

/**
 * Writes DER (X.690) into memory, element after element. Who writes knows every length beforehand, so nothing is moved
 * and no secret is copied twice. Only lengths below 64 KiB. For one call.
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

    /** Length of an INTEGER with this value, big endian, without leading zero bytes. */
    static int unsignedLength(byte[] value) {
        return elementLength(value.length + (value[0] < 0 ? 1 : 0));
    }

    /** The same for a value that lies outside the heap. */
    static int unsignedLength(MemorySegment value) {
        return elementLength((int) value.byteSize() + (value.get(JAVA_BYTE, 0) < 0 ? 1 : 0));
    }

    /** How many bytes have been written. */
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

    /** An INTEGER, from a value as for {@link #unsignedLength}. */
    DerWriter unsigned(byte[] value) {
        boolean padded = value[0] < 0;
        header(Der.INTEGER, value.length + (padded ? 1 : 0));
        if (padded) {
            octet(0);
        }
        return bytes(value);
    }

    /** An INTEGER, from a value as for {@link #unsignedLength}. */
    DerWriter unsigned(MemorySegment value) {
        boolean padded = value.get(JAVA_BYTE, 0) < 0;
        header(Der.INTEGER, (int) value.byteSize() + (padded ? 1 : 0));
        if (padded) {
            octet(0);
        }
        return bytes(value);
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
