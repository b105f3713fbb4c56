// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.wire;

import dev.managedhsm.crypto.operation.Algorithm;
import dev.managedhsm.crypto.operation.Limits;
import dev.managedhsm.crypto.operation.Operation;
import dev.managedhsm.crypto.operation.OperationSlot;
import dev.managedhsm.crypto.operation.OperationSlot.Field;
import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * Reads the body of a key operation straight from the connection's buffer into a slot. One per event loop, used by its
 * thread only; holds nothing of a body after {@link #read} returned.
 *
 * <p>Takes a JSON object (RFC 8259) whose members {@code alg value iv aad tag digest} are strings, without escapes in
 * base64url values; {@code null} counts as absent, unknown members are skipped whatever they hold, and a member given
 * twice is refused.
 */
public final class OperationReader {
    private static final int DEPTH_MAX = 16;
    private static final int NAME_LENGTH_MAX = 64;
    private static final int ALGORITHM_LENGTH_MAX = 32;

    private ByteBuf body = io.netty.buffer.Unpooled.EMPTY_BUFFER;
    private int at;
    private int end;
    private int seen;
    private int lengthMax;
    private @Nullable Algorithm algorithm;
    private @Nullable WireError fault;

    /** A reader for one event loop. */
    public OperationReader() {}

    /**
     * Reads a body.
     *
     * @param body the whole body; its reader index is not moved
     * @param operation what the path asked for
     * @param slot receives the fields; on a fault it may hold some of them and must be wiped
     * @return what is wrong with the body, or null; then {@link #algorithm()} tells the algorithm
     */
    public @Nullable WireError read(ByteBuf body, Operation operation, OperationSlot slot) {
        this.body = body;
        this.at = body.readerIndex();
        this.end = body.writerIndex();
        this.seen = 0;
        this.algorithm = null;
        this.fault = null;
        // What was made from a longest value can be undone again.
        boolean undoes = operation == Operation.DECRYPT || operation == Operation.UNWRAP_KEY;
        this.lengthMax = Limits.VALUE_LENGTH_MAX + (undoes ? Limits.EXPANSION_MAX : 0);
        try {
            if (!object(slot)) {
                return fault != null ? fault : malformed();
            }
            return missing(operation, slot);
        } finally {
            this.body = io.netty.buffer.Unpooled.EMPTY_BUFFER;
        }
    }

    /** The algorithm that the body named; only after a {@link #read} without fault. */
    public Algorithm algorithm() {
        Algorithm named = algorithm;
        if (named == null) {
            throw new IllegalStateException("no body was read");
        }
        return named;
    }

    private @Nullable WireError missing(Operation operation, OperationSlot slot) {
        if (algorithm == null) {
            return WireError.badParameter("Property 'alg' is required");
        }
        if (!slot.has(Field.VALUE)) {
            return WireError.badParameter("Property 'value' is required");
        }
        if (operation == Operation.VERIFY && !slot.has(Field.DIGEST)) {
            return WireError.badParameter("Property 'digest' is required");
        }
        return null;
    }

    private static WireError malformed() {
        return WireError.badParameter("The request body is not a JSON object of the expected shape");
    }

    private boolean object(OperationSlot slot) {
        skipSpace();
        if (!take('{')) {
            return false;
        }
        skipSpace();
        if (take('}')) {
            return atEnd();
        }
        do {
            skipSpace();
            if (!member(slot)) {
                return false;
            }
            skipSpace();
        } while (take(','));
        return take('}') && atEnd();
    }

    private boolean atEnd() {
        skipSpace();
        return at == end;
    }

    private boolean member(OperationSlot slot) {
        int start = at + 1;
        if (!skipString()) {
            return false;
        }
        int stop = at - 1;
        Member member = stop - start > NAME_LENGTH_MAX ? Member.OTHER : Member.named(body, start, stop);
        skipSpace();
        if (!take(':')) {
            return false;
        }
        skipSpace();
        if (member == Member.OTHER) {
            return skipValue(0);
        }
        if ((seen & 1 << member.ordinal()) != 0) {
            fault = WireError.badParameter("Property '" + member.name + "' is given twice");
            return false;
        }
        seen |= 1 << member.ordinal();
        if (at < end && body.getByte(at) == 'n') {
            return word("null");
        }
        return value(member, slot);
    }

    private boolean value(Member member, OperationSlot slot) {
        int start = at + 1;
        if (at >= end || body.getByte(at) != '"') {
            fault = WireError.badParameter("Property '" + member.name + "' is not a string");
            return false;
        }
        if (!skipString()) {
            return false;
        }
        return member.field == null ? algorithm(start, at - 1) : bytes(member, member.field, start, at - 1, slot);
    }

    private boolean algorithm(int start, int stop) {
        if (stop - start <= ALGORITHM_LENGTH_MAX) {
            algorithm = WireNames.algorithm(body.toString(start, stop - start, StandardCharsets.US_ASCII));
        }
        if (algorithm == null) {
            fault = WireError.badParameter("Property 'alg' has an unknown or unsupported value");
        }
        return algorithm != null;
    }

    private boolean bytes(Member member, Field field, int start, int stop, OperationSlot slot) {
        int room = Math.min(slot.inputRoom(), lengthMax);
        int length = Base64Url.decode(body, start, stop, slot.memory(), slot.inputEnd(), room);
        if (length == Base64Url.MALFORMED) {
            fault = WireError.badParameter("Property '" + member.name + "' is not base64url");
        } else if (length == Base64Url.TOO_LONG) {
            fault = WireError.badParameter(
                    "Property '" + member.name + "' is too long, maximum size is " + lengthMax + " bytes");
        } else {
            slot.put(field, length);
            return true;
        }
        return false;
    }

    /** The members that mean something; all others are skipped. */
    private enum Member {
        ALG("alg", null),
        VALUE("value", Field.VALUE),
        IV("iv", Field.IV),
        AAD("aad", Field.AAD),
        TAG("tag", Field.TAG),
        DIGEST("digest", Field.DIGEST),
        OTHER("", null);

        private static final Member[] MEMBERS = values();

        private final String name;
        private final @Nullable Field field;

        Member(String name, @Nullable Field field) {
            this.name = name;
            this.field = field;
        }

        static Member named(ByteBuf body, int start, int stop) {
            for (Member member : MEMBERS) {
                if (member != OTHER && member.name.length() == stop - start && same(body, start, member.name)) {
                    return member;
                }
            }
            return OTHER;
        }

        private static boolean same(ByteBuf body, int start, String name) {
            for (int i = 0; i < name.length(); i++) {
                if (body.getByte(start + i) != name.charAt(i)) {
                    return false;
                }
            }
            return true;
        }
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
    private boolean skipString() {
        if (!take('"')) {
            return false;
        }
        while (at < end) {
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

    private boolean word(String word) {
        for (int i = 0; i < word.length(); i++) {
            if (!take(word.charAt(i))) {
                return false;
            }
        }
        return true;
    }

    private boolean take(char expected) {
        if (at < end && body.getByte(at) == expected) {
            at++;
            return true;
        }
        return false;
    }

    private void skipSpace() {
        while (at < end) {
            byte c = body.getByte(at);
            if (c != ' ' && c != '\n' && c != '\r' && c != '\t') {
                return;
            }
            at++;
        }
    }
}
