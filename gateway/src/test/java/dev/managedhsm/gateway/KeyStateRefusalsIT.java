// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.managedhsm.gateway.fixture.Answer;
import dev.managedhsm.gateway.fixture.PublicKeys;
import dev.managedhsm.gateway.fixture.RawClient;
import dev.managedhsm.gateway.fixture.RunningHsm;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.net.http.HttpClient;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a key's owner has not permitted, disabled, or bounded in time. */
@ParameterizedClass
@EnumSource(
        value = HttpClient.Version.class,
        names = {"HTTP_1_1", "HTTP_2"})
class KeyStateRefusalsIT {
    private static final List<String> OPERATIONS =
            List.of("sign", "verify", "encrypt", "decrypt", "wrapKey", "unwrapKey");
    private static final byte[] PLAINTEXT = {1, 2, 3, 4};

    private static RunningHsm hsm;
    private final RawClient client;

    KeyStateRefusalsIT(HttpClient.Version version) {
        client = hsm.client(version);
    }

    @BeforeAll
    static void startHsm() {
        hsm = RunningHsm.start();
        long now = Instant.now().getEpochSecond();
        create("usable", new JsonObject());
        create("disabled", new JsonObject().put("enabled", false));
        create("expired", new JsonObject().put("exp", now));
        create("not-yet", new JsonObject().put("nbf", now + 3600));
        for (String operation : OPERATIONS) {
            JsonObject body = new JsonObject().put("kty", "RSA").put("key_ops", JsonArray.of(operation));
            hsm.client().create("only-" + operation, body);
        }
    }

    private static void create(String name, JsonObject attributes) {
        hsm.client().create(name, new JsonObject().put("kty", "RSA").put("attributes", attributes));
    }

    @AfterAll
    static void endHsm() {
        RunningHsm.close(hsm);
    }

    /** Asks for an operation in a way that works: what is to be undone was made with the public key. */
    private Answer ask(String key, String operation) {
        JsonObject jwk = client.get("/keys/" + key).ok().getJsonObject("key");
        JsonObject body = switch (operation) {
            case "sign" -> new JsonObject().put("alg", "RS256").put("value", base64(new byte[32]));
            case "verify" ->
                new JsonObject()
                        .put("alg", "RS256")
                        .put("digest", base64(new byte[32]))
                        .put("value", base64(new byte[256]));
            case "encrypt", "wrapKey" -> new JsonObject().put("alg", "RSA-OAEP").put("value", base64(PLAINTEXT));
            default ->
                new JsonObject()
                        .put("alg", "RSA-OAEP")
                        .put("value", base64(PublicKeys.encrypted(PublicKeys.of(jwk), "RSA-OAEP", PLAINTEXT)));
        };
        return client.post("/keys/" + key + "/" + operation, body);
    }

    private static String base64(byte[] bytes) {
        return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
    }

    private static void assertForbidden(Answer answer, String innerCode) {
        answer.refused(403, "Forbidden");
        assertEquals(innerCode, answer.innerCode());
    }

    @Test
    void allowsEverythingOnAUsableKey() {
        for (String operation : OPERATIONS) {
            ask("usable", operation).ok();
        }
    }

    @Test
    void refusesEveryOperationThatItsOwnerDidNotPermit() {
        for (String permitted : OPERATIONS) {
            for (String operation : OPERATIONS) {
                Answer answer = ask("only-" + permitted, operation);
                if (operation.equals(permitted)) {
                    answer.ok();
                } else {
                    assertForbidden(answer, "KeyOperationForbidden");
                }
            }
        }
    }

    @Test
    void refusesEverythingOnADisabledKeyAndShowsIt() {
        for (String operation : OPERATIONS) {
            assertForbidden(ask("disabled", operation), "KeyDisabled");
        }
        JsonObject key = client.get("/keys/disabled").ok();
        assertEquals(false, key.getJsonObject("attributes").getBoolean("enabled"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"expired", "not-yet"})
    void outsideItsPeriodRefusesWhatProtectsAndAllowsWhatUndoes(String key) {
        for (String operation : List.of("sign", "encrypt", "wrapKey")) {
            assertForbidden(ask(key, operation), "KeyNotYetValidOrExpired");
        }
        assertEquals(false, ask(key, "verify").ok().getBoolean("value"));
        assertEquals(base64(PLAINTEXT), ask(key, "decrypt").ok().getString("value"));
        assertEquals(base64(PLAINTEXT), ask(key, "unwrapKey").ok().getString("value"));
        client.get("/keys/" + key).ok();
    }

    @Test
    void refusesEverythingOnADeletedKey() {
        String name = "deleted-" + client.hashCode();
        String kid = client.create(name, new JsonObject().put("kty", "EC"))
                .getJsonObject("key")
                .getString("kid");
        String body = "{\"alg\":\"ES256\",\"value\":\"" + base64(new byte[32]) + "\"}";
        client.post("/keys/" + name + "/sign", body).ok();
        client.delete("/keys/" + name).ok();

        client.post("/keys/" + name + "/sign", body).refused(404, "KeyNotFound");
        client.post(kid.substring(hsm.url().length()) + "/sign", body).refused(404, "KeyNotFound");
        client.get("/keys/" + name).refused(404, "KeyNotFound");

        client.post("/deletedkeys/" + name + "/recover", "").ok();
        client.post("/keys/" + name + "/sign", body).ok();
    }
}
