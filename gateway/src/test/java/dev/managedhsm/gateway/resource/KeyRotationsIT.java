// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.resource;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.managedhsm.auth.role.BuiltInRoles;
import dev.managedhsm.gateway.fixture.Answer;
import dev.managedhsm.gateway.fixture.PublicKeys;
import dev.managedhsm.gateway.fixture.RawClient;
import dev.managedhsm.gateway.fixture.RunningHsm;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.net.http.HttpClient;
import java.net.http.HttpRequest.BodyPublishers;
import java.security.PublicKey;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Rotation over real connections. */
@ParameterizedClass
@EnumSource(
        value = HttpClient.Version.class,
        names = {"HTTP_1_1", "HTTP_2"})
class KeyRotationsIT {
    private static final JsonObject EC = new JsonObject().put("kty", "EC");
    private static final String EVERY_90_DAYS = "{\"lifetimeActions\":[{\"trigger\":{\"timeAfterCreate\":\"P90D\"},"
            + "\"action\":{\"type\":\"rotate\"}}],\"attributes\":{\"expiryTime\":\"P120D\"}}";

    private static RunningHsm hsm;
    private final RawClient client;
    private final String run;

    KeyRotationsIT(HttpClient.Version version) {
        client = hsm.client(version);
        run = version == HttpClient.Version.HTTP_2 ? "h2" : "h1";
    }

    @BeforeAll
    static void startHsm() {
        hsm = RunningHsm.start();
    }

    @AfterAll
    static void endHsm() {
        RunningHsm.end(hsm);
    }

    private String name(String what) {
        return what + "-" + run;
    }

    private Answer put(String path, String body) {
        return client.send(
                client.request(path).header("content-type", "application/json").PUT(BodyPublishers.ofString(body)));
    }

    private static long attribute(JsonObject bundle, String name) {
        return bundle.getJsonObject("attributes").getLong(name);
    }

    private static String kid(JsonObject bundle) {
        return bundle.getJsonObject("key").getString("kid");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"kty\":\"EC\",\"crv\":\"P-384\",\"key_ops\":[\"sign\"],\"tags\":{\"a\":\"b\"}}",
                "{\"kty\":\"RSA\",\"key_size\":2048,\"key_ops\":[\"decrypt\",\"unwrapKey\"]}",
                "{\"kty\":\"oct\",\"key_size\":192}",
                "{\"kty\":\"EC\",\"attributes\":{\"enabled\":false,\"nbf\":5,\"exp\":10}}"
            })
    void rotatesToAVersionLikeTheOldOne(String body) {
        String name = name("like-" + Integer.toHexString(body.hashCode()));
        JsonObject first = client.create(name, new JsonObject(body));

        JsonObject second = client.post("/keys/" + name + "/rotate", "").ok();

        assertNotEquals(kid(first), kid(second));
        assertEquals(second, client.get("/keys/" + name).ok());
        assertEquals(first.getJsonObject("tags"), second.getJsonObject("tags"));
        for (String member : List.of("kty", "key_ops", "crv", "e")) {
            assertEquals(
                    first.getJsonObject("key").getValue(member),
                    second.getJsonObject("key").getValue(member),
                    member);
        }
        JsonObject attributes = first.getJsonObject("attributes").copy();
        attributes.remove("exp");
        attributes.remove("nbf");
        attributes.put("created", attribute(second, "created")).put("updated", attribute(second, "updated"));
        assertEquals(attributes, second.getJsonObject("attributes"));
        assertEquals(
                2,
                client.get("/keys/" + name + "/versions")
                        .ok()
                        .getJsonArray("value")
                        .size());
    }

    @Test
    void newVersionExpiresAsThePolicySays() {
        String name = name("Expires");
        client.create(name, EC);

        long before = Instant.now().getEpochSecond();
        JsonObject set = put("/keys/" + name + "/rotationpolicy", EVERY_90_DAYS).ok();
        JsonObject rotated = client.post("/keys/" + name + "/Rotate", "{}").ok();

        assertEquals(hsm.url() + "/keys/" + name + "/rotationpolicy", set.getString("id"));
        assertEquals(120 * 86_400, attribute(rotated, "exp") - attribute(rotated, "created"));
        assertTrue(attribute(set, "created") >= before);
        assertEquals(attribute(set, "created"), attribute(set, "updated"));
        assertEquals("P120D", set.getJsonObject("attributes").getString("expiryTime"));
        assertEquals(
                JsonArray.of(new JsonObject()
                        .put("action", new JsonObject().put("type", "Rotate"))
                        .put("trigger", new JsonObject().put("timeAfterCreate", "P90D"))),
                set.getJsonArray("lifetimeActions"));
        assertEquals(
                set,
                client.get("/keys/" + name.toUpperCase(java.util.Locale.ROOT) + "/RotationPolicy/")
                        .ok());
    }

    @Test
    void blankPolicyIsNone() {
        String name = name("blank");
        client.create(name, EC);
        JsonObject none = client.get("/keys/" + name + "/rotationpolicy").ok();
        assertEquals(Set.of("attributes", "id", "lifetimeActions"), none.fieldNames());
        assertTrue(none.getJsonObject("attributes").isEmpty());
        assertTrue(none.getJsonArray("lifetimeActions").isEmpty());

        put("/keys/" + name + "/rotationpolicy", EVERY_90_DAYS).ok();
        assertNotEquals(none, client.get("/keys/" + name + "/rotationpolicy").ok());
        assertEquals(
                none, put("/keys/" + name + "/rotationpolicy", none.encode()).ok());
        assertEquals(none, client.get("/keys/" + name + "/rotationpolicy").ok());
        assertFalse(client.post("/keys/" + name + "/rotate", "")
                .ok()
                .getJsonObject("attributes")
                .containsKey("exp"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "[]",
                "\"P90D\"",
                "{",
                "{\"lifetimeActions\":5}",
                "{\"lifetimeActions\":[{\"trigger\":{\"timeAfterCreate\":\"P27D\"},\"action\":{\"type\":\"Rotate\"}}]}",
                "{\"lifetimeActions\":[{\"trigger\":{\"timeAfterCreate\":\"P90D\"},\"action\":{\"type\":\"Burn\"}}]}",
                "{\"attributes\":{\"expiryTime\":\"P1D\"}}"
            })
    void refusesWhatIsNoPolicyAndKeepsTheOldOne(String body) {
        String name = name("kept");
        client.create(name, EC);
        JsonObject kept =
                put("/keys/" + name + "/rotationpolicy", EVERY_90_DAYS).ok();

        put("/keys/" + name + "/rotationpolicy", body).refused(400, "BadParameter");

        assertEquals(kept, client.get("/keys/" + name + "/rotationpolicy").ok());
    }

    @Test
    void knowsNoKeyThatIsNotThere() {
        String gone = name("gone");
        client.create(gone, EC);
        client.delete("/keys/" + gone).ok();
        for (String path : List.of("/keys/never", "/keys/" + gone)) {
            String message = client.post(path + "/rotate", "").refused(404, "KeyNotFound");
            assertEquals("Key not found: " + hsm.url() + path, message);
            client.get(path + "/rotationpolicy").refused(404, "KeyNotFound");
            put(path + "/rotationpolicy", EVERY_90_DAYS).refused(404, "KeyNotFound");
        }
        client.post("/keys/no_name/rotate", "").refused(400, "BadParameter");
        client.get("/keys/no_name/rotationpolicy").refused(400, "BadParameter");
    }

    @Test
    void refusesOtherMethods() {
        client.create(name("methods"), EC);
        client.post("/keys/" + name("methods") + "/rotationpolicy", "{}").refused(405, "MethodNotAllowed");
        client.delete("/keys/" + name("methods") + "/rotationpolicy").refused(405, "MethodNotAllowed");
    }

    @Test
    void refusesTheHundredAndFirstVersion() {
        String name = name("full");
        client.create(name, new JsonObject().put("kty", "oct"));
        for (int i = 1; i < 100; i++) {
            client.post("/keys/" + name + "/rotate", "").ok();
        }
        String message = client.post("/keys/" + name + "/rotate", "").refused(400, "BadParameter");
        assertTrue(message.contains("100 versions"), message);
    }

    @Test
    void asksForARightOfItsOwnEachTime() {
        String name = name("rights");
        client.create(name, EC);
        Caller auditor = Caller.fresh(hsm);
        Caller user = Caller.fresh(hsm);
        Caller admin = Caller.administrator(hsm);
        assertEquals(
                201,
                admin.assign("/keys", BuiltInRoles.CRYPTO_AUDITOR.id(), auditor.objectId)
                        .status());
        assertEquals(
                201,
                admin.assign("/keys/" + name, BuiltInRoles.CRYPTO_USER.id(), user.objectId)
                        .status());

        String path = "/keys/" + name + "/rotationpolicy";
        auditor.get(path).ok();
        String write = auditor.put(path, EVERY_90_DAYS).refused(403, "AccessDenied");
        assertTrue(write.contains("Microsoft.KeyVault/managedHsm/keys/write/action on /keys/" + name), write);
        String rotate =
                auditor.post("/keys/" + name + "/rotate", new JsonObject()).refused(403, "AccessDenied");
        assertTrue(rotate.contains("Microsoft.KeyVault/managedHsm/keys/rotate/action on /keys/" + name), rotate);
        String read = Caller.fresh(hsm).get(path).refused(403, "AccessDenied");
        assertTrue(read.contains("Microsoft.KeyVault/managedHsm/keys/read/action on /keys/" + name), read);

        user.put(path, EVERY_90_DAYS).ok();
        user.get(path).ok();
        user.post("/keys/" + name + "/rotate", new JsonObject()).ok();
        user.get("/keys/other/rotationpolicy").refused(403, "AccessDenied");
    }

    @Test
    void asksForATokenAndAVersionOfTheApi() {
        assertEquals(
                401,
                client.send(client.bare("/keys/a/rotate").POST(BodyPublishers.noBody()))
                        .status());
        assertEquals(
                401, client.send(client.bare("/keys/a/rotationpolicy").GET()).status());
        client.get("/keys/a/rotationpolicy?x=y").refused(400, "BadParameter");
    }

    @Test
    void everySignatureDuringRotationIsByAVersionOfTheKey() {
        String name = name("signing");
        byte[] message = {1, 2, 3};
        Map<String, PublicKey> versions = new HashMap<>();
        JsonObject first = client.create(name, EC);
        versions.put(kid(first), PublicKeys.of(first.getJsonObject("key")));
        JsonObject sign = new JsonObject()
                .put("alg", "ES256")
                .put(
                        "value",
                        Base64.getUrlEncoder().withoutPadding().encodeToString(PublicKeys.digest("ES256", message)));
        List<CompletableFuture<Answer>> signatures = new ArrayList<>();
        for (int i = 0; i < 30; i++) {
            CompletableFuture<Answer> rotation =
                    client.sendAsync(client.posting("/keys/" + name + "/rotate", BodyPublishers.noBody()));
            do {
                signatures.add(client.sendAsync(
                        client.posting("/keys/" + name + "/sign", BodyPublishers.ofString(sign.encode()))));
                signatures.getLast().join();
            } while (!rotation.isDone());
            JsonObject rotated = rotation.join().ok();
            assertEquals(null, versions.put(kid(rotated), PublicKeys.of(rotated.getJsonObject("key"))));
        }
        Map<String, Integer> used = new HashMap<>();
        for (CompletableFuture<Answer> each : signatures) {
            JsonObject signed = each.join().ok();
            PublicKey version = versions.get(signed.getString("kid"));
            assertNotNull(version, signed.encode());
            byte[] signature = Base64.getUrlDecoder().decode(signed.getString("value"));
            assertTrue(PublicKeys.verified(version, "ES256", message, signature));
            used.merge(signed.getString("kid"), 1, Integer::sum);
        }
        assertTrue(used.size() > 10, "signatures by " + used.size() + " of " + versions.size() + " versions");
    }
}
