// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.wire;

import dev.managedhsm.crypto.key.KeyFacts;
import dev.managedhsm.crypto.key.KeyType;
import dev.managedhsm.crypto.key.ReleasePolicy;
import dev.managedhsm.crypto.operation.KeyTransport;
import io.vertx.core.json.JsonObject;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The body of a request to release a key, and the statement that answers it. Any thread.
 *
 * @param target the attestation token, in compact form
 * @param nonce what the answer repeats, or null
 * @param enc how the key is to travel, as the request spells it
 * @param transport the same
 */
public record ReleaseBody(String target, @Nullable String nonce, String enc, KeyTransport transport) {
    private static final String ENC_DEFAULT = "CKM_RSA_AES_KEY_WRAP";
    private static final int NONCE_LENGTH_MAX = 1024;

    /**
     * Parses a body.
     *
     * @throws Refused saying which property is not acceptable
     */
    public static ReleaseBody read(JsonObject json) throws Refused {
        String nonce = JsonFields.text(json, "nonce");
        if (nonce != null && nonce.length() > NONCE_LENGTH_MAX) {
            throw new Refused("Property 'nonce' is longer than " + NONCE_LENGTH_MAX + " characters");
        }
        String enc = JsonFields.text(json, "enc");
        String name = enc == null ? ENC_DEFAULT : enc;
        return new ReleaseBody(target(json), nonce, name, transport(name));
    }

    /** The attestation token of a request. */
    static String target(JsonObject json) throws Refused {
        String target = JsonFields.text(json, "target");
        if (target == null || target.isEmpty()) {
            throw new Refused("Property 'target' is required");
        }
        return target;
    }

    private static KeyTransport transport(String name) throws Refused {
        return switch (name) {
            case ENC_DEFAULT -> KeyTransport.OAEP_SHA1;
            case "RSA_AES_KEY_WRAP_256" -> KeyTransport.OAEP_SHA256;
            case "RSA_AES_KEY_WRAP_384" -> KeyTransport.OAEP_SHA384;
            default -> throw new Refused("Property 'enc' has an unknown or unsupported value");
        };
    }

    /**
     * The statement, to be signed. Inside, the key's type is named as that of a software key, because it will be one.
     *
     * @param body how keys are shown
     * @param facts of the key at the moment of release
     * @param policy by which it was released
     * @param apiVersion as the request says
     * @param receiverKid id of the receiver's key
     * @param wrapped the key, readable by the receiver alone
     */
    public JsonObject statement(
            KeyBody body, KeyFacts facts, ReleasePolicy policy, String apiVersion, String receiverKid, byte[] wrapped) {
        JsonObject request =
                new JsonObject().put("api-version", apiVersion).put("enc", enc).put("kid", body.kid(facts));
        if (nonce != null) {
            request.put("nonce", nonce);
        }
        JsonObject bundle = body.bundle(facts);
        JsonObject jwk = bundle.getJsonObject("key")
                .copy()
                .put("kty", softwareType(facts.keyClass().type()))
                .put(
                        "key_hsm",
                        base64Url(transfer(receiverKid, wrapped).encode().getBytes(StandardCharsets.UTF_8)));
        JsonObject key = new JsonObject()
                .put("attributes", bundle.getJsonObject("attributes"))
                .put("key", new JsonObject(new TreeMap<>(jwk.getMap())))
                .put("release_policy", ReleasePolicyBody.write(policy));
        return new JsonObject().put("request", request).put("response", new JsonObject().put("key", key));
    }

    private JsonObject transfer(String receiverKid, byte[] wrapped) {
        JsonObject header = new JsonObject().put("alg", "dir").put("enc", enc).put("kid", receiverKid);
        return new JsonObject()
                .put("ciphertext", base64Url(wrapped))
                .put("header", header)
                .put("schema_version", "1.0");
    }

    private static String softwareType(KeyType type) {
        return switch (type) {
            case RSA -> "RSA";
            case EC -> "EC";
            case OCT -> "oct";
        };
    }

    private static String base64Url(byte[] bytes) {
        return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
    }
}
