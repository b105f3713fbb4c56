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
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Versions of the API that are spoken, and the headers of every kind of answer. */
@ParameterizedClass
@EnumSource(
        value = HttpClient.Version.class,
        names = {"HTTP_1_1", "HTTP_2"})
class ApiVersionsIT {
    private static final String SIGN = "{\"alg\":\"HS256\",\"value\":\"" + "A".repeat(43) + "\"}";
    private static final String CLIENT_ID = "9f3c1a52-7d5e-4b68-8a8e-0c5b1f2d3e4f";

    private static RunningHsm hsm;
    private final RawClient client;

    ApiVersionsIT(HttpClient.Version version) {
        client = hsm.client(version);
    }

    @BeforeAll
    static void startHsm() {
        hsm = RunningHsm.start();
        hsm.client().create("k", new JsonObject().put("kty", "oct"));
    }

    @AfterAll
    static void endHsm() {
        RunningHsm.end(hsm);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "7.0",
                "7.1",
                "7.2",
                "7.3",
                "7.4",
                "7.5",
                "7.6",
                "2025-07-01",
                "2026-04-01",
                "7.2-preview",
                "7.3-preview",
                "7.4-preview.1",
                "7.5-preview.1",
                "7.6-preview.1",
                "7.6-preview.2",
                "2026-01-01-preview",
                "2026-03-01-preview",
                "2026-05-01-preview",
                "2026-07-01-preview"
            })
    void speaksAVersion(String version) {
        client.get("/keys?api-version=" + version).ok();
        client.get("/keys/k?api-version=" + version).ok();
        client.post("/keys/k/sign?api-version=" + version, SIGN).ok();
        client.get("/deletedkeys?maxresults=1&api-version=" + version).ok();
        String nextLink = hsm.client()
                        .create("l", new JsonObject().put("kty", "oct"))
                        .isEmpty()
                ? ""
                : client.get("/keys?maxresults=1&api-version=" + version).ok().getString("nextLink");
        assertTrue(nextLink.contains("?api-version=" + version + "&"), nextLink);
    }

    @ParameterizedTest
    @CsvSource({
        "?, required",
        "?api-version=, required",
        "?api-version, required",
        "?version=7.6, required",
        "?api-version=7, not recognized",
        "?api-version=7.7, not recognized",
        "?api-version=6.9, not recognized",
        "?api-version=2016-10-01, not recognized",
        "?api-version=2026-04-02, not recognized",
        "?api-version=2026-04-01-preview, not recognized",
        "?api-version=%377.6, not recognized",
        "?api-version=7.6%20, not recognized",
        "?api-version=latest, not recognized"
    })
    void speaksNoOther(String query, String word) {
        List<Answer> answers = List.of(
                client.get("/keys" + query),
                client.get("/keys/k" + query),
                client.get("/keys/k/versions" + query),
                client.get("/deletedkeys" + query),
                client.get("/deletedkeys/k" + query),
                client.delete("/keys/k" + query),
                client.delete("/deletedkeys/k" + query),
                client.post("/deletedkeys/k/recover" + query, ""),
                client.post("/keys/n/create" + query, "{\"kty\":\"oct\"}"),
                client.post("/keys/k/sign" + query, SIGN));
        for (Answer answer : answers) {
            String message = answer.refused(400, "BadParameter");
            assertTrue(message.contains(word), message);
        }
        client.get("/keys/n").refused(404, "KeyNotFound");
    }

    @Test
    void givesEveryAnswerItsHeaders() {
        client.get("/keys/k").ok();
        client.get("/keys").ok();
        client.post("/keys/k/sign", SIGN).ok();
        client.create("d", new JsonObject().put("kty", "oct"));
        client.delete("/keys/d").ok();
        Answer purged = client.delete("/deletedkeys/d");
        assertEquals(204, purged.status());
        purged.assertSuccessHeaders();
        assertFalse(purged.has("content-type"));

        // refused() looks for the standard headers, and for region and network info not to be there
        client.get("/keys/none").refused(404, "KeyNotFound");
        client.get("/nothing").refused(404, "NotFound");
        client.delete("/keys").refused(405, "MethodNotAllowed");
        client.get("/keys?maxresults=0&api-version=7.6").refused(400, "BadParameter");
        client.post("/keys/k/sign", "{}").refused(400, "BadParameter");
        client.post("/keys/k/sign", "x".repeat(70_000)).refused(413, "RequestBodyTooLarge");
        client.send(client.bare("/keys").GET()).refused(401, "Unauthorized");
    }

    @Test
    void namesTheChallengeToNobodyElse() {
        assertEquals(hsm.challenge(), client.send(client.bare("/keys/k").GET()).header("www-authenticate"));
        for (Answer answer :
                List.of(client.get("/keys/k"), client.get("/keys/none"), client.post("/keys/k/sign", SIGN))) {
            assertFalse(answer.has("www-authenticate"));
            assertFalse(answer.has("x-ms-keyvault-service-version"), "a vault's header");
            assertFalse(answer.has("x-powered-by"));
        }
    }

    @ParameterizedTest
    @CsvSource({"true, true", "True, true", "false, false", "1, false"})
    void givesBackTheClientsIdIfAsked(String asked, boolean given) {
        for (String path : List.of("/keys/k", "/keys", "/keys/none", "/nothing", "/keys/k?api-version=0")) {
            assertGiven(given, client.send(withId(path, asked).GET()));
        }
        assertGiven(given, client.send(withId("/keys/k/sign", asked).POST(BodyPublishers.ofString(SIGN))));
        assertGiven(given, client.send(withId("/keys/k/sign", asked).POST(BodyPublishers.ofString("{}"))));
    }

    private HttpRequest.Builder withId(String path, String asked) {
        return client.request(path)
                .header("x-ms-client-request-id", CLIENT_ID)
                .header("x-ms-return-client-request-id", asked);
    }

    private static void assertGiven(boolean given, Answer answer) {
        assertEquals(given, answer.has("x-ms-client-request-id"));
        if (given) {
            assertEquals(CLIENT_ID, answer.header("x-ms-client-request-id"));
        }
    }

    @Test
    void paysNoHeedToAHeaderThatNamesAnotherMethod() {
        client.send(client.request("/keys/k").header("x-http-method", "DELETE").POST(BodyPublishers.noBody()))
                .refused(405, "MethodNotAllowed");
        client.get("/keys/k").ok();
    }
}
