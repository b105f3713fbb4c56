// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.wire;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.managedhsm.crypto.seal.Envelope;
import io.vertx.core.json.JsonObject;
import java.util.Base64;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Envelopes as text: the compact form of JWE (RFC 7516 section 7.1). Strict: one envelope has one text, and any other is
 * refused, also one that a lenient reader would take for the same. Any thread.
 */
final class CompactJwe {
    private static final Base64.Encoder ENCODER = Base64.getUrlEncoder().withoutPadding();
    private static final Base64.Decoder DECODER = Base64.getUrlDecoder();
    private static final String ENCRYPTION = "A256CBC-HS512";
    private static final Set<String> MEMBERS = Set.of("alg", "enc", "kid");
    private static final int PARTS = 5;

    private CompactJwe() {}

    static String text(Envelope envelope) {
        return String.join(
                ".",
                new String(envelope.header(), US_ASCII),
                ENCODER.encodeToString(envelope.wrappedKey()),
                ENCODER.encodeToString(envelope.iv()),
                ENCODER.encodeToString(envelope.ciphertext()),
                ENCODER.encodeToString(envelope.tag()));
    }

    /**
     * Reads an envelope.
     *
     * @param text the compact form, or the base64url of it, as some clients send it
     * @param algorithm what its header must name as {@code alg}
     * @param what what it is, for the message
     */
    static Envelope read(String text, String algorithm, String what) throws Refused {
        String compact = text.indexOf('.') >= 0 ? text : ascii(text, what);
        String[] parts = compact.split("\\.", -1);
        if (parts.length != PARTS) {
            throw malformed(what);
        }
        JsonObject header = JsonText.object(ascii(parts[0], what));
        if (header == null
                || !MEMBERS.containsAll(header.fieldNames())
                || !algorithm.equals(header.getValue("alg"))
                || !ENCRYPTION.equals(header.getValue("enc"))) {
            throw new Refused("The header of " + what + " is not {\"alg\":\"" + algorithm + "\",\"enc\":\"" + ENCRYPTION
                    + "\",\"kid\":...}");
        }
        byte[] wrappedKey = decoded(parts[1], what);
        if (algorithm.equals("dir") != (wrappedKey.length == 0)) {
            throw malformed(what);
        }
        return new Envelope(
                parts[0].getBytes(US_ASCII),
                wrappedKey,
                decoded(parts[2], what),
                decoded(parts[3], what),
                decoded(parts[4], what));
    }

    /** The bytes of base64url without padding, and of no other text; null if it is none. */
    static byte @Nullable [] exact(String text) {
        try {
            byte[] bytes = DECODER.decode(text);
            return ENCODER.encodeToString(bytes).equals(text) ? bytes : null;
        } catch (IllegalArgumentException notBase64) {
            return null;
        }
    }

    private static byte[] decoded(String text, String what) throws Refused {
        byte[] bytes = exact(text);
        if (bytes == null) {
            throw malformed(what);
        }
        return bytes;
    }

    private static String ascii(String text, String what) throws Refused {
        return new String(decoded(text, what), US_ASCII);
    }

    private static Refused malformed(String what) {
        return new Refused(what + " is not a compact JWE");
    }
}
