// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.managedhsm.gateway.fixture.RawClient;
import dev.managedhsm.gateway.fixture.RunningHsm;
import io.vertx.core.json.JsonObject;
import java.net.http.HttpClient;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Keys that are not made, and ones that nearly are not. */
@ParameterizedClass
@EnumSource(
        value = HttpClient.Version.class,
        names = {"HTTP_1_1", "HTTP_2"})
class CreateRefusalsIT {
    private static RunningHsm hsm;
    private final RawClient client;

    CreateRefusalsIT(HttpClient.Version version) {
        client = hsm.client(version);
    }

    @BeforeAll
    static void startHsm() {
        hsm = RunningHsm.start();
    }

    @AfterAll
    static void endHsm() {
        RunningHsm.end(hsm);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "{} | 'kty' is required",
                "{\"kty\":null} | 'kty' is required",
                "{\"kty\":\"DSA\"} | 'kty' has an unknown",
                "{\"kty\":\"OKP-HSM\"} | 'kty' has an unknown",
                "{\"kty\":\"ec\"} | 'kty' has an unknown",
                "{\"kty\":1} | 'kty' is not a string",
                "{\"kty\":[\"EC\"]} | 'kty' is not a string",
                "{\"kty\":\"EC\",\"crv\":\"P-224\"} | 'crv' has an unknown",
                "{\"kty\":\"EC\",\"crv\":256} | 'crv' is not a string",
                "{\"kty\":\"RSA\",\"crv\":\"P-256\"} | 'crv' is only for EC",
                "{\"kty\":\"RSA\",\"key_size\":64} | Invalid key size: '64'",
                "{\"kty\":\"RSA\",\"key_size\":1024} | Invalid key size: '1024'",
                "{\"kty\":\"RSA\",\"key_size\":2049} | Invalid key size: '2049'",
                "{\"kty\":\"RSA\",\"key_size\":8192} | Invalid key size: '8192'",
                "{\"kty\":\"RSA\",\"key_size\":-2048} | Invalid key size: '-2048'",
                "{\"kty\":\"RSA\",\"key_size\":\"2048\"} | 'key_size' is not an integer",
                "{\"kty\":\"RSA\",\"key_size\":2048.5} | 'key_size' is not an integer",
                "{\"kty\":\"oct\",\"key_size\":512} | Invalid key size: '512'",
                "{\"kty\":\"RSA\",\"public_exponent\":3} | 'public_exponent'",
                "{\"kty\":\"RSA\",\"public_exponent\":\"AQAB\"} | 'public_exponent' is not an integer",
                "{\"kty\":\"EC\",\"public_exponent\":65537} | 'public_exponent'",
                "{\"kty\":\"EC\",\"key_ops\":\"sign\"} | 'key_ops' is not an array",
                "{\"kty\":\"EC\",\"key_ops\":[\"Sign\"]} | 'key_ops' holds",
                "{\"kty\":\"EC\",\"key_ops\":[1]} | 'key_ops' holds",
                "{\"kty\":\"EC\",\"key_ops\":[\"encrypt\"]} | 'key_ops' holds",
                "{\"kty\":\"RSA\",\"key_ops\":[\"import\",\"sign\"]} | 'import' excludes",
                "{\"kty\":\"EC\",\"tags\":[]} | 'tags' is not an object",
                "{\"kty\":\"EC\",\"tags\":{\"a\":1}} | 'tags' holds",
                "{\"kty\":\"EC\",\"tags\":{\"a\":null}} | 'tags' holds",
                "{\"kty\":\"EC\",\"attributes\":true} | 'attributes' is not an object",
                "{\"kty\":\"EC\",\"attributes\":{\"enabled\":\"yes\"}} | 'enabled' is not true or false",
                "{\"kty\":\"EC\",\"attributes\":{\"nbf\":\"now\"}} | 'nbf' is not an integer",
                "{\"kty\":\"EC\",\"attributes\":{\"exp\":1.5}} | 'exp' is not an integer",
                "{\"kty\":\"EC\",\"attributes\":{\"exp\":-1892160000}} | 'exp' is not a valid Unix time",
                "{\"kty\":\"EC\",\"attributes\":{\"nbf\":-1}} | 'nbf' is not a valid Unix time",
                "{\"kty\":\"EC\",\"attributes\":{\"exportable\":true}} | release policy",
                "{\"kty\":\"EC\",\"release_policy\":{}} | 'release_policy.data' is required",
                "{\"kty\":\"EC\",\"attributes\":{\"nbf\":9,\"exp\":9}} | 'exp' must be after 'nbf'",
                "{\"kty\":\"EC\",\"attributes\":{\"external_key\":{\"id\":\"a\"}}} | no external key manager",
                "{\"kty\":\"EC\",\"key_ops\":[\"export\",\"sign\"]} | 'export' is only for exportable",
                "{\"kty\":\"RSA\",\"public_exponent\":1} | 'public_exponent' must be odd",
                "{\"kty\":\"RSA\",\"public_exponent\":65535} | 'public_exponent' must be odd",
                "{\"kty\":\"RSA\",\"public_exponent\":65538} | 'public_exponent' must be odd",
                "{\"kty\":\"RSA\",\"public_exponent\":-65537} | 'public_exponent' must be odd",
                "{\"kty\":\"RSA\",\"public_exponent\":4294967297} | 'public_exponent' must be odd"
            })
    void refusesAKey(String body, String word) {
        String message = client.post("/keys/refused/create", body).refused(400, "BadParameter");

        assertTrue(message.contains(word), message);
        client.get("/keys/refused").refused(404, "KeyNotFound");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"kty\":\"RSA\",\"public_exponent\":0}",
                "{\"kty\":\"RSA-HSM\",\"public_exponent\":65537,\"key_size\":2048}",
                "{\"kty\":\"EC\",\"attributes\":{\"exp\":4102444800}}",
                "{\"kty\":\"oct\",\"key_size\":null,\"tags\":null,\"attributes\":null,\"key_ops\":null}",
                "{\"kty\":\"EC\",\"unknown\":{\"member\":[1,2,{}]}}",
                "{\"kty\":\"EC\",\"tags\":{}}"
            })
    void makesAKeyOfWhatClientsSend(String body) {
        client.post("/keys/made/create", body).ok();
    }

    @Test
    void refusesAReleasePolicyOfAKeyThatStaysInside() {
        JsonObject body =
                new JsonObject().put("kty", "EC").put("release_policy", UpdateIT.policy("https://a.test", false));

        String message = client.post("/keys/refused/create", body).refused(400, "BadParameter");

        assertEquals("Non-exportable keys must not have release policy", message);
        client.get("/keys/refused").refused(404, "KeyNotFound");
    }

    @Test
    void takesFifteenTagsOf256CharactersAndNoMore() {
        JsonObject tags = new JsonObject();
        for (int i = 0; i < 15; i++) {
            tags.put(i + "n".repeat(254), "v".repeat(256));
        }
        JsonObject body = new JsonObject().put("kty", "EC").put("tags", tags);
        assertEquals(tags, client.create("tagged", body).getJsonObject("tags"));

        tags.put("one", "more");
        refused(body, "15 tags");
        refused(new JsonObject().put("kty", "EC").put("tags", new JsonObject().put("n".repeat(257), "")), "256");
        refused(new JsonObject().put("kty", "EC").put("tags", new JsonObject().put("n", "v".repeat(257))), "256");
        refused(new JsonObject().put("kty", "EC").put("tags", new JsonObject().put("", "v")), "empty");
    }

    private void refused(JsonObject body, String word) {
        String message = client.post("/keys/tagged/create", body).refused(400, "BadParameter");
        assertTrue(message.contains(word), message);
    }

    @Test
    void keepsTheNameOfADeletedKey() {
        String name = "taken-" + client.hashCode();
        client.create(name, new JsonObject().put("kty", "EC"));
        client.delete("/keys/" + name).ok();

        String message =
                client.post("/keys/" + name + "/create", "{\"kty\":\"EC\"}").refused(409, "Conflict");

        assertTrue(message.contains("deleted but recoverable"), message);
        assertEquals(
                "ObjectIsDeletedButRecoverable",
                client.post("/keys/" + name + "/create", "{\"kty\":\"RSA\"}").innerCode());
    }
}
