// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.managedhsm.auth.role.DataAction;
import dev.managedhsm.gateway.fixture.Answer;
import dev.managedhsm.gateway.fixture.ForeignKeys;
import dev.managedhsm.gateway.fixture.RawClient;
import dev.managedhsm.gateway.fixture.RunningHsm;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.math.BigInteger;
import java.net.http.HttpClient;
import java.net.http.HttpRequest.BodyPublishers;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Keys in the clear that are not let in; each leaves nothing behind. */
class ImportRefusalsIT {
    private static final String RSA = "rfc7515-a2";
    private static final String EC = "rfc7515-a3";
    private static final String OCT = "rfc7517-a3-aes";

    private static RunningHsm hsm;
    private static RawClient client;

    @BeforeAll
    static void startHsm() {
        hsm = RunningHsm.start();
        client = hsm.client(HttpClient.Version.HTTP_1_1);
    }

    @AfterAll
    static void endHsm() {
        RunningHsm.end(hsm);
    }

    /** A published key with something changed, and a word of the refusal. */
    private record Bad(String key, Consumer<JsonObject> change, String word) {}

    @TestFactory
    Stream<DynamicTest> refusesKeysThatAreNotWhatTheyShouldBe() {
        Map<String, Bad> bad = new LinkedHashMap<>();
        for (String member : new String[] {"n", "e", "d", "p", "q", "dp", "dq", "qi"}) {
            bad.put("RSA without " + member, new Bad(RSA, jwk -> jwk.remove(member), "'" + member + "' is required"));
            bad.put(
                    "RSA with null " + member,
                    new Bad(RSA, jwk -> jwk.putNull(member), "'" + member + "' is required"));
            bad.put(
                    "RSA with " + member + " no base64",
                    new Bad(RSA, jwk -> jwk.put(member, "*"), "'" + member + "' is empty or not base64url"));
            bad.put(
                    "RSA with " + member + " empty",
                    new Bad(RSA, jwk -> jwk.put(member, ""), "'" + member + "' is empty or not base64url"));
            bad.put("RSA with " + member + " a number", new Bad(RSA, jwk -> jwk.put(member, 1), "is not a string"));
            bad.put(
                    "RSA with zero bytes before " + member,
                    new Bad(RSA, jwk -> pad(jwk, member, 3), "'" + member + "' is not a number in its canonical form"));
        }
        for (String member : new String[] {"crv", "x", "y", "d"}) {
            String word = member.equals("crv") ? "'crv' has an unknown" : "'" + member + "' is required";
            bad.put("EC without " + member, new Bad(EC, jwk -> jwk.remove(member), word));
        }
        for (String member : new String[] {"x", "y", "d"}) {
            bad.put(
                    "EC with zero bytes before " + member,
                    new Bad(EC, jwk -> pad(jwk, member, 2), "'" + member + "' is not a number in its canonical form"));
        }
        numbers(bad);
        shapes(bad);
        return bad.entrySet().stream().map(one -> dynamicTest(one.getKey(), () -> refused(one.getValue())));
    }

    private static void numbers(Map<String, Bad> bad) {
        bad.put("n even", new Bad(RSA, jwk -> add(jwk, "n", 1), "'n' is not the product"));
        bad.put("n short", new Bad(RSA, jwk -> jwk.put("n", number(BigInteger.TWO.pow(1023))), "size: '1024'"));
        bad.put("n odd size", new Bad(RSA, jwk -> jwk.put("n", number(BigInteger.TWO.pow(2046))), "size: '2047'"));
        bad.put("n huge", new Bad(RSA, jwk -> jwk.put("n", number(BigInteger.TWO.pow(8191))), "size: '8192'"));
        bad.put("e one", new Bad(RSA, jwk -> jwk.put("e", "AQ"), "'e' must be odd"));
        bad.put("e three", new Bad(RSA, jwk -> jwk.put("e", "Aw"), "'e' must be odd"));
        bad.put("e even", new Bad(RSA, jwk -> add(jwk, "e", 1), "'e' must be odd"));
        bad.put("e as long as n", new Bad(RSA, jwk -> jwk.put("e", jwk.getString("n")), "'e' must be odd"));
        bad.put("e longer than n", new Bad(RSA, jwk -> jwk.put("e", number(BigInteger.TWO.pow(3000))), "'e' is not"));
        bad.put("d tiny", new Bad(RSA, jwk -> jwk.put("d", "Aw"), "'d' is too small"));
        bad.put("d zero", new Bad(RSA, jwk -> jwk.put("d", "AA"), "'d' is too small"));
        bad.put("d other", new Bad(RSA, jwk -> add(jwk, "d", 2), "'d' does not belong to 'e'"));
        bad.put("d too long", new Bad(RSA, jwk -> jwk.put("d", number(BigInteger.TWO.pow(5000))), "'d' is too long"));
        bad.put("p = q", new Bad(RSA, jwk -> jwk.put("p", jwk.getString("q")), "too close"));
        bad.put("p one", new Bad(RSA, jwk -> jwk.put("p", "AQ"), "half as many bits"));
        bad.put("p longer", new Bad(RSA, jwk -> jwk.put("p", jwk.getString("n")), "'p' is not a number"));
        bad.put("dp other", new Bad(RSA, jwk -> add(jwk, "dp", 2), "'dp' or 'dq'"));
        bad.put("dq other", new Bad(RSA, jwk -> add(jwk, "dq", 2), "'dp' or 'dq'"));
        bad.put("qi other", new Bad(RSA, jwk -> add(jwk, "qi", 1), "'qi' does not"));
        bad.put("p and q swapped", new Bad(RSA, ImportRefusalsIT::swap, "'dp' or 'dq'"));
        byte[] ones = new byte[32];
        Arrays.fill(ones, (byte) -1);
        bad.put("x above the prime", new Bad(EC, jwk -> jwk.put("x", ForeignKeys.base64(ones)), "below the prime"));
        bad.put("y changed", new Bad(EC, jwk -> add(jwk, "y", 1), "not a point on the curve"));
        bad.put("the origin", new Bad(EC, jwk -> jwk.put("x", "AA").put("y", "AA"), "not a point on the curve"));
        bad.put("d of EC zero", new Bad(EC, jwk -> jwk.put("d", "AA"), "'d' is zero"));
        bad.put("d above the order", new Bad(EC, jwk -> jwk.put("d", ForeignKeys.base64(ones)), "'d' is zero"));
        bad.put("d of another point", new Bad(EC, jwk -> add(jwk, "d", 1), "'d' does not belong to 'x'"));
        bad.put("another curve", new Bad(EC, jwk -> jwk.put("crv", "P-256K"), "not a point on the curve"));
        bad.put("a larger curve", new Bad(EC, jwk -> jwk.put("crv", "P-384"), "not a point on the curve"));
        bad.put(
                "a smaller curve",
                new Bad(EC, jwk -> jwk.put("x", jwk.getString("x") + "AAAA"), "'x' is not a number"));
        bad.put("HMAC key of 64 bytes", new Bad("rfc7517-a3-hmac", jwk -> {}, "Invalid key size: '512'"));
        bad.put(
                "k of 65 bytes",
                new Bad(OCT, jwk -> jwk.put("k", ForeignKeys.base64(new byte[65])), "maximum size is 64"));
        bad.put("k of 8 bytes", new Bad(OCT, jwk -> jwk.put("k", ForeignKeys.base64(new byte[8])), "size: '64'"));
        bad.put("k of 17 bytes", new Bad(OCT, jwk -> jwk.put("k", ForeignKeys.base64(new byte[17])), "size: '136'"));
    }

    private static void shapes(Map<String, Bad> bad) {
        bad.put("no kty", new Bad(EC, jwk -> jwk.remove("kty"), "'kty' is required"));
        bad.put("OKP", new Bad(EC, jwk -> jwk.put("kty", "OKP"), "'kty' has an unknown"));
        bad.put("RSA as EC", new Bad(RSA, jwk -> jwk.put("kty", "EC"), "'crv' has an unknown"));
        bad.put("EC as oct", new Bad(EC, jwk -> jwk.put("kty", "oct"), "'k' is required"));
        bad.put("RSA and k", new Bad(RSA, jwk -> jwk.put("k", "AAAA"), "'k' does not belong"));
        bad.put("EC and p", new Bad(EC, jwk -> jwk.put("p", "AAAA"), "'p' does not belong"));
        bad.put("oct and d", new Bad(OCT, jwk -> jwk.put("d", "AAAA"), "'d' does not belong"));
        bad.put("three primes", new Bad(RSA, jwk -> jwk.put("oth", new JsonArray()), "'oth' is not supported"));
        bad.put("wrapped and clear", new Bad(RSA, jwk -> jwk.put("key_hsm", "e30"), "does not belong"));
        bad.put("operation of another type", new Bad(EC, jwk -> operations(jwk, "encrypt"), "'key_ops' holds"));
        bad.put("operation import", new Bad(RSA, jwk -> operations(jwk, "import"), "must be created, not imported"));
        bad.put("operation export", new Bad(RSA, jwk -> operations(jwk, "export"), "only for exportable"));
        bad.put("crv as a number", new Bad(EC, jwk -> jwk.put("crv", 256), "'crv' is not a string"));
    }

    private static void operations(JsonObject jwk, String operation) {
        jwk.put("key_ops", new JsonArray().add(operation));
    }

    private static void swap(JsonObject jwk) {
        String p = jwk.getString("p");
        jwk.put("p", jwk.getString("q")).put("q", p);
    }

    private static void pad(JsonObject jwk, String member, int zeroes) {
        byte[] digits = ForeignKeys.bytes(jwk, member);
        byte[] padded = new byte[digits.length + zeroes];
        System.arraycopy(digits, 0, padded, zeroes, digits.length);
        jwk.put(member, ForeignKeys.base64(padded));
    }

    private static void add(JsonObject jwk, String member, int what) {
        jwk.put(member, number(new BigInteger(1, ForeignKeys.bytes(jwk, member)).add(BigInteger.valueOf(what))));
    }

    private static String number(BigInteger number) {
        return ForeignKeys.base64(number);
    }

    private static void refused(Bad bad) {
        JsonObject jwk = ForeignKeys.jwk(bad.key());
        bad.change().accept(jwk);
        nothingCameOf(client.put("/keys/refused", ForeignKeys.body(jwk)), bad.word());
    }

    private static void nothingCameOf(Answer answer, String word) {
        String message = answer.refused(400, "BadParameter");
        assertTrue(message.contains(word), message);
        client.get("/keys/refused").refused(404, "KeyNotFound");
        assertEquals(
                0,
                client.get("/keys/refused/versions").ok().getJsonArray("value").size());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "[]",
                "{",
                "{}}",
                "{\"key\":1}",
                "{\"key\":null}",
                "{\"key\":[]}",
                "{\"key\":{\"kty\":\"EC\"}",
                "{\"key\":{\"kty\":\"EC\",\"d\":\"AA}}",
                "{\"tags\":{}}",
                "{\"key\":{\"kty\":tru}}",
                "{\"key\":{\"kty\":\"EC\"},\"key\":{\"kty\":\"EC\"}}",
                "{\"key\":{\"kty\":\"oct\",\"k\":\"AAAA\",\"k\":\"AAAA\"}}"
            })
    void refusesBodiesOfAnotherShape(String body) {
        Answer answer = client.send(client.request("/keys/refused")
                .header("content-type", "application/json")
                .PUT(BodyPublishers.ofString(body)));
        nothingCameOf(answer, "");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{\"Hsm\":\"yes\"} | 'Hsm' is not true or false",
                "{\"tags\":{\"a\":1}} | 'tags' holds",
                "{\"attributes\":{\"nbf\":2,\"exp\":1}} | 'exp' must be after",
                "{\"attributes\":{\"exportable\":true}} | must have release policy",
                "{\"attributes\":{\"external_key\":{\"id\":\"a\"}}} | no external key manager",
                "{\"tags\":{\"\":\"\"}} | name is not empty"
            })
    void refusesWhatCannotBeSaidOfAKey(String more, String word) {
        JsonObject body = ForeignKeys.body(ForeignKeys.jwk(EC)).mergeIn(new JsonObject(more));
        nothingCameOf(client.put("/keys/refused", body), word);
    }

    /** A name written with an escape is another name: what it holds is skipped and never reaches the heap. */
    @Test
    void knowsASecretByItsPlainNameOnly() {
        String body = ForeignKeys.body(ForeignKeys.jwk(EC)).encode().replace("\"d\":", "\"\\u0064\":");
        Answer answer = client.send(client.request("/keys/refused")
                .header("content-type", "application/json")
                .PUT(BodyPublishers.ofString(body)));
        nothingCameOf(answer, "'d' is required");
    }

    @Test
    void keepsTheNameOfADeletedKey() {
        client.create("deleted", new JsonObject().put("kty", "EC"));
        client.delete("/keys/deleted").ok();
        client.put("/keys/deleted", ForeignKeys.body(ForeignKeys.jwk(EC))).refused(409, "Conflict");
    }

    @Test
    void refusesCallersWithoutTheRight() {
        Answer answer = client.send(client.bare("/keys/refused")
                .header(
                        "authorization",
                        "Bearer "
                                + hsm.token()
                                        .claim("oid", "99999999-0000-4000-8000-000000000009")
                                        .text())
                .PUT(BodyPublishers.ofString(
                        ForeignKeys.body(ForeignKeys.jwk(EC)).encode())));
        String message = answer.refused(403, "AccessDenied");
        assertTrue(message.contains(DataAction.KEYS_IMPORT.text()), message);
    }
}
