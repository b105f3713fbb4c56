// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.wire;

import io.netty.buffer.ByteBuf;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;

/**
 * Base64url (RFC 4648 section 5) between off-heap memory and Netty's buffers, without a heap array in between. Encodes
 * without padding; decodes with or without it, and takes the characters of standard base64 too, because some clients
 * send them. All methods may be called by any thread.
 */
public final class Base64Url {
    /** What {@link #decode} answers when the text is no base64. */
    public static final int MALFORMED = -1;

    /** What {@link #decode} answers when the bytes do not fit. */
    public static final int TOO_LONG = -2;

    private static final byte[] ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
            .getBytes(java.nio.charset.StandardCharsets.US_ASCII);
    private static final byte[] VALUES = new byte[256];

    static {
        Arrays.fill(VALUES, (byte) -1);
        for (int i = 0; i < ALPHABET.length; i++) {
            VALUES[ALPHABET[i]] = (byte) i;
        }
        VALUES['+'] = 62;
        VALUES['/'] = 63;
    }

    private Base64Url() {}

    /**
     * Decodes text that lies in a buffer.
     *
     * @param text where the characters are
     * @param start index of the first character
     * @param end index after the last character
     * @param out where the bytes go
     * @param offset of the first byte in {@code out}
     * @param room how many bytes fit
     * @return how many bytes were written, {@link #MALFORMED} or {@link #TOO_LONG}; bits that belong to no byte must be
     *     zero, so that no two texts mean the same bytes
     */
    public static int decode(ByteBuf text, int start, int end, MemorySegment out, long offset, int room) {
        int last = unpadded(text, start, end);
        int characters = last - start;
        int tail = characters & 3;
        if (tail == 1) {
            return MALFORMED;
        }
        int length = characters / 4 * 3 + (tail == 0 ? 0 : tail - 1);
        if (length > room) {
            return TOO_LONG;
        }
        int in = start;
        long at = offset;
        for (int whole = last - tail; in < whole; in += 4) {
            int bits =
                    value(text, in) << 18 | value(text, in + 1) << 12 | value(text, in + 2) << 6 | value(text, in + 3);
            if (bits < 0) {
                return MALFORMED;
            }
            out.set(ValueLayout.JAVA_BYTE, at, (byte) (bits >> 16));
            out.set(ValueLayout.JAVA_BYTE, at + 1, (byte) (bits >> 8));
            out.set(ValueLayout.JAVA_BYTE, at + 2, (byte) bits);
            at += 3;
        }
        return tail(text, in, tail, out, at) ? length : MALFORMED;
    }

    private static boolean tail(ByteBuf text, int in, int tail, MemorySegment out, long at) {
        if (tail == 2) {
            int bits = value(text, in) << 6 | value(text, in + 1);
            if (bits < 0 || (bits & 0xF) != 0) {
                return false;
            }
            out.set(ValueLayout.JAVA_BYTE, at, (byte) (bits >> 4));
        } else if (tail == 3) {
            int bits = value(text, in) << 12 | value(text, in + 1) << 6 | value(text, in + 2);
            if (bits < 0 || (bits & 0x3) != 0) {
                return false;
            }
            out.set(ValueLayout.JAVA_BYTE, at, (byte) (bits >> 10));
            out.set(ValueLayout.JAVA_BYTE, at + 1, (byte) (bits >> 2));
        }
        return true;
    }

    /** The end of the text without its padding, which is taken only where it completes a group of four. */
    private static int unpadded(ByteBuf text, int start, int end) {
        if ((end - start & 3) != 0) {
            return end;
        }
        int last = end;
        while (last > start && end - last < 2 && text.getByte(last - 1) == '=') {
            last--;
        }
        return last;
    }

    /** Value of a character; negative (all bits set) for one that is not in the alphabet. */
    private static int value(ByteBuf text, int index) {
        return VALUES[text.getByte(index) & 0xFF];
    }

    /** How many characters {@link #encode} writes for this many bytes. */
    public static int encodedLength(int bytes) {
        return bytes / 3 * 4 + (bytes % 3 == 0 ? 0 : bytes % 3 + 1);
    }

    /** Appends the base64url text of {@code length} bytes of memory. The buffer must have room. */
    public static void encode(MemorySegment in, long offset, int length, ByteBuf out) {
        long at = offset;
        for (long whole = offset + length / 3 * 3L; at < whole; at += 3) {
            int bits = byteAt(in, at) << 16 | byteAt(in, at + 1) << 8 | byteAt(in, at + 2);
            out.writeInt(ALPHABET[bits >> 18] << 24
                    | ALPHABET[bits >> 12 & 63] << 16
                    | ALPHABET[bits >> 6 & 63] << 8
                    | ALPHABET[bits & 63]);
        }
        int rest = length % 3;
        if (rest == 1) {
            int bits = byteAt(in, at);
            out.writeByte(ALPHABET[bits >> 2]);
            out.writeByte(ALPHABET[bits << 4 & 63]);
        } else if (rest == 2) {
            int bits = byteAt(in, at) << 8 | byteAt(in, at + 1);
            out.writeByte(ALPHABET[bits >> 10]);
            out.writeByte(ALPHABET[bits >> 4 & 63]);
            out.writeByte(ALPHABET[bits << 2 & 63]);
        }
    }

    private static int byteAt(MemorySegment memory, long index) {
        return memory.get(ValueLayout.JAVA_BYTE, index) & 0xFF;
    }
}
