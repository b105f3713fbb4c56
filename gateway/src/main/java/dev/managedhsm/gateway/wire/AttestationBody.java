// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.wire;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;

import dev.managedhsm.crypto.key.KeyFacts;
import dev.managedhsm.crypto.key.KeyType;
import dev.managedhsm.crypto.key.PermittedOperation;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.function.UnaryOperator;

/**
 * What this HSM attests of a key: statements as compact JWS (RFC 7515), and the certificate that they are signed under. The
 * layout is described in {@code docs/attestation.md}. Any thread; not for event loops, because it signs.
 *
 * <p>Nothing here is hardware's word, and every part says so.
 */
public final class AttestationBody {
    /** What all statements say they are. */
    public static final String VERSION = "SOFTWARE-1";

    private static final Base64.Encoder BASE64URL = Base64.getUrlEncoder().withoutPadding();

    private final KeyBody keys;
    private final byte[] certificate;
    private final UnaryOperator<byte[]> signer;

    /**
     * @param keys shows keys
     * @param certificate the signer's certificate, DER
     * @param signer signs a message with ES256 (RFC 7518 section 3.4)
     */
    public AttestationBody(KeyBody keys, byte[] certificate, UnaryOperator<byte[]> signer) {
        this.keys = keys;
        this.certificate = certificate.clone();
        this.signer = signer;
    }

    /**
     * The value of a key's attribute {@code attestation}.
     *
     * @param key the key version
     * @param issuedSeconds when it is said, in Unix seconds
     */
    public JsonObject attestation(KeyFacts key, long issuedSeconds) {
        boolean pair = key.keyClass().type() != KeyType.OCT;
        JsonObject body = new JsonObject()
                .put("certificatePemFile", BASE64URL.encodeToString(pem().getBytes(US_ASCII)))
                .put("privateKeyAttestation", statement(key, pair ? "private" : "secret", issuedSeconds));
        if (pair) {
            body.put("publicKeyAttestation", statement(key, "public", issuedSeconds));
        }
        return body.put("version", VERSION);
    }

    private String statement(KeyFacts key, String objectClass, long issuedSeconds) {
        JsonArray operations = new JsonArray();
        key.permitted().stream().map(AttestationBody::name).sorted().forEach(operations::add);
        JsonObject payload = new JsonObject()
                .put("class", objectClass)
                .put("created", key.attributes().created());
        if (!objectClass.equals("public")) {
            payload.put("extractable", key.exportable());
        }
        payload.put("id", keys.kid(key)).put("issued", issuedSeconds);
        if (!objectClass.equals("secret")) {
            payload.put("jwk", keys.publicKey(key));
        }
        payload.put("key_ops", operations)
                .put("key_size", key.keyClass().bits())
                .put(
                        "key_type",
                        switch (key.keyClass().type()) {
                            case RSA -> "RSA";
                            case EC -> "EC";
                            case OCT -> "oct";
                        })
                .put("platform", "software");
        if (!objectClass.equals("public")) {
            payload.put("sensitive", true);
        }
        return BASE64URL.encodeToString(signed(payload.put("version", VERSION)).getBytes(US_ASCII));
    }

    private static String name(PermittedOperation operation) {
        return WireNames.of(operation);
    }

    private String signed(JsonObject payload) {
        JsonObject header = new JsonObject()
                .put("alg", "ES256")
                .put("typ", "software-key-attestation")
                .put("x5t#S256", BASE64URL.encodeToString(sha256(certificate)));
        String message = BASE64URL.encodeToString(header.encode().getBytes(UTF_8))
                + '.'
                + BASE64URL.encodeToString(payload.encode().getBytes(UTF_8));
        return message + '.' + BASE64URL.encodeToString(signer.apply(message.getBytes(US_ASCII)));
    }

    private String pem() {
        String lines = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(certificate);
        return "-----BEGIN CERTIFICATE-----\n" + lines + "\n-----END CERTIFICATE-----\n";
    }

    private static byte[] sha256(byte[] bytes) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(bytes);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }
}
