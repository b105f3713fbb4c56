// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.wire;

import dev.managedhsm.crypto.operation.Algorithm;
import dev.managedhsm.crypto.operation.Limits;
import dev.managedhsm.crypto.operation.Operation;
import dev.managedhsm.crypto.operation.OperationSlot;
import dev.managedhsm.crypto.operation.OperationSlot.Field;
import io.netty.buffer.ByteBuf;
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
    private final JsonCursor text = new JsonCursor();
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
        text.open(body);
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
            text.close();
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
        text.skipSpace();
        if (!text.take('{')) {
            return false;
        }
        text.skipSpace();
        if (text.take('}')) {
            return text.atEnd();
        }
        do {
            text.skipSpace();
            if (!member(slot)) {
                return false;
            }
            text.skipSpace();
        } while (text.take(','));
        return text.take('}') && text.atEnd();
    }

    private boolean member(OperationSlot slot) {
        int start = text.at() + 1;
        if (!text.skipString()) {
            return false;
        }
        Member member = Member.named(text, start, text.at() - 1);
        text.skipSpace();
        if (!text.take(':')) {
            return false;
        }
        text.skipSpace();
        if (member == Member.OTHER) {
            return text.skipValue();
        }
        if ((seen & 1 << member.ordinal()) != 0) {
            fault = WireError.badParameter("Property '" + member.name + "' is given twice");
            return false;
        }
        seen |= 1 << member.ordinal();
        if (text.next() == 'n') {
            return text.word("null");
        }
        return value(member, slot);
    }

    private boolean value(Member member, OperationSlot slot) {
        int start = text.at() + 1;
        if (text.next() != '"') {
            fault = WireError.badParameter("Property '" + member.name + "' is not a string");
            return false;
        }
        if (!text.skipString()) {
            return false;
        }
        int stop = text.at() - 1;
        return member.field == null ? algorithm(start, stop) : bytes(member, member.field, start, stop, slot);
    }

    private boolean algorithm(int start, int stop) {
        algorithm = WireNames.algorithm(text, start, stop);
        if (algorithm == null) {
            fault = WireError.badParameter("Property 'alg' has an unknown or unsupported value");
        }
        return algorithm != null;
    }

    private boolean bytes(Member member, Field field, int start, int stop, OperationSlot slot) {
        int room = Math.min(slot.inputRoom(), lengthMax);
        int length = Base64Url.decode(text.body(), start, stop, slot.memory(), slot.inputEnd(), room);
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

        static Member named(JsonCursor text, int start, int stop) {
            for (Member member : MEMBERS) {
                if (member != OTHER && text.same(start, stop, member.name)) {
                    return member;
                }
            }
            return OTHER;
        }
    }
}
