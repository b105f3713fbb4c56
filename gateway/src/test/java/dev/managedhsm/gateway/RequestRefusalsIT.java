// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.managedhsm.gateway.fixture.Answer;
import dev.managedhsm.gateway.fixture.RawClient;
import dev.managedhsm.gateway.fixture.RunningHsm;
import io.vertx.core.json.JsonObject;
import java.io.ByteArrayInputStream;
import java.net.http.HttpClient;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.util.Base64;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Requests by the right caller that ask for something that is not there, or in a way that is not the API's. */
@ParameterizedClass
@EnumSource(
        value = HttpClient.Version.class,
        names = {"HTTP_1_1", "HTTP_2"})
class RequestRefusalsIT {
    private static final int BODY_LENGTH_MAX = 64 * 1024;
    private static final String VERSION = "0123456789abcdef0123456789abcdef";
    private static final Map<String, String> VERSIONS = new HashMap<>();

    private static RunningHsm hsm;
    private final RawClient client;

    RequestRefusalsIT(HttpClient.Version version) {
        client = hsm.client(version);
    }

    @BeforeAll
    static void startHsm() {
        hsm = RunningHsm.start();
        create("rsa", new JsonObject().put("kty", "RSA"));
        for (String curve : new String[] {"P-256", "P-384", "P-521", "P-256K"}) {
            create(curve, new JsonObject().put("kty", "EC").put("crv", curve));
        }
        create("oct", new JsonObject().put("kty", "oct"));
    }

    private static void create(String name, JsonObject body) {
        String kid = hsm.client().create(name, body).getJsonObject("key").getString("kid");
        VERSIONS.put(name, kid.substring(kid.lastIndexOf('/') + 1));
    }

    @AfterAll
    static void endHsm() {
        RunningHsm.close(hsm);
    }

    private static String base64(int length) {
        return Base64.getUrlEncoder().withoutPadding().encodeToString(new byte[length]);
    }

    @ParameterizedTest
    @CsvSource({
        "GET, /keys/none, /keys/none",
        "GET, /keys/rsa/" + VERSION + ", /keys/rsa/" + VERSION,
        "GET, /keys/rsa/short, /keys/rsa/short",
        "DELETE, /keys/none, /keys/none",
        "POST, /keys/none/sign, /keys/none",
        "POST, /keys/rsa/" + VERSION + "/sign, /keys/rsa/" + VERSION,
        "GET, /deletedkeys/rsa, /deletedkeys/rsa",
        "DELETE, /deletedkeys/rsa, /deletedkeys/rsa",
        "POST, /deletedkeys/rsa/recover, /deletedkeys/rsa",
    })
    void tellsWhichKeyIsNotThere(String method, String path, String id) {
        BodyPublisher body = BodyPublishers.ofString(
                path.endsWith("sign") ? "{\"alg\":\"RS256\",\"value\":\"" + base64(32) + "\"}" : "");

        Answer answer = client.send(client.request(path).method(method, body));

        assertEquals("Key not found: " + hsm.url() + id, answer.refused(404, "KeyNotFound"));
    }

    @ParameterizedTest
    @CsvSource({"GET, /", "GET, /nothing", "POST, /keys/rsa/v/sign/more", "GET, /key/rsa"})
    void knowsNoOtherPaths(String method, String path) {
        client.send(client.request(path).method(method, BodyPublishers.noBody())).refused(404, "NotFound");
    }

    @ParameterizedTest
    @CsvSource({
        "DELETE, /keys",
        "POST, /keys",
        "POST, /deletedkeys/rsa",
        "PUT, /deletedkeys/rsa",
        "PUT, /deletedkeys/rsa/recover",
        "PUT, /keys/rsa/create",
        "POST, /keys/rsa/juggle"
    })
    void allowsNoOtherMethod(String method, String path) {
        client.send(client.request(path).method(method, BodyPublishers.noBody())).refused(405, "MethodNotAllowed");
    }

    @ParameterizedTest
    @ValueSource(strings = {"?", "?api-version=", "?api-version", "?version=7.6", "?api-version=6.0", "?api-version=7.6x"})
    void demandsAnApiVersionThatItKnows(String query) {
        String sign = "{\"alg\":\"RS256\",\"value\":\"" + base64(32) + "\"}";
        String word = query.contains("api-version=") && !query.endsWith("=") ? "not recognized" : "required";

        assertContains(word, client.get("/keys/rsa" + query).refused(400, "BadParameter"));
        assertContains(word, client.post("/keys/rsa/sign" + query, sign).refused(400, "BadParameter"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"under_score", "dot.ted", "sp%20ace", "%C3%A4", "a%2Fb"})
    void refusesAKeyName(String name) {
        assertContains("name", client.get("/keys/" + name).refused(400, "BadParameter"));
        assertContains("name", client.post("/keys/" + name + "/create", "{\"kty\":\"EC\"}").refused(400, "BadParameter"));
        assertContains("name", client.post("/keys/" + name + "/sign", "{}").refused(400, "BadParameter"));
    }

    @Test
    void refusesAKeyNameOf128Characters() {
        client.get("/keys/" + "a".repeat(127)).refused(404, "KeyNotFound");
        assertContains("name", client.get("/keys/" + "a".repeat(128)).refused(400, "BadParameter"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "no json",
                "[]",
                "\"text\"",
                "null",
                "{",
                "{\"alg\":\"RS256\"",
                "{\"alg\":\"RS256\",}",
                "{\"alg\":\"RS256\"} {}",
                "{'alg':'RS256'}",
                "{\"alg\" \"RS256\"}"
            })
    void refusesABodyThatIsNoJsonObject(String body) {
        client.post("/keys/rsa/sign", body).refused(400, "BadParameter");
        client.post("/keys/new/create", body).refused(400, "BadParameter");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "{\"value\":\"AAAA\"} | 'alg' is required",
                "{\"alg\":\"RS256\"} | 'value' is required",
                "{\"alg\":\"RS256\",\"value\":null} | 'value' is required",
                "{\"alg\":\"rs256\",\"value\":\"AAAA\"} | 'alg' has an unknown",
                "{\"alg\":\"XS256\",\"value\":\"AAAA\"} | 'alg' has an unknown",
                "{\"alg\":\"\",\"value\":\"AAAA\"} | 'alg' has an unknown",
                "{\"alg\":256,\"value\":\"AAAA\"} | 'alg' is not a string",
                "{\"alg\":\"RS256\",\"value\":7} | 'value' is not a string",
                "{\"alg\":\"RS256\",\"value\":[\"AAAA\"]} | 'value' is not a string",
                "{\"alg\":\"RS256\",\"alg\":\"RS256\",\"value\":\"AAAA\"} | 'alg' is given twice",
                "{\"alg\":\"RS256\",\"value\":\"AAAA\",\"value\":\"AAAA\"} | 'value' is given twice",
                "{\"alg\":\"RS256\",\"value\":\"A\"} | 'value' is not base64url",
                "{\"alg\":\"RS256\",\"value\":\"AAA*\"} | 'value' is not base64url",
                "{\"alg\":\"RS256\",\"value\":\"AA AA\"} | 'value' is not base64url",
                "{\"alg\":\"RS256\",\"value\":\"AB\"} | 'value' is not base64url",
                "{\"alg\":\"RS256\",\"value\":\"AAAA====\"} | 'value' is not base64url",
                "{\"alg\":\"RS256\",\"value\":\"\\u0041AAA\"} | 'value' is not base64url"
            })
    void refusesAnOperationBody(String body, String word) {
        assertContains(word, client.post("/keys/rsa/sign", body).refused(400, "BadParameter"));
    }

    @Test
    void demandsTheDigestForVerification() {
        String body = "{\"alg\":\"RS256\",\"value\":\"" + base64(256) + "\"}";
        assertContains("'digest' is required", client.post("/keys/rsa/verify", body).refused(400, "BadParameter"));
    }

    @ParameterizedTest
    @CsvSource({
        "rsa, RS256, 32", "rsa, RS384, 48", "rsa, RS512, 64", "rsa, PS256, 32", "rsa, PS384, 48", "rsa, PS512, 64",
        "P-256, ES256, 32", "P-384, ES384, 48", "P-521, ES512, 64", "P-256K, ES256K, 32",
        "oct, HS256, 32", "oct, HS384, 48", "oct, HS512, 64"
    })
    void refusesADigestOfAnotherLength(String key, String algorithm, int length) {
        for (int wrong : new int[] {0, 20, length - 1, length + 1, length == 32 ? 48 : 32}) {
            String digest = base64(wrong);
            String sign = "{\"alg\":\"" + algorithm + "\",\"value\":\"" + digest + "\"}";
            String verify = "{\"alg\":\"" + algorithm + "\",\"digest\":\"" + digest + "\",\"value\":\"AAAA\"}";
            assertContains("digest", client.post("/keys/" + key + "/sign", sign).refused(400, "BadParameter"));
            assertContains("digest", client.post("/keys/" + key + "/verify", verify).refused(400, "BadParameter"));
        }
        String right = "{\"alg\":\"" + algorithm + "\",\"value\":\"" + base64(length) + "\"}";
        client.post("/keys/" + key + "/" + VERSIONS.get(key) + "/sign", right).ok();
    }

    @ParameterizedTest
    @CsvSource({
        "rsa, sign, ES256", "rsa, sign, HS256", "rsa, encrypt, A256GCM", "rsa, wrapkey, A256KW", "rsa, sign, RSA-OAEP",
        "rsa, encrypt, RS256", "P-256, sign, RS256", "P-256, sign, ES384", "P-256, sign, ES256K", "P-256K, sign, ES256",
        "P-521, sign, ES384", "P-384, encrypt, RSA-OAEP", "oct, encrypt, A128GCM", "oct, encrypt, A192CBC",
        "oct, wrapkey, A128KW", "oct, wrapkey, A256GCM", "oct, encrypt, A256KW", "oct, sign, RS256",
        "oct, encrypt, RSA1_5"
    })
    void refusesAnAlgorithmThatDoesNotFit(String key, String operation, String algorithm) {
        String body = "{\"alg\":\"" + algorithm + "\",\"value\":\"" + base64(32) + "\"}";

        assertContains(
                "algorithm does not fit",
                client.post("/keys/" + key + "/" + operation, body).refused(400, "BadParameter"));
    }

    @ParameterizedTest
    @CsvSource({
        "encrypt, RSA-OAEP, 215", "encrypt, RSA-OAEP-256, 191", "encrypt, RSA1_5, 246", "wrapkey, RSA-OAEP, 215",
        "sign, RSNULL, 246", "sign, RSNULL, 0"
    })
    void refusesAValueThatIsTooLongForTheModulus(String operation, String algorithm, int length) {
        String body = "{\"alg\":\"" + algorithm + "\",\"value\":\"" + base64(length) + "\"}";
        assertContains("length", client.post("/keys/rsa/" + operation, body).refused(400, "BadParameter"));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "encrypt | A256CBC | 15 | 16",
                "encrypt | A256CBC | 0 | 16",
                "decrypt | A256CBC | 17 | 16",
                "encrypt | A256CBC | 16 | 12",
                "encrypt | A256CBCPAD | 16 | 0",
                "encrypt | A256GCM | 16 | 12",
                "decrypt | A256GCM | 16 | 12",
                "wrapkey | A256KW | 12 | 0",
                "wrapkey | A256KW | 8 | 0",
                "unwrapkey | A256KW | 20 | 0",
                "wrapkey | CKM_AES_KEY_WRAP_PAD | 0 | 0"
            })
    void refusesLengthsThatAesCannotTake(String operation, String algorithm, int value, int iv) {
        String vector = iv == 0 ? "" : ",\"iv\":\"" + base64(iv) + "\"";
        String body = "{\"alg\":\"" + algorithm + "\",\"value\":\"" + base64(value) + "\"" + vector + "}";
        client.post("/keys/oct/" + operation, body).refused(400, "BadParameter");
    }

    @Test
    void refusesAValueLongerThanAnOperationTakes() {
        String longest = "{\"alg\":\"A256GCM\",\"value\":\"" + base64(8192) + "\"}";
        String longer = "{\"alg\":\"A256GCM\",\"value\":\"" + base64(8193) + "\"}";
        client.post("/keys/oct/encrypt", longest).ok();
        assertContains("8192", client.post("/keys/oct/encrypt", longer).refused(400, "BadParameter"));
    }

    @Test
    void refusesABodyBeyondTheLimit() {
        String start = "{\"alg\":\"RS256\",\"value\":\"" + base64(32) + "\"";
        String longest = start + " ".repeat(BODY_LENGTH_MAX - start.length() - 1) + "}";
        String longer = longest + " ";

        client.post("/keys/rsa/sign", longest).ok();
        assertContains("65536", client.post("/keys/rsa/sign", longer).refused(413, "RequestBodyTooLarge"));
        client.post("/keys/new/create", longer).refused(413, "RequestBodyTooLarge");
    }

    @Test
    void refusesABodyBeyondTheLimitWhoseLengthIsNotTold() {
        String start = "{\"alg\":\"RS256\",\"value\":\"" + base64(32) + "\"";
        String longest = start + " ".repeat(BODY_LENGTH_MAX - start.length() - 1) + "}";

        client.send(client.posting("/keys/rsa/sign", streamed(longest))).ok();
        client.send(client.posting("/keys/rsa/sign", streamed(longest + " "))).refused(413, "RequestBodyTooLarge");
        client.send(client.posting("/keys/new/create", streamed(longest + " ".repeat(100_000))))
                .refused(413, "RequestBodyTooLarge");
        client.post("/keys/rsa/sign", longest).ok();
    }

    /** Chunked in HTTP/1.1, and without content-length in HTTP/2. */
    private static BodyPublisher streamed(String body) {
        return BodyPublishers.ofInputStream(() -> new ByteArrayInputStream(body.getBytes(US_ASCII)));
    }

    private static void assertContains(String word, String message) {
        assertTrue(message.contains(word), message);
    }
}
