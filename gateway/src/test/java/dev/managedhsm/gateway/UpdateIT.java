// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.managedhsm.gateway.fixture.ForeignKeys;
import dev.managedhsm.gateway.fixture.RawClient;
import dev.managedhsm.gateway.fixture.RunningHsm;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.net.http.HttpClient;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What can be changed of a key version, what cannot, and what creation takes besides. */
class UpdateIT {
    private static RunningHsm hsm;
    private static RawClient client;

    @BeforeAll
    static void startHsm() {
        hsm = RunningHsm.start();
        client = hsm.client(HttpClient.Version.HTTP_2);
    }

    @AfterAll
    static void endHsm() {
        RunningHsm.end(hsm);
    }

    /** A release policy that one authority decides. */
    static JsonObject policy(String authority, boolean immutable) {
        String json = "{\"version\":\"1.0.0\",\"anyOf\":[{\"authority\":\"" + authority
                + "\",\"allOf\":[{\"claim\":\"a\",\"equals\":\"b\"}]}]}";
        return new JsonObject()
                .put("data", ForeignKeys.base64(json.getBytes(StandardCharsets.UTF_8)))
                .put("immutable", immutable);
    }

    private static JsonObject exportable(JsonObject policy) {
        return new JsonObject()
                .put("kty", "EC")
                .put("attributes", new JsonObject().put("exportable", true))
                .put("release_policy", policy);
    }

    @Test
    void changesWhatIsGivenAndLeavesTheRest() {
        JsonObject made = client.create(
                "change",
                new JsonObject()
                        .put("kty", "EC")
                        .put("tags", new JsonObject().put("one", "1").put("two", "2"))
                        .put("attributes", new JsonObject().put("nbf", 1000)));
        JsonObject body = new JsonObject()
                .put("key_ops", new JsonArray().add("verify"))
                .put(
                        "attributes",
                        new JsonObject().put("enabled", false).put("exp", 2000).put("exportable", false))
                .put("tags", new JsonObject().put("three", "3"));

        JsonObject changed = client.patch("/keys/change/", body).ok();

        assertEquals(changed, client.get("/keys/change").ok());
        assertEquals(
                made.getJsonObject("key").getString("kid"),
                changed.getJsonObject("key").getString("kid"));
        assertEquals(new JsonArray().add("verify"), changed.getJsonObject("key").getJsonArray("key_ops"));
        assertEquals(new JsonObject().put("three", "3"), changed.getJsonObject("tags"));
        JsonObject attributes = changed.getJsonObject("attributes");
        assertFalse(attributes.getBoolean("enabled"));
        assertEquals(1000, attributes.getInteger("nbf"));
        assertEquals(2000, attributes.getInteger("exp"));

        JsonObject same = client.patch("/keys/change", new JsonObject().put("key_ops", new JsonArray()))
                .ok();
        assertEquals(changed.getJsonObject("key"), same.getJsonObject("key"));
        assertEquals(changed.getJsonObject("tags"), same.getJsonObject("tags"));
        assertFalse(client.patch("/keys/change", new JsonObject().put("tags", new JsonObject()))
                .ok()
                .containsKey("tags"));
    }

    @Test
    void changesOneVersionOnly() {
        String first = client.create("one", new JsonObject().put("kty", "EC"))
                .getJsonObject("key")
                .getString("kid");
        String path = first.substring(first.indexOf("/keys/"));
        client.create("one", new JsonObject().put("kty", "EC"));

        client.patch(path, new JsonObject().put("attributes", new JsonObject().put("enabled", false)))
                .ok();

        assertFalse(client.get(path).ok().getJsonObject("attributes").getBoolean("enabled"));
        assertTrue(client.get("/keys/one").ok().getJsonObject("attributes").getBoolean("enabled"));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "{\"key_ops\":[\"encrypt\"]} | 'key_ops' holds",
                "{\"key_ops\":[\"fly\"]} | 'key_ops' holds",
                "{\"key_ops\":[\"export\"]} | 'export' is only for exportable",
                "{\"key_ops\":[\"import\"]} | 'key_ops' holds",
                "{\"attributes\":{\"exportable\":true}} | 'exportable' is decided",
                "{\"attributes\":{\"exp\":500}} | 'exp' must be after 'nbf'",
                "{\"attributes\":{\"nbf\":5000,\"exp\":5000}} | 'exp' must be after 'nbf'",
                "{\"attributes\":{\"exp\":-1}} | 'exp' is not a valid",
                "{\"attributes\":{\"external_key\":{\"id\":\"a\"}}} | 'external_key' is not supported",
                "{\"attributes\":{\"enabled\":1}} | 'enabled' is not",
                "{\"tags\":{\"a\":1}} | 'tags' holds",
                "[] | not a JSON object"
            })
    void refusesWhatCannotBe(String body, String word) {
        JsonObject made = client.create(
                "stays", new JsonObject().put("kty", "EC").put("attributes", new JsonObject().put("nbf", 1000)));

        String message = client.send(client.request("/keys/stays")
                        .method("PATCH", java.net.http.HttpRequest.BodyPublishers.ofString(body)))
                .refused(400, "BadParameter");

        assertTrue(message.contains(word), message);
        assertEquals(made, client.get("/keys/stays").ok());
    }

    @Test
    void neitherGivesNorTakesTheOperationImport() {
        client.create("exchange", new JsonObject().put("kty", "RSA").put("key_ops", new JsonArray().add("import")));
        client.create("plain", new JsonObject().put("kty", "RSA"));
        JsonObject decrypt = new JsonObject().put("key_ops", new JsonArray().add("decrypt"));
        JsonObject take = new JsonObject().put("key_ops", new JsonArray().add("import"));

        client.patch("/keys/exchange", decrypt).refused(400, "BadParameter");
        client.patch("/keys/plain", take).refused(400, "BadParameter");
    }

    @Test
    void knowsNoKeyThatIsNotThere() {
        JsonObject nothing = new JsonObject();
        client.patch("/keys/nobody", nothing).refused(404, "KeyNotFound");
        client.create("somebody", new JsonObject().put("kty", "EC"));
        String message =
                client.patch("/keys/somebody/" + "0".repeat(32), nothing).refused(404, "KeyNotFound");
        assertTrue(message.endsWith("/keys/somebody/" + "0".repeat(32)), message);
    }

    @Test
    void freezesAReleasePolicyForGood() {
        client.create("frozen", exportable(policy("https://one.test", false)));
        JsonObject second = new JsonObject().put("release_policy", policy("https://two.test", false));
        JsonObject frozen = client.patch("/keys/frozen", second).ok().getJsonObject("release_policy");
        assertFalse(frozen.getBoolean("immutable"));

        JsonObject freeze = new JsonObject().put("release_policy", policy("https://two.test", true));
        assertTrue(client.patch("/keys/frozen", freeze)
                .ok()
                .getJsonObject("release_policy")
                .getBoolean("immutable"));

        assertTrue(
                client.patch("/keys/frozen", second)
                        .ok()
                        .getJsonObject("release_policy")
                        .getBoolean("immutable"),
                "the same policy may be said again, and stays frozen");
        JsonObject other = new JsonObject().put("release_policy", policy("https://one.test", true));
        String message = client.patch("/keys/frozen", other).refused(400, "BadParameter");
        assertTrue(message.contains("immutable"), message);
        client.post("/keys/frozen/create", exportable(policy("https://one.test", true)))
                .refused(400, "BadParameter");
        JsonObject next = client.create("frozen", new JsonObject().put("kty", "EC"));
        assertTrue(next.getJsonObject("release_policy").getBoolean("immutable"), "a new version has it too");
        assertTrue(next.getJsonObject("attributes").getBoolean("exportable"));
    }

    @Test
    void keepsToWhatTheFirstVersionSaidOfExport() {
        client.create("inside", new JsonObject().put("kty", "EC"));
        String message = client.post("/keys/inside/create", exportable(policy("https://one.test", false)))
                .refused(400, "BadParameter");
        assertTrue(message.contains("first version"), message);
        client.patch("/keys/inside", new JsonObject().put("release_policy", policy("https://one.test", false)))
                .refused(400, "BadParameter");

        client.create("outside", exportable(policy("https://one.test", false)));
        client.post(
                        "/keys/outside/create",
                        new JsonObject().put("kty", "EC").put("attributes", new JsonObject().put("exportable", false)))
                .refused(400, "BadParameter");
        client.create(
                "outside",
                new JsonObject()
                        .put("kty", "EC")
                        .put("key_ops", new JsonArray().add("export").add("sign")));
    }

    @Test
    void makesRsaPairsWithTheExponentAskedFor() {
        JsonObject key = client.create(
                        "exponent", new JsonObject().put("kty", "RSA").put("public_exponent", 65_539))
                .getJsonObject("key");
        assertEquals("AQAD", key.getString("e"));
    }

    @Test
    void showsTheKeySizeToWhoKnowsIt() {
        client.create("sized", new JsonObject().put("kty", "oct").put("key_size", 192));
        client.create("unsized", new JsonObject().put("kty", "EC"));

        assertEquals(192, size("sized", "2026-04-01"));
        assertEquals(null, size("sized", "2025-07-01"));
        assertEquals(null, size("sized", "2026-03-01-preview"));
        assertEquals(null, size("sized", "7.6"));
        assertEquals(null, size("unsized", "2026-04-01"));
    }

    private static Integer size(String name, String version) {
        return client.get("/keys/" + name + "?api-version=" + version)
                .ok()
                .getJsonObject("attributes")
                .getInteger("key_size");
    }
}
