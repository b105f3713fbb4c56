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
import java.net.http.HttpRequest.BodyPublishers;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The forms that clients send, and the exact form of what they get. */
@ParameterizedClass
@EnumSource(
        value = HttpClient.Version.class,
        names = {"HTTP_1_1", "HTTP_2"})
class WireFormsIT {
    private static final String DIGEST = "A".repeat(43);
    private static final List<String> PLAIN_ATTRIBUTES =
            List.of("created", "enabled", "exportable", "recoverableDays", "recoveryLevel", "updated");

    private static RunningHsm hsm;
    private static String oldVersion = "";
    private static String version = "";
    private final RawClient client;

    WireFormsIT(HttpClient.Version http) {
        client = hsm.client(http);
    }

    @BeforeAll
    static void startHsm() {
        hsm = RunningHsm.start();
        oldVersion = versionOf(hsm.client().create("Mixed-Case", new JsonObject().put("kty", "oct")));
        version = versionOf(hsm.client().create("Mixed-Case", new JsonObject().put("kty", "oct")));
    }

    private static String versionOf(JsonObject bundle) {
        String kid = bundle.getJsonObject("key").getString("kid");
        return kid.substring(kid.lastIndexOf('/') + 1);
    }

    @AfterAll
    static void endHsm() {
        RunningHsm.close(hsm);
    }

    private static String kid(String keyVersion) {
        return hsm.url() + "/keys/Mixed-Case/" + keyVersion;
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/keys/Mixed-Case?api-version=7.6",
                "/keys/Mixed-Case/?api-version=7.6",
                "/keys/mixed-CASE/?api-version=7.6",
                "/Keys/Mixed-Case?api-version=7.6",
                "/keys/Mixed-Case/VERSION?api-version=7.6",
                "/keys/Mixed-Case/VERSION/?api-version=7.6",
                "/keys/Mixed-Case?api%2Dversion=7.6",
                "/keys/Mixed-Case?api%2dversion=7%2E6",
                "/keys/Mixed-Case?other=1&api-version=7.6",
                "/keys/Mixed-Case?api-version=7.6&other=1",
                "/keys/Mixed-Case?api-version=7.0",
                "/keys/Mixed-Case?api-version=7.4-preview.1",
                "/keys/Mixed-Case?api-version=2025-07-01",
                "/keys/Mixed-Case?api-version=2026-04-01"
            })
    void getsTheCurrentVersion(String path) {
        JsonObject bundle = client.get(path.replace("VERSION", version)).ok();

        assertEquals(kid(version), bundle.getJsonObject("key").getString("kid"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/keys/Mixed-Case/sign",
                "/keys/Mixed-Case//sign",
                "/keys/Mixed-Case/VERSION/sign",
                "/keys/MIXED-case/VERSION/sign",
                "/keys/Mixed-Case/VERSION/SIGN",
                "/keys/Mixed-Case//Sign",
                "/keys/Mixed-Case/VERSION/sign/",
                "/KEYS/Mixed-Case/VERSION/sign",
                "/keys/Mixed-Case//sign?api%2Dversion=7.6"
            })
    void signsWithTheCurrentVersion(String path) {
        String body = "{\"alg\":\"HS256\",\"value\":\"" + DIGEST + "\"}";

        JsonObject signed = client.post(path.replace("VERSION", version), body).ok();

        assertEquals(kid(version), signed.getString("kid"));
        String verify = "{\"alg\":\"HS256\",\"digest\":\"" + DIGEST + "\",\"value\":\"" + signed.getString("value") + "\"}";
        assertTrue(client.post("/keys/mixed-case/" + version + "/verify", verify).ok().getBoolean("value"));
        assertFalse(client.post("/keys/mixed-case/" + oldVersion + "/verify", verify).ok().getBoolean("value"));
    }

    @ParameterizedTest
    @CsvSource({
        "wrapkey, unwrapkey", "wrapKey, unwrapKey", "WRAPKEY, UNWRAPKEY"
    })
    void wrapsInAnyCase(String wrap, String unwrap) {
        JsonObject wrapped = client.post(
                        "/keys/Mixed-Case/" + wrap, "{\"alg\":\"A256KW\",\"value\":\"" + "B".repeat(64) + "\"}")
                .ok();
        assertEquals(List.of("alg", "kid", "value"), List.copyOf(wrapped.fieldNames()));
        JsonObject unwrapped = client.post(
                        "/keys/Mixed-Case/" + unwrap,
                        new JsonObject().put("alg", "A256KW").put("value", wrapped.getString("value")))
                .ok();
        assertEquals("B".repeat(64), unwrapped.getString("value"));
    }

    @Test
    void usesTheVersionThatIsNamed() {
        String body = "{\"alg\":\"HS256\",\"value\":\"" + DIGEST + "\"}";
        String named = client.post("/keys/Mixed-Case/" + oldVersion.toUpperCase(java.util.Locale.ROOT) + "/sign", body)
                .ok()
                .getString("kid");
        assertEquals(kid(oldVersion), named);
    }

    @ParameterizedTest
    @ValueSource(strings = {"/keys", "/keys/", "/Keys", "/keys/Mixed-Case/versions", "/keys/Mixed-Case/versions/"})
    void lists(String path) {
        assertFalse(client.get(path).ok().getJsonArray("value").isEmpty());
    }

    @ParameterizedTest
    @ValueSource(strings = {"/deletedkeys", "/deletedkeys/", "/deletedKeys", "/DeletedKeys"})
    void listsDeletedKeys(String path) {
        client.get(path).ok().getJsonArray("value");
    }

    @Test
    void listsNoVersionsOfAKeyThatIsNotThere() {
        assertEquals("{\"value\":[]}", client.get("/keys/none/versions").body());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "-_-_ | +/+/",
                "AQ | AQ==",
                "AQI | AQI=",
                "`` | ``",
            })
    void takesBase64OfEveryKind(String url, String standard) {
        for (String aad : new String[] {url, standard}) {
            JsonObject sealed = client.post(
                            "/keys/Mixed-Case/encrypt",
                            new JsonObject().put("alg", "A256GCM").put("value", aad).put("aad", aad))
                    .ok();
            JsonObject opened = client.post(
                            "/keys/Mixed-Case/decrypt",
                            new JsonObject()
                                    .put("alg", "A256GCM")
                                    .put("value", sealed.getString("value"))
                                    .put("iv", sealed.getString("iv"))
                                    .put("tag", sealed.getString("tag"))
                                    .put("aad", url))
                    .ok();
            assertEquals(url, opened.getString("value"));
        }
    }

    @Test
    void passesOverMembersThatMeanNothingHere() {
        String body = "\r\n{ \"kid\" : \"x\", \"alg\" : \"HS256\" ,\"iv\":null, \"nested\":{\"value\":[{},\"]\",true,-1.5e3]},\t"
                + "\"value\":\"" + DIGEST + "\" } ";
        String plain = "{\"alg\":\"HS256\",\"value\":\"" + DIGEST + "\"}";
        assertEquals(
                client.post("/keys/Mixed-Case/sign", plain).ok(),
                client.post("/keys/Mixed-Case/sign", body).ok());
    }

    @ParameterizedTest
    @ValueSource(strings = {"maxresults=2", "maxresults=3", "maxresults=1"})
    void pagesThroughAListWithoutLosingAnything(String query) {
        for (int i = 0; i < 5; i++) {
            if (client.get("/keys/paged-" + i).status() == 404) {
                client.create("paged-" + i, new JsonObject().put("kty", "oct"));
            }
        }
        List<String> whole = kids(client.get("/keys").ok());
        assertTrue(whole.size() >= 6);
        List<String> paged = new java.util.ArrayList<>();
        int size = query.charAt(query.length() - 1) - '0';
        JsonObject page = client.get("/keys?" + query + "&api-version=2025-07-01").ok();
        while (page.containsKey("nextLink")) {
            assertEquals(size, page.getJsonArray("value").size());
            paged.addAll(kids(page));
            String link = page.getString("nextLink");
            assertTrue(link.startsWith(hsm.url() + "/keys?"), link);
            assertTrue(link.contains("api-version=2025-07-01"), link);
            assertTrue(link.contains("$skiptoken=") && link.contains("maxresults=" + size), link);
            page = client.get(link.substring(hsm.url().length())).ok();
        }
        paged.addAll(kids(page));
        assertEquals(whole, paged);
    }

    private static List<String> kids(JsonObject page) {
        return page.getJsonArray("value").stream()
                .map(item -> ((JsonObject) item).getString("kid"))
                .toList();
    }

    @Test
    void pagesThroughVersions() {
        JsonObject first = client.get("/keys/mixed-case/versions?maxresults=1&api-version=7.6").ok();
        JsonObject second = client.get(first.getString("nextLink").substring(hsm.url().length())).ok();

        assertFalse(second.containsKey("nextLink"));
        Set<String> found = new HashSet<>(kids(first));
        found.addAll(kids(second));
        assertEquals(Set.of(kid(version), kid(oldVersion)), found);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"maxresults=0", "maxresults=26", "maxresults=-1", "maxresults=x", "maxresults=", "$skiptoken=%2A"})
    void refusesAPageThatCannotBe(String query) {
        client.get("/keys?api-version=7.6&" + query).refused(400, "BadParameter");
        client.get("/keys/Mixed-Case/versions?api-version=7.6&" + query).refused(400, "BadParameter");
        client.get("/deletedkeys?api-version=7.6&" + query).refused(400, "BadParameter");
    }

    @Test
    void givesBackTheClientsRequestIdWhenAsked() {
        String id = "0f8fad5b-d9cb-469f-a165-70867728950e";
        Answer asked = client.send(client.request("/keys/Mixed-Case")
                .header("x-ms-client-request-id", id)
                .header("x-ms-return-client-request-id", "true")
                .GET());
        Answer refused = client.send(client.request("/keys/none")
                .header("x-ms-client-request-id", id)
                .header("x-ms-return-client-request-id", "true")
                .GET());
        Answer notAsked = client.send(client.request("/keys/Mixed-Case")
                .header("x-ms-client-request-id", id)
                .GET());

        assertEquals(id, asked.header("x-ms-client-request-id"));
        assertEquals(id, refused.header("x-ms-client-request-id"));
        assertFalse(notAsked.has("x-ms-client-request-id"));
    }

    @Test
    void givesEveryRequestAnIdOfItsOwn() {
        Set<String> ids = new HashSet<>();
        for (int i = 0; i < 100; i++) {
            ids.add(client.get("/keys/none").header("x-ms-request-id"));
        }
        assertEquals(100, ids.size());
    }

    @Test
    void showsPlainKeysExactly() {
        exactly("rsa", "{\"kty\":\"RSA\"}", List.of("e", "key_ops", "kid", "kty", "n"), "RSA-HSM");
        exactly("ec", "{\"kty\":\"EC\"}", List.of("crv", "key_ops", "kid", "kty", "x", "y"), "EC-HSM");
        exactly("oct", "{\"kty\":\"oct\"}", List.of("key_ops", "kid", "kty"), "oct-HSM");
    }

    private void exactly(String name, String body, List<String> members, String type) {
        for (Answer answer :
                List.of(client.post("/keys/" + name + "/create", body), client.get("/keys/" + name))) {
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
        assertEquals(new JsonObject().put("z", "1").put("a", "ä"), bundle.getJsonObject("tags"));
        assertEquals("P-521", bundle.getJsonObject("key").getString("crv"));
        assertEquals(List.of("verify"), bundle.getJsonObject("key").getJsonArray("key_ops").getList());
    }

    @Test
    void showsItemsOfLists() {
        JsonObject item = client.get("/keys?api-version=7.6").ok().getJsonArray("value").getJsonObject(0);
        assertEquals(List.of("attributes", "kid"), List.copyOf(item.fieldNames()));
        assertTrue(item.getString("kid").matches(hsm.url() + "/keys/[0-9a-zA-Z-]+"), item.getString("kid"));
        assertEquals(PLAIN_ATTRIBUTES, List.copyOf(item.getJsonObject("attributes").fieldNames()));
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

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "sign | HS256 | kid value",
                "encrypt | A256GCM | alg iv kid tag value",
                "encrypt+aad | A256GCM | aad alg iv kid tag value",
                "encrypt+iv | A256CBCPAD | alg iv kid value",
                "wrapkey | CKM_AES_KEY_WRAP_PAD | alg kid value"
            })
    void answersOperationsExactly(String what, String algorithm, String members) {
        JsonObject body = new JsonObject().put("alg", algorithm).put("value", DIGEST);
        if (what.endsWith("+aad")) {
            body.put("aad", "AQID");
        }
        if (what.endsWith("+iv")) {
            body.put("iv", "A".repeat(22));
        }
        Answer answer = client.post("/keys/Mixed-Case/" + what.split("\\+", -1)[0], body);

        JsonObject json = answer.ok();
        assertEquals(json.encode(), answer.body(), "compact");
        assertEquals(List.of(members.split(" ", -1)), List.copyOf(json.fieldNames()));
        assertEquals(kid(version), json.getString("kid"));
    }

    @Test
    void answersVerificationWithOneWord() {
        String wrong = "{\"alg\":\"HS256\",\"digest\":\"" + DIGEST + "\",\"value\":\"" + DIGEST + "\"}";
        assertEquals("{\"value\":false}", client.post("/keys/Mixed-Case/verify", wrong).body());
    }

    @Test
    void takesAnEmptyBodyWhereNoneIsNeeded() {
        client.create("empty-body", new JsonObject().put("kty", "EC"));
        client.send(client.request("/keys/empty-body").method("DELETE", BodyPublishers.ofString("{}"))).ok();
        client.send(client.request("/deletedkeys/empty-body/recover").POST(BodyPublishers.noBody())).ok();
    }
}
