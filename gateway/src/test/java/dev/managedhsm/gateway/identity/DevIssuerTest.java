// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.identity;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vertx.core.json.JsonObject;
import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PublicKey;
import java.security.Signature;
import java.security.interfaces.RSAPrivateCrtKey;
import java.security.spec.RSAPublicKeySpec;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Base64;
import java.util.List;
import org.junit.jupiter.api.Test;

class DevIssuerTest {
    private static final RSAPrivateCrtKey KEY = DevIssuer.newKey();
    private static final Instant NOW = Instant.parse("2026-03-01T10:00:00.750Z");
    private static final String URL = "https://sts.localhost/6c7d6a3c-2f4e-4f7b-9a55-3e8d1f0c2b11/";
    private static final ManagedIdentity IDENTITY = new ManagedIdentity(
            "6c7d6a3c-2f4e-4f7b-9a55-3e8d1f0c2b11",
            "0b9f1d53-9d36-4f0e-8f0e-2a7d5f4f6f01",
            "1f4f6a80-77a1-4b6c-8b51-9d1f0f3a2c02",
            "/subscriptions/s/resourcegroups/dev/providers/Microsoft.Web/sites/dev");

    private final DevIssuer issuer = new DevIssuer(KEY, URL, Clock.fixed(NOW, ZoneOffset.UTC));

    @Test
    void signsWhatThePublishedKeyVerifies() throws GeneralSecurityException {
        String[] parts = issuer.mint(IDENTITY, "https://localhost:8443").text().split("\\.", -1);

        assertEquals(3, parts.length);
        assertTrue(verifies(publishedKey(issuer.jwks()), parts[0] + "." + parts[1], parts[2]));
        assertFalse(verifies(publishedKey(issuer.jwks()), parts[0] + "." + parts[1] + "A", parts[2]));
    }

    @Test
    void namesItsKeyInTheHeader() {
        JsonObject header = part(issuer.mint(IDENTITY, "https://localhost:8443").text(), 0);

        assertEquals(new JsonObject().put("typ", "JWT").put("alg", "RS256").put("kid", issuer.kid()), header);
    }

    @Test
    void writesTheClaimsOfAnApplicationToken() {
        JsonObject claims = part(issuer.mint(IDENTITY, "https://localhost:8443").text(), 1);

        assertEquals("https://localhost:8443", claims.getString("aud"));
        assertEquals(URL, claims.getString("iss"));
        assertEquals(URL, claims.getString("idp"));
        assertEquals(IDENTITY.tenantId(), claims.getString("tid"));
        assertEquals(IDENTITY.objectId(), claims.getString("oid"));
        assertEquals(IDENTITY.objectId(), claims.getString("sub"));
        assertEquals(IDENTITY.clientId(), claims.getString("appid"));
        assertEquals("2", claims.getString("appidacr"));
        assertEquals("app", claims.getString("idtyp"));
        assertEquals("1.0", claims.getString("ver"));
        assertEquals(IDENTITY.resourceId(), claims.getString("xms_mirid"));
    }

    @Test
    void isGoodFromThisSecondForAnHour() {
        IssuedToken token = issuer.mint(IDENTITY, "a");
        JsonObject claims = part(token.text(), 1);

        assertEquals(NOW.getEpochSecond(), claims.getLong("iat"));
        assertEquals(NOW.getEpochSecond(), claims.getLong("nbf"));
        assertEquals(NOW.getEpochSecond() + 3600, claims.getLong("exp"));
        assertEquals(Instant.ofEpochSecond(NOW.getEpochSecond()), token.notBefore());
        assertEquals(Instant.ofEpochSecond(NOW.getEpochSecond() + 3600), token.expiresOn());
    }

    @Test
    void makesEachTokenUnique() {
        String first = part(issuer.mint(IDENTITY, "a").text(), 1).getString("uti");
        String second = part(issuer.mint(IDENTITY, "a").text(), 1).getString("uti");

        assertNotEquals(first, second);
    }

    @Test
    void derivesItsKeyIdFromTheKey() {
        DevIssuer again = new DevIssuer(KEY, "https://sts.other/t/", Clock.systemUTC());
        DevIssuer other = new DevIssuer(DevIssuer.newKey(), URL, Clock.systemUTC());

        assertEquals(issuer.kid(), again.kid());
        assertNotEquals(issuer.kid(), other.kid());
    }

    @Test
    void keepsTheTokenOutOfItsText() {
        IssuedToken token = issuer.mint(IDENTITY, "a");

        assertFalse(token.toString().contains(token.text().substring(0, 10)));
    }

    private static JsonObject part(String token, int index) {
        String encoded = List.of(token.split("\\.", -1)).get(index);
        return new JsonObject(new String(Base64.getUrlDecoder().decode(encoded), UTF_8));
    }

    private static PublicKey publishedKey(String jwks) throws GeneralSecurityException {
        JsonObject jwk = new JsonObject(jwks).getJsonArray("keys").getJsonObject(0);
        BigInteger modulus = new BigInteger(1, Base64.getUrlDecoder().decode(jwk.getString("n")));
        BigInteger exponent = new BigInteger(1, Base64.getUrlDecoder().decode(jwk.getString("e")));
        return KeyFactory.getInstance("RSA").generatePublic(new RSAPublicKeySpec(modulus, exponent));
    }

    private static boolean verifies(PublicKey key, String input, String signature) throws GeneralSecurityException {
        Signature verifier = Signature.getInstance("SHA256withRSA");
        verifier.initVerify(key);
        verifier.update(input.getBytes(UTF_8));
        return verifier.verify(Base64.getUrlDecoder().decode(signature));
    }
}
