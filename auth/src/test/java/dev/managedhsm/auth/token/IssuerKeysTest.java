// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.auth.token;

import static dev.managedhsm.auth.fixture.Issuers.*;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.managedhsm.auth.fixture.SigningKey;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class IssuerKeysTest {
    private static Map<String, IssuerKey> keysOf(String jwks) {
        TokenIssuer issuer = new TokenIssuer(
                "first", TENANT, Set.of(FIRST_URL), Set.of(AUDIENCE), EnumSet.allOf(SignatureAlgorithm.class), "{}");
        return IssuerKeys.of(issuer, jwks);
    }

    private static Set<String> kids(String... jwks) {
        return keysOf(SigningKey.jwksOf(jwks)).keySet();
    }

    private static void refuses(String jwks, String why) {
        IllegalArgumentException refusal = assertThrows(IllegalArgumentException.class, () -> keysOf(jwks));
        assertTrue(String.valueOf(refusal.getMessage()).contains(why), refusal.getMessage());
    }

    private static String with(SigningKey key, String member) {
        return "{" + key.jwkMembers() + "," + member + "}";
    }

    @Test
    void refusesWhatIsNoKeySet() {
        refuses("", "no JSON Web Key Set");
        refuses("[]", "no JSON Web Key Set");
        refuses("{}", "no JSON Web Key Set");
        refuses("{\"keys\":{}}", "no JSON Web Key Set");
        refuses("{\"keys\":[1]}", "no JSON Web Key Set");
        refuses("<html>", "no JSON Web Key Set");
    }

    @Test
    void refusesASetWithoutAUsableKey() {
        refuses("{\"keys\":[]}", "no key that fits");
        refuses(SigningKey.jwksOf(with(RSA, "\"use\":\"enc\"")), "no key that fits");
    }

    @Test
    void refusesPrivateKeys() {
        refuses(SigningKey.jwksOf(with(RSA, "\"d\":\"AQAB\"")), "private or secret key");
        refuses(
                SigningKey.jwksOf(RSA.jwk(), "{\"kty\":\"oct\",\"kid\":\"s\",\"k\":\"AQAB\"}"),
                "private or secret key");
    }

    @Test
    void refusesTwoKeysWithOneId() {
        refuses(SigningKey.jwks(RSA, OTHER.named("rsa-1")), "two keys");
    }

    @Test
    void refusesMoreKeysThanAnybodyNeeds() {
        String[] many = new String[TrustedKeys.KEYS_MAX + 1];
        Arrays.setAll(many, i -> RSA.named("k" + i).jwk());
        refuses(SigningKey.jwksOf(many), "more than 64");
        assertEquals(
                TrustedKeys.KEYS_MAX,
                kids(Arrays.copyOf(many, TrustedKeys.KEYS_MAX)).size());
    }

    @Test
    void refusesWeakAndBrokenRsaKeys() {
        refuses(SigningKey.jwks(SigningKey.rsa("weak", 1024)), "2048 to 8192");
        refuses("{\"keys\":[{\"kty\":\"RSA\",\"kid\":\"a\"}]}", "without modulus");
        refuses(SigningKey.jwksOf(RSA.jwk().replace("\"e\":\"AQAB\"", "\"e\":\"AQ\"")), "exponent");
        refuses(SigningKey.jwksOf(RSA.jwk().replace("\"e\":\"AQAB\"", "\"e\":\"AQAA\"")), "exponent");
        refuses(SigningKey.jwksOf(RSA.jwk().replace("\"e\":\"AQAB\"", "\"e\":\"AQAB==\"")), "without modulus");
    }

    @Test
    void refusesEcKeysOfTheWrongLength() {
        refuses(SigningKey.jwksOf(EC384.jwk().replace("P-384", "P-256")), "curve's length");
        refuses("{\"keys\":[{\"kty\":\"EC\",\"kid\":\"a\",\"crv\":\"P-256\",\"x\":\"AQAB\"}]}", "curve's length");
    }

    @Test
    void refusesAPointThatIsNotOnTheCurve() {
        String x = "A".repeat(42) + "E";
        refuses(
                "{\"keys\":[{\"kty\":\"EC\",\"kid\":\"a\",\"crv\":\"P-256\",\"x\":\"%s\",\"y\":\"%s\"}]}"
                        .formatted(x, x),
                "not on its curve");
    }

    @Test
    void leavesOutWhatItDoesNotSpeak() {
        assertEquals(
                Set.of("rsa-1"),
                kids(
                        RSA.jwk(),
                        "{\"kty\":\"OKP\",\"kid\":\"ed\",\"crv\":\"Ed25519\",\"x\":\"AAAA\"}",
                        "{\"kty\":\"EC\",\"kid\":\"k1\",\"crv\":\"secp256k1\",\"x\":\"AAAA\",\"y\":\"AAAA\"}",
                        "{\"kty\":\"RSA\",\"n\":\"AAAA\",\"e\":\"AQAB\"}",
                        with(EC, "\"key_ops\":[\"sign\"]"),
                        with(EC.named("e2"), "\"use\":\"enc\""),
                        with(EC.named("e3"), "\"alg\":\"ECDH-ES\"")));
    }

    @ParameterizedTest
    @CsvSource({"RS256, true", "RS384, false", "PS256, false", "ES256, false"})
    void keyThatNamesItsAlgorithmVerifiesThatOneOnly(SignatureAlgorithm algorithm, boolean allowed) {
        String jwks = SigningKey.jwksOf(with(RSA, "\"alg\":\"RS256\",\"use\":\"sig\",\"key_ops\":[\"verify\"]"));
        IssuerKey key = assertInstanceOf(IssuerKey.class, keysOf(jwks).get("rsa-1"));
        assertEquals(allowed, key.allows(algorithm));
    }

    @Test
    void ignoresTheCertificateOfAKey() {
        String jwks = SigningKey.jwksOf(with(RSA, "\"x5c\":[\"bm90IGEgY2VydGlmaWNhdGU=\"],\"x5t\":\"abc\""));
        IssuerKey key = assertInstanceOf(IssuerKey.class, keysOf(jwks).get("rsa-1"));
        String token = mint().signed(RSA, "RS256");
        byte[] signature = assertInstanceOf(byte[].class, Base64Url.decode(token.split("\\.", -1)[2]));
        assertTrue(key.signed(token, SignatureAlgorithm.RS256, signature));
        assertFalse(key.signed(token, SignatureAlgorithm.PS256, signature));
    }
}
