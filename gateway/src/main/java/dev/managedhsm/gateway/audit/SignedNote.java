// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.audit;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/**
 * Lines of text with one signature: a C2SP <em>signed-note</em>. The name of the key that signed is the first line. Immutable;
 * any thread.
 *
 * <pre>
 *   hsm1.hsm.example/audit                                    the body: lines, none of them empty
 *   …
 *                                                             an empty line
 *   — hsm1.hsm.example/audit Az3grlgtzPICa5OS8npVmf1My…       key id and Ed25519 signature over the body
 * </pre>
 */
final class SignedNote {
    /** How the line of a signature begins. */
    static final String DASH = "\u2014 ";

    private final String body;
    private final String keyId;
    private final byte[] signature;

    private SignedNote(String body, String keyId, byte[] signature) {
        this.body = body;
        this.keyId = keyId;
        this.signature = signature;
    }

    /**
     * Signs.
     *
     * @param body lines, each with its end and none empty; the first is the signer's name
     * @throws IllegalArgumentException if it is not so
     */
    static SignedNote sign(AuditSigner signer, String body) {
        if (!body.startsWith(signer.publicKey().name() + "\n") || body.contains("\n\n") || !body.endsWith("\n")) {
            throw new IllegalArgumentException("no note can be made of this body");
        }
        return new SignedNote(body, signer.publicKey().id(), signer.sign(body.getBytes(StandardCharsets.UTF_8)));
    }

    /**
     * What a text says, or null when it is not exactly such a text, with nothing before or behind it. The signature is not
     * looked at: see {@link #signedBy}.
     */
    static @Nullable SignedNote parse(String text) {
        int end = text.indexOf("\n\n");
        if (end < 0) {
            return null;
        }
        String body = text.substring(0, end + 1);
        String before = DASH + name(body) + " ";
        String last = text.substring(end + 2);
        if (!last.startsWith(before) || !last.endsWith("\n")) {
            return null;
        }
        byte[] signed;
        try {
            signed = Base64.getDecoder().decode(last.substring(before.length(), last.length() - 1));
        } catch (IllegalArgumentException notOne) {
            return null;
        }
        if (signed.length != LogKey.ID_LENGTH + LogKey.SIGNATURE_LENGTH) {
            return null;
        }
        SignedNote note = new SignedNote(
                body,
                HexFormat.of().formatHex(signed, 0, LogKey.ID_LENGTH),
                Arrays.copyOfRange(signed, LogKey.ID_LENGTH, signed.length));
        return note.text().equals(text) ? note : null; // one text only says it: no other base64
    }

    private static String name(String body) {
        return body.substring(0, body.indexOf('\n'));
    }

    /** The whole text, each line with its end. */
    String text() {
        byte[] id = HexFormat.of().parseHex(keyId);
        byte[] signed = Arrays.copyOf(id, id.length + signature.length);
        System.arraycopy(signature, 0, signed, id.length, signature.length);
        return body + "\n" + DASH + name(body) + " " + Base64.getEncoder().encodeToString(signed) + "\n";
    }

    /** The lines that are signed, each with its end. */
    String body() {
        return body;
    }

    /** The id of the key that signed, in hex. */
    String keyId() {
        return keyId;
    }

    /** Whether this key signed it. */
    boolean signedBy(LogKey key) {
        return key.name().equals(name(body))
                && key.id().equals(keyId)
                && key.verifies(body.getBytes(StandardCharsets.UTF_8), signature);
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof SignedNote that
                && body.equals(that.body)
                && keyId.equals(that.keyId)
                && Arrays.equals(signature, that.signature);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(signature);
    }
}
