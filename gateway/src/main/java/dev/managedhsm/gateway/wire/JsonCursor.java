// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.wire;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;

/**
 * A place in a JSON text (RFC 8259) that lies in a buffer. Moves over tokens without copying any of them, so that what is
 * secret in the text stays where it is. Used by one thread; holds nothing of a text after {@link #close()}.
 */
final class JsonCursor {
    private static final int DEPTH_MAX = 16;

    /** A one in each of the eight bytes of a long. */
    private static final long LANES = 0x0101_0101_0101_0101L;

    private static final long HIGHS = 0x8080_8080_8080_8080L;

    /** Bits that no control character has: in a lane below 128 it is one when these are zero. */
    private static final long CONTROLS = 0xE0E0_E0E0_E0E0_E0E0L;

    private ByteBuf body = Unpooled.EMPTY_BUFFER;
    private int at;
    private int end;

    /** Moves to the start of a text; the buffer's reader index is not moved. */
    void open(ByteBuf text) {
        body = text;
        at = text.readerIndex();
        end = text.writerIndex();
    }

    /** Forgets the text. */
    void close() {
        body = Unpooled.EMPTY_BUFFER;
        at = 0;
        end = 0;
    }

    /** The buffer of the text. */
    ByteBuf body() {
        return body;
    }

    /** Index of the next character in the buffer. */
    int at() {
        return at;
    }

    /** The next character; 0 at the end. */
    byte next() {
        return at < end ? body.getByte(at) : 0;
    }

    /** Moves over white space; answers whether nothing follows. */
    boolean atEnd() {
        skipSpace();
        return at == end;
    }

    /** Moves over a value of any kind; false if there is none. */
    boolean skipValue() {
        return skipValue(0);
    }

    private boolean skipValue(int depth) {
        if (at >= end || depth > DEPTH_MAX) {
            return false;
        }
        return switch (body.getByte(at)) {
            case '"' -> skipString();
            case '{' -> skipNested('}', true, depth);
            case '[' -> skipNested(']', false, depth);
            case 't' -> word("true");
            case 'f' -> word("false");
            case 'n' -> word("null");
            default -> skipNumber();
        };
    }

    private boolean skipNested(char close, boolean named, int depth) {
        at++;
        skipSpace();
        if (take(close)) {
            return true;
        }
        do {
            skipSpace();
            if (named) {
                if (!skipString()) {
                    return false;
                }
                skipSpace();
                if (!take(':')) {
                    return false;
                }
                skipSpace();
            }
            if (!skipValue(depth + 1)) {
                return false;
            }
            skipSpace();
        } while (take(','));
        return take(close);
    }

    /** Moves over a string; what RFC 8259 section 7 does not allow in one ends the reading. */
    boolean skipString() {
        if (!take('"')) {
            return false;
        }
        while (at < end) {
            skipPlain();
            if (at == end) {
                return false;
            }
            byte c = body.getByte(at++);
            if (c == '"') {
                return true;
            }
            if (c == '\\' ? !skipEscape() : c < 0 ? !skipUtf8(c) : c < ' ') {
                return false;
            }
        }
        return false;
    }

    /** Moves over characters that need no look: ASCII without quote, backslash and controls, eight at once. */
    private void skipPlain() {
        while (end - at >= Long.BYTES) {
            long eight = body.getLongLE(at);
            long special = zeros(eight ^ '"' * LANES) | zeros(eight ^ '\\' * LANES) | zeros(eight & CONTROLS) | eight;
            int plain = Long.numberOfTrailingZeros(special & HIGHS) / Byte.SIZE;
            at += plain;
            if (plain < Long.BYTES) {
                return;
            }
        }
    }

    /** The highest bit of each lane that is zero, exact up to the first such lane from below. */
    private static long zeros(long lanes) {
        return lanes - LANES & ~lanes;
    }

    private boolean skipEscape() {
        if (at >= end) {
            return false;
        }
        byte c = body.getByte(at++);
        if (c != 'u') {
            return "\"\\/bfnrt".indexOf(c) >= 0;
        }
        for (int stop = at + 4; at < stop; at++) {
            if (at >= end || Character.digit(body.getByte(at), 16) < 0) {
                return false;
            }
        }
        return true;
    }

    /** Moves over the rest of a character of two to four bytes (RFC 3629 section 4). */
    private boolean skipUtf8(byte lead) {
        int first = lead & 0xff;
        int more = first < 0xc2 || first > 0xf4 ? 0 : first < 0xe0 ? 1 : first < 0xf0 ? 2 : 3;
        if (more == 0 || at + more > end) {
            return false;
        }
        int second = body.getByte(at) & 0xff;
        int lowest = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
        int highest = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;
        for (int i = 1; i < more; i++) {
            if ((body.getByte(at + i) & 0xc0) != 0x80) {
                return false;
            }
        }
        at += more;
        return second >= lowest && second <= highest;
    }

    private boolean skipNumber() {
        take('-');
        if (!take('0') && !skipDigits()) {
            return false;
        }
        if (take('.') && !skipDigits()) {
            return false;
        }
        if (!take('e') && !take('E')) {
            return true;
        }
        if (!take('+')) {
            take('-');
        }
        return skipDigits();
    }

    private boolean skipDigits() {
        int start = at;
        while (at < end && body.getByte(at) >= '0' && body.getByte(at) <= '9') {
            at++;
        }
        return at > start;
    }

    /** Moves over this word; false if it is not there. */
    boolean word(String word) {
        for (int i = 0; i < word.length(); i++) {
            if (!take(word.charAt(i))) {
                return false;
            }
        }
        return true;
    }

    /** Moves over this character; false if it is not there. */
    boolean take(char expected) {
        if (at < end && body.getByte(at) == expected) {
            at++;
            return true;
        }
        return false;
    }

    /** Moves over white space. */
    void skipSpace() {
        while (at < end) {
            byte c = body.getByte(at);
            if (c != ' ' && c != '\n' && c != '\r' && c != '\t') {
                return;
            }
            at++;
        }
    }

    /** Whether the characters between two indexes are these. */
    boolean same(int start, int stop, String name) {
        if (name.length() != stop - start) {
            return false;
        }
        for (int i = 0; i < name.length(); i++) {
            if (body.getByte(start + i) != name.charAt(i)) {
                return false;
            }
        }
        return true;
    }
}
