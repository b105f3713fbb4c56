// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.wire;

import io.netty.buffer.ByteBuf;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * Base64url (RFC 4648 section 5) between off-heap memory and Netty's buffers, without a heap array in between. Encodes
 * without padding; decodes with or without it, and takes the characters of standard base64 too, because some clients
 * send them. All methods may be called by any thread.
 *
 * <p>Eight characters are six bytes, and are worked on at once as the eight lanes of a {@code long}:
 *
 * <pre>
 *   characters   [ c0 | c1 | c2 | c3 | c4 | c5 | c6 | c7 ]     8 lanes of 8 bits
 *   sixes        [ 00v0 | 00v1 |  …                 | 00v7 ]   each 0 to 63
 *   bytes        [ 0 | 0 | b0 | b1 | b2 | b3 | b4 | b5 ]       48 bits
 * </pre>
 *
 * No step looks anything up by a character or a byte, and none branches on one before all eight have been looked at: what
 * is written here may be a plaintext, and tables leave a trace of it in the caches.
 */
public final class Base64Url {
    /** What {@link #decode} answers when the text is no base64. */
    public static final int MALFORMED = -1;

    /** What {@link #decode} answers when the bytes do not fit. */
    public static final int TOO_LONG = -2;

    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
    private static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);

    private static final int GROUP_CHARACTERS = 8;
    private static final int GROUP_BYTES = 6;

    /** A one in each lane. */
    private static final long LANES = 0x0101_0101_0101_0101L;

    /** The highest bit of each lane. */
    private static final long HIGHS = 0x8080_8080_8080_8080L;

    private static final long NO_SIXES = -1;

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
        for (; last - in >= GROUP_CHARACTERS; in += GROUP_CHARACTERS) {
            long bits = bits(text.getLong(in));
            if (bits < 0) {
                return MALFORMED;
            }
            out.set(INT, at, (int) (bits >> 16));
            out.set(SHORT, at + 4, (short) bits);
            at += GROUP_BYTES;
        }
        return in == last || tail(text, in, last, out, at, offset + length) ? length : MALFORMED;
    }

    /** The rest of up to seven characters, filled up with those that mean zero. */
    private static boolean tail(ByteBuf text, int start, int last, MemorySegment out, long offset, long end) {
        long characters = 'A' * LANES;
        for (int in = start, shift = 56; in < last; in++, shift -= 8) {
            characters ^= ((text.getByte(in) & 0xFFL) ^ 'A') << shift;
        }
        long bits = bits(characters);
        if (bits < 0 || (bits & (1L << (8 * (GROUP_BYTES - (end - offset)))) - 1) != 0) {
            return false;
        }
        int shift = 40;
        for (long at = offset; at < end; at++, shift -= 8) {
            out.set(ValueLayout.JAVA_BYTE, at, (byte) (bits >> shift));
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

    /** The 48 bits that eight characters stand for, or {@link #NO_SIXES}. */
    private static long bits(long characters) {
        long c = characters & ~HIGHS;
        long digits = between(c, '0', '9');
        long upper = between(c, 'A', 'Z');
        long lower = between(c, 'a', 'z');
        long minus = between(c, '-', '-');
        long plus = between(c, '+', '+');
        long under = between(c, '_', '_');
        long slash = between(c, '/', '/');
        if ((characters & HIGHS) != 0 || (digits | upper | lower | minus | plus | under | slash) != HIGHS) {
            return NO_SIXES;
        }
        long change = lanes(digits, 52 - '0')
                | lanes(upper, -'A')
                | lanes(lower, 26 - 'a')
                | lanes(minus, 62 - '-')
                | lanes(plus, 62 - '+')
                | lanes(under, 63 - '_')
                | lanes(slash, 63 - '/');
        long sixes = c + (change & ~HIGHS) ^ (change & HIGHS); // lane by lane, nothing carried over
        long twelves = (sixes >>> 2 & 0x0FC0_0FC0_0FC0_0FC0L) | (sixes & 0x003F_003F_003F_003FL);
        long halves = (twelves >>> 4 & 0x00FF_F000_00FF_F000L) | (twelves & 0x0000_0FFF_0000_0FFFL);
        return (halves >>> 8 & 0xFFFF_FF00_0000L) | (halves & 0xFF_FFFFL);
    }

    /** The highest bit of each lane that lies between two characters, both included; lanes below 128. */
    private static long between(long lanes, int first, int last) {
        return (lanes + (0x80 - first) * LANES ^ lanes + (0x7F - last) * LANES) & HIGHS;
    }

    /** This value in each lane whose highest bit is set, zero in the others. */
    private static long lanes(long highs, int value) {
        return (highs << 1) - (highs >>> 7) & (value & 0xFF) * LANES;
    }

    /** How many characters {@link #encode} writes for this many bytes. */
    public static int encodedLength(int bytes) {
        return bytes / 3 * 4 + (bytes % 3 == 0 ? 0 : bytes % 3 + 1);
    }

    /** Appends the base64url text of {@code length} bytes of memory. The buffer must have room. */
    public static void encode(MemorySegment in, long offset, int length, ByteBuf out) {
        long at = offset;
        long end = offset + length;
        for (; end - at >= GROUP_BYTES; at += GROUP_BYTES) {
            long bits = (in.get(INT, at) & 0xFFFF_FFFFL) << 16 | (in.get(SHORT, at + 4) & 0xFFFFL);
            out.writeLong(characters(bits));
        }
        if (at < end) {
            long bits = 0;
            int shift = 40;
            for (long one = at; one < end; one++, shift -= 8) {
                bits |= (in.get(ValueLayout.JAVA_BYTE, one) & 0xFFL) << shift;
            }
            long characters = characters(bits);
            shift = 56;
            for (int i = encodedLength((int) (end - at)); i > 0; i--, shift -= 8) {
                out.writeByte((int) (characters >>> shift));
            }
        }
    }

    /** The eight characters that stand for 48 bits. */
    private static long characters(long bits) {
        long halves = (bits << 8 & 0x00FF_FFFF_0000_0000L) | (bits & 0xFF_FFFFL);
        long twelves = (halves << 4 & 0x0FFF_0000_0FFF_0000L) | (halves & 0x0000_0FFF_0000_0FFFL);
        long sixes = (twelves << 2 & 0x3F00_3F00_3F00_3F00L) | (twelves & 0x003F_003F_003F_003FL);
        // Each range is a step away from the one below it, and no lane leaves 0 to 255 on the way.
        return sixes
                + 'A' * LANES
                + lanes(from(sixes, 26), 'a' - 'Z' - 1)
                - lanes(from(sixes, 52), 'z' + 1 - '0')
                - lanes(from(sixes, 62), '9' + 1 - '-')
                + lanes(from(sixes, 63), '_' - '-' - 1);
    }

    /** The highest bit of each lane that is this value or more; lanes below 128. */
    private static long from(long lanes, int value) {
        return lanes + (0x80 - value) * LANES & HIGHS;
    }
}
