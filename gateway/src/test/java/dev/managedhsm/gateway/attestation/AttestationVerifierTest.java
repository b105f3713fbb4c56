// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.attestation;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.managedhsm.gateway.attestation.Attestation.Proven;
import dev.managedhsm.gateway.attestation.Attestation.Rejected;
import dev.managedhsm.gateway.fixture.AttestationDraft;
import dev.managedhsm.gateway.fixture.Attester;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import java.nio.charset.StandardCharsets;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.Signature;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.MGF1ParameterSpec;
import java.security.spec.PSSParameterSpec;
import java.time.Instant;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** Every way in which somebody could pass off a token as an authority's word, each named by the mistake it hunts. */
class AttestationVerifierTest {
    private static final Vertx VERTX = Vertx.vertx();
    private static final ExecutorService WORK = Executors.newFixedThreadPool(2);
    private static final Attester ATTESTER = Attester.start();
    private static final KeyPair OTHER = Attester.rsa(2048);
    private static final KeyPair WEAK = Attester.rsa(1024);
    private static final KeyPair P_384 = ec("secp384r1");
    private static final AttestationVerifier VERIFIER =
            new AttestationVerifier(VERTX, List.of(ATTESTER.authority()), WORK, Instant::now);

    @BeforeAll
    static void publish() throws Exception {
        JsonObject certified = new JsonObject()
                .put("kid", "certified")
                .put("kty", "RSA")
                .put(
                        "x5c",
                        List.of(Base64.getEncoder()
                                .encodeToString(Attester.certificate(OTHER).getEncoded())));
        ATTESTER.publish(
                Attester.jwk(Attester.KID, ATTESTER.signing()),
                certified,
                certifiedEc("ec"),
                Attester.jwk("weak", WEAK),
                Attester.jwk("encrypts", OTHER).put("use", "enc"),
                Attester.jwk("only-ps256", OTHER).put("alg", "PS256"),
                new JsonObject().put("kid", "secret").put("kty", "oct").put("k", "AAAA"),
                new JsonObject()
                        .put("kid", "damaged")
                        .put("kty", "RSA")
                        .put("n", "*")
                        .put("e", "AQAB"));
    }

    @AfterAll
    static void end() {
        VERIFIER.close();
        WORK.shutdown();
        VERTX.close().await();
        ATTESTER.close();
    }

    @Test
    void provesWhatAnAuthoritySaid() throws Exception {
        Proven proven = assertInstanceOf(
                Proven.class, verify(ATTESTER.token().claim("tee", "sevsnpvm").text()));
        assertEquals(ATTESTER.issuer(), proven.issuer());
        assertEquals("sevsnpvm", proven.claims().text("tee"));
    }

    @TestFactory
    Stream<DynamicTest> provesEveryAllowedSignature() throws Exception {
        Map<String, String> good = new LinkedHashMap<>();
        for (int bits : new int[] {256, 384, 512}) {
            good.put("RS" + bits, ATTESTER.token().header("alg", "RS" + bits).text("SHA" + bits + "withRSA"));
            AttestationDraft pss = ATTESTER.token().header("alg", "PS" + bits);
            good.put("PS" + bits, pss.text(pss(pss.unsigned(), bits)));
        }
        good.put("ES384", ec(ATTESTER.token()).text("SHA384withECDSAinP1363Format"));
        good.put(
                "a key in a certificate",
                ATTESTER.token().header("kid", "certified").signedBy(OTHER).text());
        good.put(
                "a header that brings its own key",
                ATTESTER.token()
                        .header("jku", "https://evil.example/keys")
                        .header("jwk", Attester.jwk("x", OTHER))
                        .text());
        good.put("without nbf", ATTESTER.token().claim("nbf", null).text());
        long now = Instant.now().getEpochSecond();
        good.put(
                "expired within the skew",
                ATTESTER.token().claim("exp", now - 30).text());
        good.put(
                "valid within the skew", ATTESTER.token().claim("nbf", now + 30).text());
        return good.entrySet().stream()
                .map(token ->
                        dynamicTest(token.getKey(), () -> assertInstanceOf(Proven.class, verify(token.getValue()))));
    }

    @TestFactory
    Stream<DynamicTest> rejects() throws Exception {
        long now = Instant.now().getEpochSecond();
        AttestationDraft good = ATTESTER.token();
        String text = good.text();
        Map<String, Map.Entry<String, Rejected>> bad = new LinkedHashMap<>();
        bad.put("nothing", Map.entry("", Rejected.MALFORMED));
        bad.put("two segments", Map.entry("e30.e30", Rejected.MALFORMED));
        bad.put("four segments", Map.entry(text + ".e30", Rejected.MALFORMED));
        bad.put("padding", Map.entry(text + "=", Rejected.MALFORMED));
        bad.put("white space", Map.entry(" " + text, Rejected.MALFORMED));
        bad.put("too long", Map.entry(good.claim("x", "x".repeat(48 * 1024)).text(), Rejected.MALFORMED));
        bad.put(
                "claims that are no object",
                Map.entry("e30.W10." + text.substring(text.lastIndexOf('.') + 1), Rejected.MALFORMED));
        bad.put("a claim twice", Map.entry(twice(text), Rejected.MALFORMED));
        bad.put("without kid", Map.entry(good.header("kid", null).text(), Rejected.MALFORMED));
        bad.put("without alg", Map.entry(good.header("alg", null).text(), Rejected.MALFORMED));
        bad.put("without iss", Map.entry(good.claim("iss", null).text(), Rejected.MALFORMED));
        bad.put("with crit", Map.entry(good.header("crit", List.of("exp")).text(), Rejected.MALFORMED));
        bad.put("with b64", Map.entry(good.header("b64", false).text(), Rejected.MALFORMED));
        bad.put("alg none", Map.entry(good.header("alg", "none").text(new byte[0]), Rejected.ALGORITHM_NOT_ALLOWED));
        bad.put("alg None", Map.entry(good.header("alg", "None").text(), Rejected.ALGORITHM_NOT_ALLOWED));
        bad.put("alg rs256", Map.entry(good.header("alg", "rs256").text(), Rejected.ALGORITHM_NOT_ALLOWED));
        bad.put("public key as HMAC secret", Map.entry(confused(good), Rejected.ALGORITHM_NOT_ALLOWED));
        bad.put(
                "another issuer",
                Map.entry(good.claim("iss", "https://evil.example").text(), Rejected.UNKNOWN_AUTHORITY));
        bad.put(
                "issuer with a slash",
                Map.entry(good.claim("iss", ATTESTER.issuer() + "/").text(), Rejected.UNKNOWN_AUTHORITY));
        bad.put(
                "issuer in another case",
                Map.entry(
                        good.claim("iss", ATTESTER.issuer().replace("local", "LOCAL"))
                                .text(),
                        Rejected.UNKNOWN_AUTHORITY));
        bad.put("another kid", Map.entry(good.header("kid", "other").text(), Rejected.UNKNOWN_KEY));
        bad.put("a damaged key", Map.entry(good.header("kid", "damaged").text(), Rejected.UNKNOWN_KEY));
        bad.put("a secret key", Map.entry(good.header("kid", "secret").text(), Rejected.UNKNOWN_KEY));
        bad.put(
                "a key for encryption",
                Map.entry(good.header("kid", "encrypts").signedBy(OTHER).text(), Rejected.UNKNOWN_KEY));
        bad.put(
                "a weak key",
                Map.entry(good.header("kid", "weak").signedBy(WEAK).text(), Rejected.BAD_SIGNATURE));
        bad.put(
                "a key for another algorithm",
                Map.entry(good.header("kid", "only-ps256").signedBy(OTHER).text(), Rejected.BAD_SIGNATURE));
        bad.put("another key's signature", Map.entry(good.signedBy(OTHER).text(), Rejected.BAD_SIGNATURE));
        bad.put("another hash", Map.entry(good.text("SHA512withRSA"), Rejected.BAD_SIGNATURE));
        bad.put("PSS as PKCS1", Map.entry(good.text(pss(good.unsigned(), 256)), Rejected.BAD_SIGNATURE));
        bad.put("EC alg for an RSA key", Map.entry(good.header("alg", "ES256").text(), Rejected.BAD_SIGNATURE));
        bad.put("RSA alg for an EC key", Map.entry(good.header("kid", "ec").text(), Rejected.BAD_SIGNATURE));
        bad.put(
                "the wrong curve's alg",
                Map.entry(
                        ec(good).header("alg", "ES256").text("SHA256withECDSAinP1363Format"), Rejected.BAD_SIGNATURE));
        bad.put("ECDSA in DER", Map.entry(ec(good).text("SHA384withECDSA"), Rejected.BAD_SIGNATURE));
        bad.put("ECDSA of zeroes", Map.entry(ec(good).text(new byte[96]), Rejected.BAD_SIGNATURE));
        bad.put("no signature", Map.entry(good.text(new byte[0]), Rejected.BAD_SIGNATURE));
        bad.put("a short signature", Map.entry(good.text(new byte[255]), Rejected.BAD_SIGNATURE));
        bad.put("a changed claim", Map.entry(changed(text), Rejected.BAD_SIGNATURE));
        bad.put("without exp", Map.entry(good.claim("exp", null).text(), Rejected.MALFORMED));
        bad.put(
                "exp as text",
                Map.entry(good.claim("exp", Long.toString(now + 300)).text(), Rejected.MALFORMED));
        bad.put("exp beyond all bounds", Map.entry(good.claim("exp", 1e300).text(), Rejected.MALFORMED));
        bad.put("negative exp", Map.entry(good.claim("exp", -1).text(), Rejected.MALFORMED));
        bad.put("nbf as text", Map.entry(good.claim("nbf", "0").text(), Rejected.MALFORMED));
        bad.put("expired", Map.entry(good.claim("exp", now - 61).text(), Rejected.EXPIRED));
        bad.put("not yet valid", Map.entry(good.claim("nbf", now + 90).text(), Rejected.NOT_YET_VALID));
        return bad.entrySet().stream()
                .map(token -> dynamicTest(
                        token.getKey(),
                        () -> assertEquals(
                                token.getValue().getValue(),
                                verify(token.getValue().getKey()))));
    }

    @Test
    void rejectsAnAuthorityThatThePolicyDoesNotName() throws Exception {
        assertEquals(
                Rejected.UNKNOWN_AUTHORITY,
                VERIFIER.verify(ATTESTER.token().text(), issuer -> false)
                        .toCompletableFuture()
                        .get(10, TimeUnit.SECONDS));
    }

    private static Attestation verify(String token) throws Exception {
        return VERIFIER.verify(token, issuer -> true).toCompletableFuture().get(10, TimeUnit.SECONDS);
    }

    private static AttestationDraft ec(AttestationDraft draft) {
        return draft.header("alg", "ES384").header("kid", "ec").signedBy(P_384);
    }

    private static KeyPair ec(String curve) {
        try {
            KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
            generator.initialize(new ECGenParameterSpec(curve));
            return generator.generateKeyPair();
        } catch (java.security.GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    private static JsonObject certifiedEc(String kid) throws Exception {
        return new JsonObject()
                .put("kid", kid)
                .put("kty", "EC")
                .put(
                        "x5c",
                        List.of(Base64.getEncoder()
                                .encodeToString(Attester.certificate(P_384).getEncoded())));
    }

    private static byte[] pss(String unsigned, int bits) throws Exception {
        Signature signature = Signature.getInstance("RSASSA-PSS");
        String hash = "SHA-" + bits;
        signature.setParameter(new PSSParameterSpec(hash, "MGF1", new MGF1ParameterSpec(hash), bits / 8, 1));
        signature.initSign(ATTESTER.signing().getPrivate());
        signature.update(unsigned.getBytes(StandardCharsets.US_ASCII));
        return signature.sign();
    }

    /** HS256 with the text of the public key as its secret, the classic confusion. */
    private static String confused(AttestationDraft good) throws Exception {
        AttestationDraft draft = good.header("alg", "HS256");
        Mac mac = Mac.getInstance("HmacSHA256");
        mac.init(new SecretKeySpec(ATTESTER.signing().getPublic().getEncoded(), "HmacSHA256"));
        return draft.text(mac.doFinal(draft.unsigned().getBytes(StandardCharsets.US_ASCII)));
    }

    private static String changed(String token) {
        return withClaims(token, claims -> claims.replace("\"iat\":", "\"a\":true,\"iat\":"));
    }

    private static String twice(String token) {
        return withClaims(token, claims -> claims.replace("\"iat\":", "\"iat\":1,\"iat\":"));
    }

    private static String withClaims(String token, java.util.function.UnaryOperator<String> change) {
        String[] segments = token.split("\\.", -1);
        String claims = new String(Base64.getUrlDecoder().decode(segments[1]), StandardCharsets.UTF_8);
        String changed = Base64.getUrlEncoder()
                .withoutPadding()
                .encodeToString(change.apply(claims).getBytes(StandardCharsets.UTF_8));
        return segments[0] + '.' + changed + '.' + segments[2];
    }
}
