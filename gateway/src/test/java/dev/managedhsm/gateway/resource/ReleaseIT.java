// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.resource;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.managedhsm.gateway.fixture.Answer;
import dev.managedhsm.gateway.fixture.Attester;
import dev.managedhsm.gateway.fixture.Enclave;
import dev.managedhsm.gateway.fixture.RunningHsm;
import io.vertx.core.json.JsonObject;
import java.nio.charset.StandardCharsets;
import java.security.KeyFactory;
import java.security.MessageDigest;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.spec.PKCS8EncodedKeySpec;
import java.time.Instant;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** Keys released to an environment that an authority attests, and everything that keeps a key where it is. */
class ReleaseIT {
    private static final String KIND = "sevsnpvm";
    private static final Attester ATTESTER = Attester.start();
    private static final Enclave ENCLAVE = new Enclave(2048);
    private static final byte[] MESSAGE = "what was released works".getBytes(StandardCharsets.UTF_8);
    private static RunningHsm hsm;

    @BeforeAll
    static void start() {
        hsm = RunningHsm.start("localhost", List.of(ATTESTER.authority()));
        create("rsa", new JsonObject().put("kty", "RSA-HSM"));
        create("ec", new JsonObject().put("kty", "EC-HSM").put("crv", "P-384"));
        create("oct", new JsonObject().put("kty", "oct-HSM").put("key_size", 256));
    }

    @AfterAll
    static void end() {
        RunningHsm.end(hsm);
        ATTESTER.close();
    }

    private static JsonObject create(String name, JsonObject body) {
        return hsm.client()
                .create(
                        name,
                        body.put("attributes", new JsonObject().put("exportable", true))
                                .put("release_policy", Enclave.policy(ATTESTER.issuer(), KIND)));
    }

    @Test
    void releasesAnRsaKeyThatSignsForItsPublicPart() throws Exception {
        JsonObject released = released("/keys/rsa/release", good());
        JsonObject jwk = released.getJsonObject("key");
        assertEquals("RSA", jwk.getString("kty"));
        PrivateKey key = KeyFactory.getInstance("RSA").generatePrivate(new PKCS8EncodedKeySpec(ENCLAVE.open(jwk)));
        Signature signature = Signature.getInstance("SHA256withRSA");
        signature.initSign(key);
        signature.update(MESSAGE);
        assertTrue(verifies("rsa", "RS256", signature.sign(), "SHA-256"));
    }

    @Test
    void releasesAnEcKeyThatSignsForItsPublicPart() throws Exception {
        JsonObject jwk = released("/keys/ec//release", good()).getJsonObject("key");
        assertEquals("EC", jwk.getString("kty"));
        PrivateKey key = KeyFactory.getInstance("EC").generatePrivate(new PKCS8EncodedKeySpec(ENCLAVE.open(jwk)));
        Signature signature = Signature.getInstance("SHA384withECDSAinP1363Format");
        signature.initSign(key);
        signature.update(MESSAGE);
        assertTrue(verifies("ec", "ES384", signature.sign(), "SHA-384"));
    }

    @Test
    void releasesASymmetricKeyAsItsBytes() throws Exception {
        JsonObject jwk = released("/keys/oct/release", good()).getJsonObject("key");
        assertEquals("oct", jwk.getString("kty"));
        byte[] key = ENCLAVE.open(jwk);
        assertEquals(32, key.length);
        Mac mac = Mac.getInstance("HmacSHA256");
        mac.init(new SecretKeySpec(key, "HmacSHA256"));
        byte[] digest = MessageDigest.getInstance("SHA-256").digest(MESSAGE);
        assertTrue(verifies("oct", "HS256", mac.doFinal(digest), "SHA-256"));
    }

    @Test
    void statesWhatWasAskedAndWhatWasReleased() throws Exception {
        JsonObject bundle = hsm.client().get("/keys/oct").ok();
        String kid = bundle.getJsonObject("key").getString("kid");
        String version = kid.substring(kid.lastIndexOf('/'));
        JsonObject body = good().put("nonce", "n-0").put("enc", "RSA_AES_KEY_WRAP_384");
        JsonObject statement = statement("/keys/oct" + version + "/release", body);
        JsonObject request = new JsonObject()
                .put("api-version", "7.6")
                .put("enc", "RSA_AES_KEY_WRAP_384")
                .put("kid", kid)
                .put("nonce", "n-0");
        assertEquals(request, statement.getJsonObject("request"));
        JsonObject key = statement.getJsonObject("response").getJsonObject("key");
        assertEquals(List.of("attributes", "key", "release_policy"), List.copyOf(key.fieldNames()));
        assertEquals(bundle.getJsonObject("attributes"), key.getJsonObject("attributes"));
        assertEquals(true, key.getJsonObject("attributes").getBoolean("exportable"));
        assertEquals(bundle.getJsonObject("release_policy"), key.getJsonObject("release_policy"));
        JsonObject jwk = key.getJsonObject("key");
        assertEquals(kid, jwk.getString("kid"));
        assertArrayEquals(
                ENCLAVE.open(jwk),
                ENCLAVE.open(released("/keys/oct/release", good().put("enc", "RSA_AES_KEY_WRAP_256"))
                        .getJsonObject("key")));
    }

    @Test
    void leavesTheNonceOutThatNobodySent() throws Exception {
        JsonObject request = statement("/keys/oct/release", good()).getJsonObject("request");
        assertFalse(request.containsKey("nonce"));
        assertEquals("CKM_RSA_AES_KEY_WRAP", request.getString("enc"));
    }

    @Test
    void releasesAKeyOutsideItsPeriodOfUseButNoDisabledOne() throws Exception {
        long now = Instant.now().getEpochSecond();
        JsonObject expired =
                new JsonObject().put("exportable", true).put("exp", now - 10).put("nbf", now - 20);
        createWith("expired", expired);
        released("/keys/expired/release", good());
        createWith("early", new JsonObject().put("exportable", true).put("nbf", now + 3600));
        released("/keys/early/release", good());
        createWith("disabled", new JsonObject().put("exportable", true).put("enabled", false));
        Answer answer = hsm.client().post("/keys/disabled/release", good());
        answer.refused(403, "Forbidden");
        assertEquals("KeyDisabled", answer.innerCode());
    }

    private static void createWith(String name, JsonObject attributes) {
        hsm.client()
                .create(
                        name,
                        new JsonObject()
                                .put("kty", "oct-HSM")
                                .put("attributes", attributes)
                                .put("release_policy", Enclave.policy(ATTESTER.issuer(), KIND)));
    }

    @TestFactory
    Stream<DynamicTest> refusesWithAReason() {
        long now = Instant.now().getEpochSecond();
        JsonObject signing = Attester.jwk("s", Attester.rsa(2048)).put("key_ops", List.of("sign"));
        Map<String, Map.Entry<JsonObject, String>> bad = new LinkedHashMap<>();
        bad.put(
                "another kind of environment",
                Map.entry(target(ENCLAVE.attested(ATTESTER, "sgx").text()), "ReleasePolicyNotMet"));
        bad.put(
                "a token without the claim",
                Map.entry(target(ATTESTER.token().runtimeKeys(ENCLAVE.jwk()).text()), "ReleasePolicyNotMet"));
        bad.put(
                "a forged token",
                Map.entry(
                        target(ENCLAVE.attested(ATTESTER, KIND)
                                .signedBy(Attester.rsa(2048))
                                .text()),
                        "TargetSignature"));
        bad.put(
                "an expired token",
                Map.entry(
                        target(ENCLAVE.attested(ATTESTER, KIND)
                                .claim("exp", now - 100)
                                .text()),
                        "TargetExpired"));
        bad.put(
                "a token of tomorrow",
                Map.entry(
                        target(ENCLAVE.attested(ATTESTER, KIND)
                                .claim("nbf", now + 9999)
                                .text()),
                        "TargetNotYetValid"));
        bad.put(
                "a token of nobody known",
                Map.entry(
                        target(ENCLAVE.attested(ATTESTER, KIND)
                                .claim("iss", "https://evil.example")
                                .text()),
                        "TargetAuthority"));
        bad.put(
                "an unknown signing key",
                Map.entry(
                        target(ENCLAVE.attested(ATTESTER, KIND)
                                .header("kid", "x")
                                .text()),
                        "TargetKey"));
        bad.put(
                "alg none",
                Map.entry(
                        target(ENCLAVE.attested(ATTESTER, KIND)
                                .header("alg", "none")
                                .text(new byte[0])),
                        "TargetAlgorithm"));
        bad.put("no token", Map.entry(new JsonObject(), ""));
        bad.put("an empty token", Map.entry(target(""), ""));
        bad.put("a token that is none", Map.entry(target("x.y.z"), ""));
        bad.put(
                "no runtime key",
                Map.entry(
                        target(ATTESTER.token()
                                .claim("tee", new JsonObject().put("kind", KIND))
                                .text()),
                        ""));
        bad.put(
                "only a signing key",
                Map.entry(
                        target(ENCLAVE.attested(ATTESTER, KIND)
                                .runtimeKeys(signing)
                                .text()),
                        ""));
        bad.put(
                "a weak runtime key",
                Map.entry(
                        target(ENCLAVE.attested(ATTESTER, KIND)
                                .runtimeKeys(new Enclave(1024).jwk())
                                .text()),
                        ""));
        bad.put("an unknown enc", Map.entry(good().put("enc", "RSA1_5"), ""));
        bad.put("a nonce that is no text", Map.entry(good().put("nonce", 7), ""));
        bad.put("a nonce without end", Map.entry(good().put("nonce", "n".repeat(1025)), ""));
        return bad.entrySet().stream()
                .map(way -> dynamicTest(way.getKey(), () -> {
                    String inner = way.getValue().getValue();
                    Answer answer = hsm.client()
                            .post("/keys/oct/release", way.getValue().getKey());
                    answer.refused(inner.isEmpty() ? 400 : 403, inner.isEmpty() ? "BadParameter" : "Forbidden");
                    if (!inner.isEmpty()) {
                        assertEquals(inner, answer.innerCode());
                    }
                }));
    }

    @Test
    void usesTheFirstRuntimeKeyForEncryption() throws Exception {
        JsonObject signing = Attester.jwk("s", Attester.rsa(2048)).put("use", "sig");
        JsonObject late = new Enclave(2048).jwk();
        JsonObject body = target(ENCLAVE.attested(ATTESTER, KIND)
                .runtimeKeys(signing, ENCLAVE.jwk(), late)
                .text());
        assertEquals(32, ENCLAVE.open(released("/keys/oct/release", body).getJsonObject("key")).length);
    }

    @Test
    void releasesNoKeyThatIsNotExportable() {
        hsm.client().create("kept", new JsonObject().put("kty", "oct-HSM"));
        Answer answer = hsm.client().post("/keys/kept/release", good());
        answer.refused(403, "Forbidden");
        assertEquals("KeyNotExportable", answer.innerCode());
    }

    @Test
    void releasesByThePolicyInForce() throws Exception {
        create("moved", new JsonObject().put("kty", "oct-HSM"));
        released("/keys/moved/release", good());
        hsm.client()
                .send(hsm.client()
                        .request("/keys/moved/")
                        .header("content-type", "application/json")
                        .method(
                                "PATCH",
                                java.net.http.HttpRequest.BodyPublishers.ofString(new JsonObject()
                                        .put("release_policy", Enclave.policy(ATTESTER.issuer(), "tdx"))
                                        .encode())))
                .ok();
        Answer answer = hsm.client().post("/keys/moved/release", good());
        answer.refused(403, "Forbidden");
        assertEquals("ReleasePolicyNotMet", answer.innerCode());
    }

    @Test
    void knowsNoKeyThatIsNotThere() {
        hsm.client().post("/keys/nobody/release", good()).refused(404, "KeyNotFound");
        hsm.client().post("/keys/oct/" + "0".repeat(32) + "/release", good()).refused(404, "KeyNotFound");
    }

    @Test
    void answersNobodyWithoutAToken() {
        Answer answer = hsm.client()
                .send(hsm.client()
                        .bare("/keys/oct/release")
                        .POST(java.net.http.HttpRequest.BodyPublishers.ofString(good().encode())));
        assertEquals(401, answer.status());
    }

    @Test
    void saysWhenTheAuthorityCannotBeReached() {
        try (Attester away = Attester.start();
                RunningHsm other = RunningHsm.start("localhost", List.of(away.authority()))) {
            away.answer(500);
            other.client()
                    .create(
                            "oct",
                            new JsonObject()
                                    .put("kty", "oct-HSM")
                                    .put("attributes", new JsonObject().put("exportable", true))
                                    .put("release_policy", Enclave.policy(away.issuer(), KIND)));
            Answer answer = other.client()
                    .post(
                            "/keys/oct/release",
                            target(ENCLAVE.attested(away, KIND).text()));
            answer.refused(503, "ServiceUnavailable");
            assertTrue(answer.has("retry-after"));
        }
    }

    private static JsonObject good() {
        return target(ENCLAVE.attested(ATTESTER, KIND).text());
    }

    private static JsonObject target(String token) {
        return new JsonObject().put("target", token);
    }

    private static JsonObject statement(String path, JsonObject body) throws Exception {
        return Enclave.checked(hsm.client().post(path, body).ok().getString("value"), hsm);
    }

    private static JsonObject released(String path, JsonObject body) throws Exception {
        return statement(path, body).getJsonObject("response").getJsonObject("key");
    }

    private static boolean verifies(String name, String alg, byte[] signature, String hash) throws Exception {
        Base64.Encoder encoder = Base64.getUrlEncoder().withoutPadding();
        JsonObject body = new JsonObject()
                .put("alg", alg)
                .put(
                        "digest",
                        encoder.encodeToString(MessageDigest.getInstance(hash).digest(MESSAGE)))
                .put("value", encoder.encodeToString(signature));
        return hsm.client().post("/keys/" + name + "/verify", body).ok().getBoolean("value");
    }
}
