// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.wire;

import dev.managedhsm.crypto.lifecycle.KeyMaterial;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.vertx.core.json.JsonObject;
import java.nio.charset.StandardCharsets;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Takes the body of an import apart: what is secret goes from the connection's buffer into locked memory, what is public
 * becomes an object on the heap. For one body, by its event loop.
 *
 * <p>Only members that are known to be public ever reach the heap, by a list of their names; a member with any other name,
 * written with escapes for example, is skipped whatever it holds. A member given twice is refused.
 */
final class JwkText {
    /** Members of the body that are public. */
    private static final Set<String> OUTER = Set.of("Hsm", "attributes", "tags", "release_policy");

    /** Members of the key that are public, or wrapped. */
    private static final Set<String> INNER = Set.of("kty", "crv", "key_ops", "n", "e", "x", "y", "key_hsm");

    private static final int NAME_LENGTH_MAX = 32;

    /** Longest secret member, in bytes: the private exponent of RSA-4096, with a byte more for its sign. */
    private static final int SECRET_LENGTH_MAX = 513;

    /** Longest symmetric key that Azure's clients hear of, in bytes; what is longer has a message of its own. */
    private static final int SYMMETRIC_LENGTH_MAX = 64;

    /** Zero bytes before each secret, so that it can be made longer by them: a scalar is as long as its field. */
    private static final int GAP_LENGTH = 66;

    /** A secret member of a JWK (RFC 7518 section 6). */
    enum Secret {
        D("d"),
        P("p"),
        Q("q"),
        DP("dp"),
        DQ("dq"),
        QI("qi"),
        K("k");

        private final String member;

        Secret(String member) {
            this.member = member;
        }

        /** Its name in the key. */
        String member() {
            return member;
        }
    }

    /**
     * Where the bytes of a secret lie in the material's memory.
     *
     * @param start of the first byte; as many zero bytes as any scalar is long are before it
     * @param length in bytes
     */
    record Place(int start, int length) {}

    private final JsonCursor text = new JsonCursor();
    private final KeyMaterial material;
    private final Map<Secret, Place> secrets = new EnumMap<>(Secret.class);
    private final ByteBuf outer = Unpooled.buffer();
    private final ByteBuf inner = Unpooled.buffer();
    private boolean keySeen;
    private int end;

    /** @param material where secrets go; none of its parts is put here */
    JwkText(KeyMaterial material) {
        this.material = material;
    }

    /**
     * Reads a body.
     *
     * @param body the whole body; its reader index is not moved
     * @return its public members, {@code key} among them
     * @throws Refused saying what is wrong
     */
    JsonObject read(ByteBuf body) throws Refused {
        text.open(body);
        try {
            if (!object(this::outerMember) || !text.atEnd()) {
                throw malformed();
            }
            if (!keySeen) {
                throw new Refused("Property 'key' is required and is an object");
            }
            JsonObject json =
                    JsonText.object(Unpooled.wrappedBuffer(ascii("{"), outer, ascii("\"key\":{"), inner, ascii("}}")));
            if (json == null) {
                throw malformed();
            }
            return json;
        } finally {
            text.close();
        }
    }

    /** Where a secret lies, or null if it was not given. */
    @Nullable
    Place place(Secret secret) {
        return secrets.get(secret);
    }

    private static Refused malformed() {
        return new Refused("The request body is not a JSON object of the expected shape");
    }

    /** Reads the value of a member whose name lies between these indexes. */
    @FunctionalInterface
    private interface Member {
        boolean read(int start, int stop) throws Refused;
    }

    private boolean object(Member member) throws Refused {
        Set<String> seen = new HashSet<>();
        text.skipSpace();
        if (!text.take('{')) {
            return false;
        }
        text.skipSpace();
        if (text.take('}')) {
            return true;
        }
        do {
            text.skipSpace();
            int start = text.at() + 1;
            if (!text.skipString()) {
                return false;
            }
            int stop = text.at() - 1;
            text.skipSpace();
            if (!text.take(':')) {
                return false;
            }
            text.skipSpace();
            if (!seen.add(name(start, stop))) {
                throw new Refused("Property '" + name(start, stop) + "' is given twice");
            }
            if (!member.read(start, stop)) {
                return false;
            }
            text.skipSpace();
        } while (text.take(','));
        return text.take('}');
    }

    /** The name, or one that stands for this place where it is too long to be known. */
    private String name(int start, int stop) {
        return stop - start > NAME_LENGTH_MAX
                ? "at " + start
                : text.body().toString(start, stop - start, StandardCharsets.UTF_8);
    }

    private boolean outerMember(int start, int stop) throws Refused {
        if (text.same(start, stop, "key")) {
            if (text.next() != '{') {
                throw new Refused("Property 'key' is required and is an object");
            }
            keySeen = true;
            return object(this::innerMember);
        }
        if (!OUTER.contains(name(start, stop))) {
            return text.skipValue();
        }
        boolean whole = publicMember(start, stop, outer);
        outer.writeByte(',');
        return whole;
    }

    private boolean innerMember(int start, int stop) throws Refused {
        for (Secret secret : Secret.values()) {
            if (text.same(start, stop, secret.member())) {
                return secret(secret);
            }
        }
        if (text.same(start, stop, "oth") && text.next() != 'n') { // it holds secrets (RFC 7518 section 6.3.2.7)
            throw new Refused("JSON Web Key: property 'oth' is not supported: an RSA key has two primes");
        }
        if (!INNER.contains(name(start, stop))) {
            return text.skipValue();
        }
        if (inner.isReadable()) {
            inner.writeByte(',');
        }
        return publicMember(start, stop, inner);
    }

    /** Copies a member as it is written. */
    private boolean publicMember(int start, int stop, ByteBuf to) {
        int from = text.at();
        if (!text.skipValue()) {
            return false;
        }
        to.writeByte('"')
                .writeBytes(text.body(), start, stop - start)
                .writeByte('"')
                .writeByte(':');
        to.writeBytes(text.body(), from, text.at() - from);
        return true;
    }

    private static ByteBuf ascii(String text) {
        return Unpooled.copiedBuffer(text, StandardCharsets.US_ASCII);
    }

    private boolean secret(Secret secret) throws Refused {
        if (text.next() == 'n') {
            return text.word("null");
        }
        int start = text.at() + 1;
        if (text.next() != '"') {
            throw new Refused("JSON Web Key: property '" + secret.member() + "' is not a string");
        }
        if (!text.skipString()) {
            return false;
        }
        int at = end + GAP_LENGTH;
        int limit = secret == Secret.K ? SYMMETRIC_LENGTH_MAX : SECRET_LENGTH_MAX;
        int length = Base64Url.decode(text.body(), start, text.at() - 1, material.memory(), at, limit);
        if (length == Base64Url.MALFORMED || length == 0) {
            throw new Refused("JSON Web Key: property '" + secret.member() + "' is empty or not base64url");
        }
        if (length == Base64Url.TOO_LONG) {
            throw new Refused(
                    secret == Secret.K
                            ? "JSON Web Key: k property of oct key is too large, maximum size is "
                                    + SYMMETRIC_LENGTH_MAX
                            : "JSON Web Key: property '" + secret.member() + "' is too long");
        }
        end = at + length;
        secrets.put(secret, new Place(at, length));
        return true;
    }
}
