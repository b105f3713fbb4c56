// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.audit;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Bytes of JSON that are written one after the other into one array, without allocating. Used by one thread. Whoever writes
 * has made sure that there is room: text never takes more than six bytes a character.
 */
final class JsonLine {
    /** Texts from outside are cut here, in characters. */
    static final int TEXT_LENGTH_MAX = 512;

    /** Most bytes of one character: a control character as four hexadecimal digits. */
    static final int BYTES_PER_CHARACTER_MAX = 6;

    private static final byte[] HEX = "0123456789abcdef".getBytes(StandardCharsets.US_ASCII);
    private static final int ASCII = 0x80;
    private static final int HUNDRED = 100;
    private static final long LARGEST_POWER = 1_000_000_000_000_000_000L;

    /** Not 0 for the characters of ASCII that are not written as they are. */
    private static final byte[] ODD = new byte[ASCII];

    private static final byte[] TENS = new byte[HUNDRED];
    private static final byte[] ONES = new byte[HUNDRED];

    static {
        for (int c = 0; c < ASCII; c++) {
            ODD[c] = (byte) (c < ' ' || c == 0x7f || c == '"' || c == '\\' ? 1 : 0);
        }
        for (int i = 0; i < HUNDRED; i++) {
            TENS[i] = (byte) ('0' + i / 10);
            ONES[i] = (byte) ('0' + i % 10);
        }
    }

    private final byte[] bytes;
    private int at;

    JsonLine(int capacity) {
        this.bytes = new byte[capacity];
    }

    byte[] bytes() {
        return bytes;
    }

    int length() {
        return at;
    }

    int room() {
        return bytes.length - at;
    }

    byte[] copy() {
        return Arrays.copyOf(bytes, at);
    }

    void clear() {
        at = 0;
    }

    /** Bytes as they are. */
    void raw(byte[] some) {
        System.arraycopy(some, 0, bytes, at, some.length);
        at += some.length;
    }

    /** The same from another line. */
    void raw(JsonLine other) {
        System.arraycopy(other.bytes, 0, bytes, at, other.at);
        at += other.at;
    }

    void raw(byte one) {
        bytes[at++] = one;
    }

    /** Text of ASCII that needs no escape. */
    void ascii(String text) {
        int length = text.length();
        for (int i = 0; i < length; i++) {
            bytes[at + i] = (byte) text.charAt(i);
        }
        at += length;
    }

    /** A member behind a comma: its name, which needs no escape, and a text that is cut to so many characters. */
    void member(String name, String text, int lengthMax) {
        bytes[at++] = ',';
        bytes[at++] = '"';
        ascii(name);
        bytes[at++] = '"';
        bytes[at++] = ':';
        quoted(text, lengthMax);
    }

    /** A text between quotes, escaped (RFC 8259 section 7), cut to so many characters. */
    void quoted(String text, int lengthMax) {
        bytes[at++] = '"';
        escaped(text, Math.min(text.length(), lengthMax));
        bytes[at++] = '"';
    }

    /** The first so many characters of a text, escaped. */
    void escaped(String text, int length) {
        byte[] to = bytes;
        int from = at;
        int odd = 0;
        for (int i = 0; i < length; i++) { // without a branch: nearly every text is as plain as this
            char c = text.charAt(i);
            to[from + i] = (byte) c;
            odd |= ODD[c & ASCII - 1] | c >> 7;
        }
        if (odd == 0) {
            at = from + length;
        } else {
            escapedOdd(text, length);
        }
    }

    private void escapedOdd(String text, int length) {
        for (int i = 0; i < length; i++) {
            char c = text.charAt(i);
            if (c < ASCII && ODD[c] == 0) {
                bytes[at++] = (byte) c;
            } else {
                i = special(text, i, length);
            }
        }
    }

    /** A character that is no plain one; answers the place of its last half. */
    private int special(String text, int i, int length) {
        char c = text.charAt(i);
        if (c == '"' || c == '\\') {
            bytes[at++] = '\\';
            bytes[at++] = (byte) c;
        } else if (c < ' ' || c == 0x7f || Character.isSurrogate(c)) {
            if (Character.isHighSurrogate(c) && i + 1 < length && Character.isLowSurrogate(text.charAt(i + 1))) {
                int point = Character.toCodePoint(c, text.charAt(i + 1));
                bytes[at++] = (byte) (0xf0 | point >> 18);
                bytes[at++] = (byte) (0x80 | (point >> 12 & 0x3f));
                bytes[at++] = (byte) (0x80 | (point >> 6 & 0x3f));
                bytes[at++] = (byte) (0x80 | (point & 0x3f));
                return i + 1;
            }
            unicode(Character.isSurrogate(c) ? '\ufffd' : c);
        } else if (c < 0x800) {
            bytes[at++] = (byte) (0xc0 | c >> 6);
            bytes[at++] = (byte) (0x80 | (c & 0x3f));
        } else {
            bytes[at++] = (byte) (0xe0 | c >> 12);
            bytes[at++] = (byte) (0x80 | (c >> 6 & 0x3f));
            bytes[at++] = (byte) (0x80 | (c & 0x3f));
        }
        return i;
    }

    private void unicode(char c) {
        bytes[at++] = '\\';
        bytes[at++] = 'u';
        for (int shift = 12; shift >= 0; shift -= 4) {
            bytes[at++] = HEX[c >> shift & 0xf];
        }
    }

    /** A number that is not negative; a negative one is written as 0. */
    void number(long value) {
        long left = Math.max(0, value);
        int i = at + digitsOf(left);
        at = i;
        while (left >= HUNDRED) {
            long hundreds = left / HUNDRED;
            int rest = (int) (left - hundreds * HUNDRED);
            bytes[--i] = ONES[rest];
            bytes[--i] = TENS[rest];
            left = hundreds;
        }
        bytes[--i] = ONES[(int) left];
        if (left >= 10) {
            bytes[--i] = TENS[(int) left];
        }
    }

    private static int digitsOf(long value) {
        int digits = 1;
        for (long power = 10; value >= power; power *= 10) {
            digits++;
            if (power == LARGEST_POWER) {
                break; // ten times as much is no number any more
            }
        }
        return digits;
    }

    /** A number with so many digits. */
    void digits(int value, int count) {
        int left = value;
        for (int i = at + count - 1; i >= at; i--) {
            bytes[i] = (byte) ('0' + left % 10);
            left /= 10;
        }
        at += count;
    }
}
