// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.managedhsm.gateway.fixture.Answer;
import dev.managedhsm.gateway.fixture.RawClient;
import dev.managedhsm.gateway.fixture.RunningHsm;
import io.vertx.core.json.JsonObject;
import java.net.http.HttpClient;
import java.util.List;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/** Keys exactly as they are shown: which members, in which order. */
@ParameterizedClass
@EnumSource(
        value = HttpClient.Version.class,
        names = {"HTTP_1_1", "HTTP_2"})
class KeyFormsIT {
    private static final List<String> PLAIN_ATTRIBUTES =
            List.of("created", "enabled", "exportable", "recoverableDays", "recoveryLevel", "updated");

    private static RunningHsm hsm;
    private final RawClient client;

    KeyFormsIT(HttpClient.Version http) {
        client = hsm.client(http);
    }

    @BeforeAll
    static void startHsm() {
        hsm = RunningHsm.start();
        hsm.client().create("plain", new JsonObject().put("kty", "oct"));
    }

    @AfterAll
    static void endHsm() {
        RunningHsm.end(hsm);
    }

    private static String versionOf(JsonObject bundle) {
        String kid = bundle.getJsonObject("key").getString("kid");
        return kid.substring(kid.lastIndexOf('/') + 1);
    }

    @Test
    void showsPlainKeysExactly() {
        exactly("rsa", "{\"kty\":\"RSA\"}", List.of("e", "key_ops", "kid", "kty", "n"), "RSA-HSM");
        exactly("ec", "{\"kty\":\"EC\"}", List.of("crv", "key_ops", "kid", "kty", "x", "y"), "EC-HSM");
        exactly("oct", "{\"kty\":\"oct\"}", List.of("key_ops", "kid", "kty"), "oct-HSM");
    }

    private void exactly(String name, String body, List<String> members, String type) {
        for (Answer answer : List.of(client.post("/keys/" + name + "/create", body), client.get("/keys/" + name))) {
            JsonObject bundle = answer.ok();
            assertEquals(bundle.encode(), answer.body(), "compact");
            assertEquals(List.of("attributes", "key"), List.copyOf(bundle.fieldNames()));
            JsonObject attributes = bundle.getJsonObject("attributes");
            assertEquals(PLAIN_ATTRIBUTES, List.copyOf(attributes.fieldNames()));
            assertEquals(false, attributes.getBoolean("exportable"));
            assertEquals(90, attributes.getInteger("recoverableDays"));
            assertEquals("Recoverable+Purgeable", attributes.getString("recoveryLevel"));
            assertEquals(attributes.getLong("created"), attributes.getLong("updated"));
            long age = System.currentTimeMillis() / 1000 - attributes.getLong("created");
            assertTrue(age >= 0 && age < 60, "created " + age + " s ago");
            JsonObject key = bundle.getJsonObject("key");
            assertEquals(members, List.copyOf(key.fieldNames()));
            assertEquals(type, key.getString("kty"));
            String id = hsm.url() + "/keys/" + name + "/" + versionOf(bundle);
            assertEquals(id, key.getString("kid"), "with the port that clients use");
            assertTrue(versionOf(bundle).matches("[0-9a-f]{32}"), id);
        }
    }

    @Test
    void showsAttributesAndTagsWhereTheyAre() {
        String body = "{\"kty\":\"EC\",\"crv\":\"P-521\",\"key_ops\":[\"verify\"],"
                + "\"attributes\":{\"nbf\":10,\"exp\":4102444800,\"enabled\":false},\"tags\":{\"z\":\"1\",\"a\":\"ä\"}}";
        JsonObject made = client.post("/keys/everything/create", body).ok();
        JsonObject bundle = client.get("/keys/everything").ok();

        assertEquals(made, bundle);
        assertEquals(List.of("attributes", "key", "tags"), List.copyOf(bundle.fieldNames()));
        JsonObject attributes = bundle.getJsonObject("attributes");
        TreeSet<String> members = new TreeSet<>(PLAIN_ATTRIBUTES);
        members.addAll(List.of("exp", "nbf"));
        assertEquals(List.copyOf(members), List.copyOf(attributes.fieldNames()));
        assertEquals(10, attributes.getInteger("nbf"));
        assertEquals(4102444800L, attributes.getLong("exp"));
        assertEquals(false, attributes.getBoolean("enabled"));
        assertEquals("{\"a\":\"ä\",\"z\":\"1\"}", bundle.getJsonObject("tags").encode(), "alphabetical");
        assertEquals("P-521", bundle.getJsonObject("key").getString("crv"));
        assertEquals(
                List.of("verify"),
                bundle.getJsonObject("key").getJsonArray("key_ops").getList());
    }

    @Test
    void showsItemsOfLists() {
        JsonObject item =
                client.get("/keys?api-version=7.6").ok().getJsonArray("value").getJsonObject(0);
        assertEquals(List.of("attributes", "kid"), List.copyOf(item.fieldNames()));
        assertEquals(
                PLAIN_ATTRIBUTES, List.copyOf(item.getJsonObject("attributes").fieldNames()));
    }

    @Test
    void showsDeletedKeysAndPurgesThemWithoutABody() {
        String name = "gone-" + client.version();
        name = name.replace('_', '-');
        client.create(name, new JsonObject().put("kty", "EC").put("tags", new JsonObject().put("a", "b")));

        JsonObject deleted = client.delete("/keys/" + name).ok();

        assertEquals(
                List.of("attributes", "deletedDate", "key", "recoveryId", "scheduledPurgeDate", "tags"),
                List.copyOf(new TreeSet<>(deleted.fieldNames())));
        assertEquals(
                List.copyOf(new TreeSet<>(deleted.fieldNames())), List.copyOf(deleted.fieldNames()), "alphabetical");
        assertEquals(hsm.url() + "/deletedkeys/" + name, deleted.getString("recoveryId"));
        assertEquals(7_776_000, deleted.getLong("scheduledPurgeDate") - deleted.getLong("deletedDate"));
        assertEquals(deleted, client.get("/deletedkeys/" + name).ok());

        Answer purged = client.delete("/deletedkeys/" + name);
        assertEquals(204, purged.status());
        assertEquals("", purged.body());
        assertFalse(purged.has("content-type"));
        purged.assertSuccessHeaders();
        client.get("/deletedkeys/" + name).refused(404, "KeyNotFound");
    }
}
