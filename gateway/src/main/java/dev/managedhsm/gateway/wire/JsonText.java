// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.wire;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;

/**
 * A place in a JSON text (RFC 8259) that lies in a buffer. Moves over tokens without copying any of them, so that what is
 * secret in the text stays where it is. Used by one thread; holds nothing of a text after {@link #close()}.
 */
final class JsonText {
    private static final int DEPTH_MAX = 16;

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

    /** Moves over a string; control characters end the reading, escapes are stepped over. */
    boolean skipString() {
        if (!take('"')) {
            return false;
        }
        while (at < end) {
            byte c = body.getByte(at++);
            if (c == '"') {
                return true;
            }
            if (c == '\\') {
                at++;
            } else if (c >= 0 && c < ' ') {
                return false;
            }
        }
        return false;
    }

    private boolean skipNumber() {
        int start = at;
        while (at < end && "+-.0123456789eE".indexOf(body.getByte(at)) >= 0) {
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
