// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.managedhsm.gateway.fixture.ForeignKeys;
import dev.managedhsm.gateway.fixture.PublicKeys;
import dev.managedhsm.gateway.fixture.RawClient;
import dev.managedhsm.gateway.fixture.RunningHsm;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.net.http.HttpClient;
import java.nio.charset.StandardCharsets;
import java.security.KeyPair;
import java.security.PublicKey;
import java.util.Arrays;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Locale;
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

/** Keys that come wrapped under a key of this HSM. */
class TransferIT {
    private static final byte[] MESSAGE = "wrapped elsewhere".getBytes(StandardCharsets.UTF_8);
    private static final String NOT_OPENED =
            "Transfer blob: the ciphertext cannot be opened with the key that 'kid' names, or holds no key of the type"
                    + " that the request names";

    private static RunningHsm hsm;
    private static RawClient client;
    private static String exchangeId;
    private static PublicKey exchange;

    @BeforeAll
    static void startHsm() {
        hsm = RunningHsm.start();
        client = hsm.client(HttpClient.Version.HTTP_2);
        JsonObject key = exchangeKey("exchange");
        exchangeId = key.getString("kid");
        exchange = PublicKeys.of(key);
    }

    @AfterAll
    static void endHsm() {
        RunningHsm.end(hsm);
    }

    private static JsonObject exchangeKey(String name) {
        return client.create(name, new JsonObject().put("kty", "RSA-HSM").put("key_ops", new JsonArray().add("import")))
                .getJsonObject("key");
    }

    private static JsonObject body(JsonObject jwk, JsonObject blob) {
        return ForeignKeys.body(jwk.put("key_hsm", ForeignKeys.member(blob)));
    }

    private static byte[] signed(String name, String algorithm) {
        JsonObject answer = client.post(
                        "/keys/" + name + "/sign",
                        new JsonObject()
                                .put("alg", algorithm)
                                .put("value", ForeignKeys.base64(PublicKeys.digest(algorithm, MESSAGE))))
                .ok();
        return ForeignKeys.bytes(answer, "value");
    }

    @ParameterizedTest
    @ValueSource(ints = {16, 24, 32})
    void takesAnRsaPairUnderEveryInnerKey(int aesBytes) {
        KeyPair pair = ForeignKeys.rsa(2048);
        byte[] wrapped = ForeignKeys.wrapped(exchange, pair.getPrivate().getEncoded(), aesBytes);
        JsonObject jwk = new JsonObject().put("kty", "RSA-HSM");

        JsonObject made = client.put("/keys/rsa", body(jwk, ForeignKeys.blob(exchangeId, wrapped)))
                .ok();

        assertEquals("RSA-HSM", made.getJsonObject("key").getString("kty"));
        assertTrue(PublicKeys.verified(pair.getPublic(), "PS256", MESSAGE, signed("rsa", "PS256")));
    }

    @ParameterizedTest
    @CsvSource({"P-256,ES256", "P-384,ES384", "P-521,ES512", "P-256K,ES256K"})
    void takesAPairOfEveryCurve(String curve, String algorithm) {
        KeyPair pair = ForeignKeys.pair(curve);
        byte[] wrapped = ForeignKeys.wrapped(exchange, pair.getPrivate().getEncoded(), 32);
        JsonObject jwk = new JsonObject().put("kty", "EC-HSM").put("crv", curve);

        client.put("/keys/" + curve, body(jwk, ForeignKeys.blob(exchangeId, wrapped)))
                .ok();

        PublicKey outside = PublicKeys.of(ForeignKeys.jwk(pair, curve));
        assertTrue(PublicKeys.verified(outside, algorithm, MESSAGE, signed(curve, algorithm)));
    }

    @ParameterizedTest
    @ValueSource(ints = {16, 24, 32})
    void takesASymmetricKeyOfEverySize(int length) {
        byte[] wrapped = ForeignKeys.wrapped(exchange, new byte[length], 32);
        JsonObject jwk = new JsonObject().put("kty", "oct-HSM");
        JsonObject made = client.put(
                        "/keys/oct-" + length + "?api-version=2026-04-01",
                        body(jwk, ForeignKeys.blob(exchangeId, wrapped)))
                .ok();
        assertEquals(8 * length, made.getJsonObject("attributes").getInteger("key_size"));
    }

    @Test
    void findsTheExchangeKeyInAnyCaseAndWithoutVersion() {
        byte[] wrapped = ForeignKeys.wrapped(exchange, new byte[16], 32);
        String upper = exchangeId.toUpperCase(Locale.ROOT);
        String bare = exchangeId.substring(0, exchangeId.lastIndexOf('/'));
        for (String kid : new String[] {upper, bare}) {
            JsonObject jwk = new JsonObject().put("kty", "oct");
            client.put("/keys/named", body(jwk, ForeignKeys.blob(kid, wrapped))).ok();
        }
    }

    @Test
    void takesTheBlobInStandardBase64AndUnderAnExpiredExchangeKey() {
        JsonObject key = exchangeKey("expired");
        client.patch("/keys/expired", new JsonObject().put("attributes", new JsonObject().put("exp", 1)))
                .ok();
        byte[] wrapped = ForeignKeys.wrapped(PublicKeys.of(key), new byte[16], 32);
        byte[] file =
                ForeignKeys.blob(key.getString("kid"), wrapped).encodePrettily().getBytes(StandardCharsets.UTF_8);
        JsonObject jwk = new JsonObject()
                .put("kty", "oct")
                .put("key_hsm", Base64.getEncoder().encodeToString(file));
        client.put("/keys/standard", ForeignKeys.body(jwk)).ok();
    }

    private record Bad(Consumer<JsonObject> change, String word) {}

    @TestFactory
    Stream<DynamicTest> refusesBlobsThatAreNoneOfThisHsm() {
        Map<String, Bad> bad = new LinkedHashMap<>();
        bad.put("other schema", new Bad(blob -> blob.put("schema_version", "2.0.0"), "'schema_version' must be"));
        bad.put("no schema", new Bad(blob -> blob.remove("schema_version"), "'schema_version' must be"));
        bad.put("schema as a number", new Bad(blob -> blob.put("schema_version", 1), "is not a string"));
        bad.put("no header", new Bad(blob -> blob.remove("header"), "'header' is required"));
        bad.put("other alg", new Bad(header("alg", "RSA-OAEP"), "'alg' must be"));
        bad.put("other enc", new Bad(header("enc", "RSA_AES_KEY_WRAP_256"), "'enc' must be"));
        bad.put("no ciphertext", new Bad(blob -> blob.remove("ciphertext"), "'ciphertext' is missing"));
        bad.put("ciphertext no base64", new Bad(blob -> blob.put("ciphertext", "*"), "'ciphertext' is missing"));
        bad.put("no kid", new Bad(blob -> blob.getJsonObject("header").remove("kid"), "'kid' is not the identifier"));
        String own = exchangeId;
        bad.put("kid elsewhere", new Bad(header("kid", own.replace("https://", "https://x.")), "'kid' is not the"));
        bad.put("kid on another port", new Bad(header("kid", own.replaceFirst(":\\d+/", ":1/")), "'kid' is not the"));
        bad.put("kid by name alone", new Bad(header("kid", "exchange"), "'kid' is not the identifier"));
        bad.put("kid of a path", new Bad(header("kid", own + "/wrapkey"), "'kid' is not the identifier"));
        bad.put("kid of nobody", new Bad(header("kid", hsm.url() + "/keys/nobody"), "does not exist"));
        String bare = own.substring(0, own.lastIndexOf('/') + 1);
        bad.put("kid of no version", new Bad(header("kid", bare + "0".repeat(32)), "does not exist"));
        return bad.entrySet().stream()
                .map(one -> dynamicTest(one.getKey(), () -> {
                    JsonObject blob = ForeignKeys.blob(exchangeId, ForeignKeys.wrapped(exchange, new byte[16], 32));
                    one.getValue().change().accept(blob);
                    refused(
                            new JsonObject().put("kty", "oct"),
                            blob,
                            one.getValue().word());
                }));
    }

    private static Consumer<JsonObject> header(String name, String value) {
        return blob -> blob.getJsonObject("header").put(name, value);
    }

    private static void refused(JsonObject jwk, JsonObject blob, String word) {
        String message = client.put("/keys/refused", body(jwk, blob)).refused(400, "BadParameter");
        assertTrue(message.contains(word), message);
        client.get("/keys/refused").refused(404, "KeyNotFound");
    }

    @Test
    void refusesExchangeKeysThatMustNotUnwrap() {
        JsonObject plain =
                client.create("plain", new JsonObject().put("kty", "RSA")).getJsonObject("key");
        refusedUnder(plain);
        JsonObject disabled = exchangeKey("disabled");
        client.patch("/keys/disabled", new JsonObject().put("attributes", new JsonObject().put("enabled", false)))
                .ok();
        refusedUnder(disabled);
        JsonObject deleted = exchangeKey("deleted");
        client.delete("/keys/deleted").ok();
        JsonObject blob = ForeignKeys.blob(deleted.getString("kid"), new byte[280]);
        refused(new JsonObject().put("kty", "oct"), blob, "does not exist");
    }

    private static void refusedUnder(JsonObject key) {
        byte[] wrapped = ForeignKeys.wrapped(PublicKeys.of(key), new byte[16], 32);
        JsonObject blob = ForeignKeys.blob(key.getString("kid"), wrapped);
        refused(new JsonObject().put("kty", "oct"), blob, "whose only operation is 'import'");
    }

    /** Whoever changes a ciphertext and looks at the answers must learn nothing from which answer comes. */
    @TestFactory
    Stream<DynamicTest> answersEveryFailureOfTheCryptographyAlike() {
        byte[] pkcs8 = ForeignKeys.pair("P-256").getPrivate().getEncoded();
        byte[] good = ForeignKeys.wrapped(exchange, pkcs8, 32);
        Map<String, byte[]> bad = new LinkedHashMap<>();
        bad.put("empty", new byte[0]);
        bad.put("RSA part alone", Arrays.copyOf(good, 256));
        bad.put("a byte short", Arrays.copyOf(good, good.length - 1));
        bad.put("a block short", Arrays.copyOf(good, good.length - 8));
        bad.put("a block long", Arrays.copyOf(good, good.length + 8));
        bad.put("longer than any key", Arrays.copyOf(good, 16_384));
        bad.put("RSA part changed", changed(good, 100));
        bad.put("RSA part above the modulus", changed(good, -1));
        bad.put("AES part changed", changed(good, 300));
        bad.put("last byte changed", changed(good, good.length - 1));
        bad.put("zeroes", new byte[good.length]);
        bad.put("inner key of 20 bytes", rewrapped(good));
        bad.put(
                "a key of another curve",
                wrapped(ForeignKeys.pair("P-384").getPrivate().getEncoded()));
        bad.put("an RSA key", wrapped(ForeignKeys.rsa(2048).getPrivate().getEncoded()));
        bad.put("bytes that are no key", wrapped(new byte[100]));
        bad.put("PKCS#8 with a byte behind", wrapped(Arrays.copyOf(pkcs8, pkcs8.length + 1)));
        return bad.entrySet().stream()
                .map(one -> dynamicTest(one.getKey(), () -> {
                    JsonObject jwk = new JsonObject().put("kty", "EC-HSM").put("crv", "P-256");
                    JsonObject blob = ForeignKeys.blob(exchangeId, one.getValue());
                    String message =
                            client.put("/keys/refused", body(jwk, blob)).refused(400, "BadParameter");
                    assertEquals(NOT_OPENED, message);
                    client.get("/keys/refused").refused(404, "KeyNotFound");
                }));
    }

    @Test
    void answersABadKeyInsideAlike() {
        byte[] small = wrapped(ForeignKeys.rsa(1024).getPrivate().getEncoded());
        refused(new JsonObject().put("kty", "RSA"), ForeignKeys.blob(exchangeId, small), NOT_OPENED);
        for (int length : new int[] {1, 8, 17, 33, 64}) {
            JsonObject blob = ForeignKeys.blob(exchangeId, wrapped(new byte[length]));
            refused(new JsonObject().put("kty", "oct"), blob, NOT_OPENED);
        }
    }

    private static byte[] wrapped(byte[] plain) {
        return ForeignKeys.wrapped(exchange, plain, 32);
    }

    private static byte[] changed(byte[] wrapped, int at) {
        byte[] other = wrapped.clone();
        if (at < 0) {
            Arrays.fill(other, 0, 256, (byte) 0xff);
        } else {
            other[at] ^= 1;
        }
        return other;
    }

    /** The RSA part holds something that is no AES key. */
    private static byte[] rewrapped(byte[] good) {
        byte[] other = good.clone();
        byte[] first = PublicKeys.encrypted(exchange, "RSA-OAEP", new byte[20]);
        System.arraycopy(first, 0, other, 0, first.length);
        return other;
    }

    @ParameterizedTest
    @ValueSource(strings = {"*", "", "e30", "AAAA", "W10"})
    void refusesAMemberThatIsNoBlob(String member) {
        JsonObject jwk = new JsonObject().put("kty", "RSA").put("key_hsm", member);
        client.put("/keys/refused", ForeignKeys.body(jwk)).refused(400, "BadParameter");
        client.get("/keys/refused").refused(404, "KeyNotFound");
    }

    @Test
    void wantsTheCurveOfAWrappedPair() {
        JsonObject jwk = new JsonObject().put("kty", "EC");
        refused(jwk, ForeignKeys.blob(exchangeId, new byte[300]), "'crv'");
    }
}
