// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.managedhsm.gateway.fixture.Answer;
import dev.managedhsm.gateway.fixture.Attester;
import dev.managedhsm.gateway.fixture.Enclave;
import dev.managedhsm.gateway.fixture.RawClient;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.net.http.HttpRequest.BodyPublishers;
import java.time.Instant;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * One key of one class on its way through all states, with what was made with it while it could do everything. Knows how
 * each operation is asked for so that only its state can be in the way.
 */
final class KeyOfClass {
    private static final String KIND = "sevsnpvm";
    private static final long HOUR = 3_600;
    private static final List<String> OPERATIONS =
            List.of("encrypt", "decrypt", "wrapKey", "unwrapKey", "sign", "verify");

    /** The first version of the API with secure wrap and unwrap. */
    private static final String WITH_SECURE_KEYS = "?api-version=2026-04-01";

    private final RawClient client;
    private final Attester attester;
    private final Enclave enclave;
    private final String name;
    private final String type;
    private final JsonObject creation;
    private final String version;
    private final Map<String, List<String>> algorithms;
    private final Map<String, JsonObject> made = new HashMap<>();
    private String backup = "";

    /**
     * @param client who asks
     * @param attester an attestation authority that the HSM trusts
     * @param enclave the environment that the key's release policy names
     * @param keyClass such as RSA-2048, P-256K, oct-128
     */
    KeyOfClass(RawClient client, Attester attester, Enclave enclave, String keyClass) {
        this.client = client;
        this.attester = attester;
        this.enclave = enclave;
        this.name = "table-" + keyClass;
        this.type = keyClass.startsWith("P-") ? "EC" : keyClass.substring(0, 3);
        String size = keyClass.substring(keyClass.indexOf('-') + 1);
        this.creation = type.equals("EC")
                ? new JsonObject().put("kty", "EC").put("crv", keyClass)
                : new JsonObject().put("kty", type).put("key_size", Integer.parseInt(size));
        creation.put("attributes", new JsonObject().put("exportable", true))
                .put("release_policy", Enclave.policy(attester.issuer(), KIND));
        this.algorithms = algorithms(keyClass, size);
        String kid = client.create(name, creation).getJsonObject("key").getString("kid");
        this.version = kid.substring(kid.lastIndexOf('/') + 1);
        for (String operation : List.of("encrypt", "wrapKey", "sign", "securewrapkey")) {
            for (String algorithm : algorithms.getOrDefault(operation, List.of())) {
                made.put(operation + algorithm, ask(operation, algorithm).ok());
            }
        }
        keepBackup();
    }

    private static Map<String, List<String>> algorithms(String keyClass, String size) {
        return switch (keyClass.substring(0, 2)) {
            case "RS" ->
                Map.of(
                        "encrypt", List.of("RSA-OAEP-256", "RSA-OAEP", "RSA1_5"),
                        "wrapKey", List.of("RSA-OAEP-256", "RSA-OAEP", "RSA1_5"),
                        "securewrapkey", List.of("RSA-OAEP-256"),
                        "sign", List.of("PS256", "PS384", "PS512", "RS256", "RS384", "RS512", "RSNULL"));
            case "oc" ->
                Map.of(
                        "encrypt", List.of("A" + size + "GCM", "A" + size + "CBC", "A" + size + "CBCPAD"),
                        "wrapKey", List.of("A" + size + "KW", "CKM_AES_KEY_WRAP", "CKM_AES_KEY_WRAP_PAD"),
                        "securewrapkey",
                                List.of(
                                        "A" + size + "KW",
                                        "A" + size + "KWPAD",
                                        "CKM_AES_KEY_WRAP",
                                        "CKM_AES_KEY_WRAP_PAD"),
                        "sign", List.of("HS256", "HS384", "HS512"));
            default ->
                Map.of(
                        "sign",
                        List.of(
                                switch (keyClass) {
                                    case "P-256" -> "ES256";
                                    case "P-384" -> "ES384";
                                    case "P-521" -> "ES512";
                                    default -> "ES256K";
                                }));
        };
    }

    /** RSA, EC or oct. */
    String type() {
        return type;
    }

    /** The algorithms of an operation that are to be tried: all that fit, one where none does, or an empty name. */
    List<String> algorithmsOf(String operation) {
        return switch (operation) {
            case "encrypt", "decrypt" -> algorithms.getOrDefault("encrypt", List.of("RSA-OAEP"));
            case "wrapKey", "unwrapKey" -> algorithms.getOrDefault("wrapKey", List.of("A256KW"));
            case "sign", "verify" -> algorithms.getOrDefault("sign", List.of());
            case "securewrapkey", "secureunwrapkey" -> algorithms.getOrDefault("securewrapkey", List.of("A256KW"));
            case "release" -> List.of("CKM_RSA_AES_KEY_WRAP", "RSA_AES_KEY_WRAP_256", "RSA_AES_KEY_WRAP_384");
            default -> List.of("");
        };
    }

    private static String base64(int length) {
        return Base64.getUrlEncoder().withoutPadding().encodeToString(new byte[length]);
    }

    private static int digestLength(String algorithm) {
        return algorithm.endsWith("384") ? 48 : algorithm.endsWith("512") ? 64 : 32;
    }

    /** Asks for an operation by its id, in a way that nothing but the key's state can be against. */
    Answer ask(String operation, String algorithm) {
        String key = "/keys/" + name;
        String keyVersion = key + '/' + version;
        return switch (operation) {
            case "GetKey" -> client.get(keyVersion);
            case "GetKeyVersions" -> client.get(key + "/versions");
            case "GetKeys" -> client.get("/keys");
            case "GetDeletedKey" -> client.get("/deletedkeys/" + name);
            case "GetDeletedKeys" -> client.get("/deletedkeys");
            case "GetKeyRotationPolicy" -> client.get(key + "/rotationpolicy");
            case "GetKeyAttestation" -> client.get(keyVersion + "/attestation");
            case "GetRandomBytes" -> client.post("/rng", new JsonObject().put("count", 16));
            case "UpdateKeyRotationPolicy" ->
                send(
                        "PUT",
                        key + "/rotationpolicy",
                        new JsonObject().put("attributes", new JsonObject().put("expiryTime", "P90D")));
            case "UpdateKey" -> send("PATCH", keyVersion, new JsonObject().put("tags", new JsonObject().put("a", "b")));
            case "BackupKey" -> client.post(key + "/backup", "");
            case "RestoreKey" -> client.post("/keys/restore", new JsonObject().put("value", backup));
            case "CreateKey" ->
                client.post(key + "/create", new JsonObject().put("kty", "oct").put("key_size", 128));
            case "ImportKey" ->
                send(
                        "PUT",
                        key,
                        new JsonObject()
                                .put("key", new JsonObject().put("kty", "oct").put("k", base64(16))));
            case "RotateKey" -> client.post(key + "/rotate", "");
            case "DeleteKey" -> client.delete(key);
            case "RecoverDeletedKey" -> client.post("/deletedkeys/" + name + "/recover", "");
            case "PurgeDeletedKey" -> client.delete("/deletedkeys/" + name);
            case "securewrapkey", "secureunwrapkey" ->
                client.post(keyVersion + '/' + operation + WITH_SECURE_KEYS, body(operation, algorithm));
            case "release" ->
                client.post(
                        keyVersion + "/release",
                        new JsonObject()
                                .put("target", enclave.attested(attester, KIND).text())
                                .put("enc", algorithm));
            default -> client.post(keyVersion + '/' + operation, body(operation, algorithm));
        };
    }

    private Answer send(String method, String path, JsonObject body) {
        return client.send(client.request(path)
                .header("content-type", "application/json")
                .method(method, BodyPublishers.ofString(body.encode())));
    }

    private JsonObject body(String operation, String algorithm) {
        JsonObject body = new JsonObject().put("alg", algorithm);
        switch (operation) {
            case "sign" -> body.put("value", base64(digestLength(algorithm)));
            case "verify" -> body.put("value", value("sign", algorithm)).put("digest", base64(digestLength(algorithm)));
            case "encrypt", "wrapKey" -> {
                body.put("value", base64(16));
                if (algorithm.contains("CBC")) {
                    body.put("iv", base64(16));
                }
            }
            case "decrypt" -> {
                JsonObject sealed = made.getOrDefault("encrypt" + algorithm, new JsonObject().put("value", base64(16)));
                sealed.fieldNames().stream()
                        .filter(member -> !member.equals("kid"))
                        .forEach(member -> body.put(member, sealed.getValue(member)));
            }
            case "unwrapKey" -> body.put("value", value("wrapKey", algorithm));
            case "secureunwrapkey" ->
                body.put("value", value("securewrapkey", algorithm))
                        .put("target", enclave.attested(attester, KIND).text());
            default -> {}
        }
        return body;
    }

    private String value(String operation, String algorithm) {
        JsonObject done = made.get(operation + algorithm);
        return done == null ? base64(24) : done.getString("value");
    }

    /** What was undone is what it was. */
    void checkUndone(String operation, Answer answer) {
        if (answer.status() == 200) {
            switch (operation) {
                case "decrypt", "unwrapKey" ->
                    assertEquals(base64(16), answer.json().getString("value"));
                case "verify" -> assertEquals(true, answer.json().getBoolean("value"));
                default -> {}
            }
        }
    }

    /** Moves to a state; from a living one to any, from a deleted one to purged. */
    void enter(StateTable.State state, String operation) {
        switch (state) {
            case DELETED -> client.delete("/keys/" + name).ok();
            case PURGED ->
                assertEquals(204, client.delete("/deletedkeys/" + name).status());
            default -> live(state, operation);
        }
    }

    private void live(StateTable.State state, String operation) {
        long now = Instant.now().getEpochSecond();
        long notBefore = state == StateTable.State.EARLY ? now + HOUR : now - 2 * HOUR;
        long expires = state == StateTable.State.EXPIRED ? now - HOUR : now + 2 * HOUR;
        JsonArray permitted = new JsonArray();
        for (String one : OPERATIONS) {
            boolean fits = !type.equals("EC") || one.equals("sign") || one.equals("verify");
            if (fits && !(state == StateTable.State.UNPERMITTED && one.equals(permission(operation)))) {
                permitted.add(one);
            }
        }
        JsonObject attributes = new JsonObject()
                .put("enabled", state != StateTable.State.DISABLED)
                .put("nbf", notBefore)
                .put("exp", expires);
        send(
                        "PATCH",
                        "/keys/" + name + '/' + version,
                        new JsonObject().put("attributes", attributes).put("key_ops", permitted))
                .ok();
    }

    /** What must be in key_ops for an operation. */
    private static String permission(String operation) {
        return switch (operation) {
            case "securewrapkey" -> "wrapKey";
            case "secureunwrapkey" -> "unwrapKey";
            default -> operation;
        };
    }

    /** Takes back what an operation has changed, so that the next one finds the key in the same state. */
    void undo(String operation, StateTable.State state, Answer answer) {
        if (answer.status() >= 400) {
            return;
        }
        switch (operation) {
            case "DeleteKey" ->
                client.post("/deletedkeys/" + name + "/recover", "").ok();
            case "RecoverDeletedKey" -> client.delete("/keys/" + name).ok();
            case "BackupKey" -> backup = answer.json().getString("value");
            case "CreateKey", "ImportKey", "RestoreKey" -> {
                if (state == StateTable.State.PURGED) {
                    client.delete("/keys/" + name).ok();
                    assertEquals(204, client.delete("/deletedkeys/" + name).status());
                }
            }
            case "PurgeDeletedKey" -> {
                client.create(name, creation);
                client.delete("/keys/" + name).ok();
            }
            default -> {}
        }
    }

    private void keepBackup() {
        Answer answer = client.post("/keys/" + name + "/backup", "");
        backup = answer.status() == 200 ? Objects.requireNonNull(answer.json().getString("value")) : "";
    }
}
