// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.managedhsm.gateway.fixture.ForeignKeys;
import dev.managedhsm.gateway.fixture.PublicKeys;
import dev.managedhsm.gateway.fixture.RawClient;
import dev.managedhsm.gateway.fixture.RunningHsm;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.math.BigInteger;
import java.net.http.HttpClient;
import java.nio.charset.StandardCharsets;
import java.security.KeyPair;
import java.util.Base64;
import java.util.Set;
import javax.crypto.Cipher;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Keys that are brought in the clear, and what they then do, judged by libraries that hold the same key. */
@ParameterizedClass
@EnumSource(
        value = HttpClient.Version.class,
        names = {"HTTP_1_1", "HTTP_2"})
class ImportIT {
    private static final byte[] MESSAGE = "brought from elsewhere".getBytes(StandardCharsets.UTF_8);
    private static final String SECRETS_NEVER_SHOWN = "d p q dp dq qi k";

    private static RunningHsm hsm;
    private final RawClient client;

    ImportIT(HttpClient.Version version) {
        client = hsm.client(version);
    }

    @BeforeAll
    static void startHsm() {
        hsm = RunningHsm.start();
    }

    @AfterAll
    static void endHsm() {
        RunningHsm.end(hsm);
    }

    private JsonObject imported(String name, JsonObject body) {
        JsonObject bundle = client.put("/keys/" + name, body).ok();
        JsonObject key = bundle.getJsonObject("key");
        for (String secret : SECRETS_NEVER_SHOWN.split(" ", -1)) {
            assertFalse(key.containsKey(secret), secret);
        }
        assertEquals(bundle, client.get("/keys/" + name).ok());
        return bundle;
    }

    private byte[] signed(String name, String algorithm, byte[] message) {
        JsonObject answer = client.post(
                        "/keys/" + name + "/sign",
                        new JsonObject()
                                .put("alg", algorithm)
                                .put("value", ForeignKeys.base64(PublicKeys.digest(algorithm, message))))
                .ok();
        return ForeignKeys.bytes(answer, "value");
    }

    @Test
    void makesTheSignatureOfRfc7515AppendixA2() {
        JsonObject bundle = imported("a2", ForeignKeys.body(ForeignKeys.jwk("rfc7515-a2")));

        assertEquals("RSA-HSM", bundle.getJsonObject("key").getString("kty"));
        assertEquals(
                ForeignKeys.jwk("rfc7515-a2").getString("n"),
                bundle.getJsonObject("key").getString("n"));
        byte[] input = ForeignKeys.text("rfc7515-a2-input").getBytes(StandardCharsets.US_ASCII);
        assertEquals(ForeignKeys.text("rfc7515-a2-signature"), ForeignKeys.base64(signed("a2", "RS256", input)));
    }

    @Test
    void verifiesTheSignatureOfRfc7515AppendixA3() {
        imported("a3", ForeignKeys.body(ForeignKeys.jwk("rfc7515-a3")));
        byte[] input = ForeignKeys.text("rfc7515-a3-input").getBytes(StandardCharsets.US_ASCII);

        JsonObject verdict = client.post(
                        "/keys/a3/verify",
                        new JsonObject()
                                .put("alg", "ES256")
                                .put("digest", ForeignKeys.base64(PublicKeys.digest("ES256", input)))
                                .put("value", ForeignKeys.text("rfc7515-a3-signature")))
                .ok();

        assertTrue(verdict.getBoolean("value"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"rfc7517-a2-ec", "rfc7517-a2-rsa"})
    void takesThePairsOfRfc7517AppendixA2(String name) {
        JsonObject jwk = ForeignKeys.jwk(name);
        imported(name, ForeignKeys.body(jwk.copy()));
        String algorithm = jwk.getString("kty").equals("EC") ? "ES256" : "PS256";
        assertTrue(PublicKeys.verified(PublicKeys.of(jwk), algorithm, MESSAGE, signed(name, algorithm, MESSAGE)));
    }

    @ParameterizedTest
    @CsvSource({"P-256,ES256", "P-384,ES384", "P-521,ES512", "P-256K,ES256K"})
    void signsWithAPairOfEveryCurve(String curve, String algorithm) {
        KeyPair pair = ForeignKeys.pair(curve);
        JsonObject bundle = imported(curve, ForeignKeys.body(ForeignKeys.jwk(pair, curve)));

        JsonObject key = bundle.getJsonObject("key");
        assertEquals("EC-HSM", key.getString("kty"));
        assertEquals(curve, key.getString("crv"));
        assertEquals(new JsonArray().add("sign").add("verify"), key.getJsonArray("key_ops"));
        assertTrue(PublicKeys.verified(
                PublicKeys.of(ForeignKeys.jwk(pair, curve)), algorithm, MESSAGE, signed(curve, algorithm, MESSAGE)));
    }

    @Tag("slow")
    @ParameterizedTest
    @ValueSource(ints = {3072, 4096})
    void takesLargeRsaPairs(int bits) {
        KeyPair pair = ForeignKeys.rsa(bits);
        imported("rsa-" + bits, ForeignKeys.body(ForeignKeys.jwk(pair)));
        assertTrue(PublicKeys.verified(pair.getPublic(), "RS512", MESSAGE, signed("rsa-" + bits, "RS512", MESSAGE)));
    }

    @ParameterizedTest
    @ValueSource(ints = {16, 24, 32})
    void unwrapsWithASymmetricKeyWhatAnotherWrapped(int length) throws Exception {
        byte[] secret = new byte[length];
        secret[0] = (byte) length;
        JsonObject jwk = new JsonObject().put("kty", "oct-HSM").put("k", ForeignKeys.base64(secret));
        JsonObject bundle = imported("oct-" + length, ForeignKeys.body(jwk, "unwrapKey"));

        assertEquals(
                Set.of("kid", "kty", "key_ops"), bundle.getJsonObject("key").fieldNames());
        Cipher cipher = Cipher.getInstance("AES/KW/NoPadding");
        cipher.init(Cipher.WRAP_MODE, new SecretKeySpec(secret, "AES"));
        byte[] inner = new byte[32];
        byte[] wrapped = cipher.wrap(new SecretKeySpec(inner, "AES"));
        JsonObject answer = client.post(
                        "/keys/oct-" + length + "/unwrapkey",
                        new JsonObject().put("alg", "A" + 8 * length + "KW").put("value", ForeignKeys.base64(wrapped)))
                .ok();
        assertArrayEquals(inner, ForeignKeys.bytes(answer, "value"));
    }

    @Test
    void takesTheSymmetricKeyOfRfc7517AppendixA3() {
        JsonObject bundle = imported("a3-aes", ForeignKeys.body(ForeignKeys.jwk("rfc7517-a3-aes")));
        assertEquals(7, bundle.getJsonObject("key").getJsonArray("key_ops").size());
    }

    @Test
    void takesWhatIsSaidOfTheKey() {
        JsonObject body = ForeignKeys.body(ForeignKeys.jwk("rfc7515-a3"), "verify")
                .put("Hsm", false)
                .put("tags", new JsonObject().put("a", "b"))
                .put(
                        "attributes",
                        new JsonObject()
                                .put("enabled", false)
                                .put("nbf", 1_700_000_000)
                                .put("exp", 1_700_000_001)
                                .put("created", 1)
                                .put("hsmPlatform", "2"));
        JsonObject bundle = imported("said", body);

        assertEquals("EC-HSM", bundle.getJsonObject("key").getString("kty"));
        assertEquals(new JsonArray().add("verify"), bundle.getJsonObject("key").getJsonArray("key_ops"));
        assertEquals(new JsonObject().put("a", "b"), bundle.getJsonObject("tags"));
        JsonObject attributes = bundle.getJsonObject("attributes");
        assertFalse(attributes.getBoolean("enabled"));
        assertEquals(1_700_000_000, attributes.getInteger("nbf"));
        assertEquals(1_700_000_001, attributes.getInteger("exp"));
        assertNotEquals(1, attributes.getInteger("created"));
        assertFalse(attributes.containsKey("hsmPlatform"));
    }

    @Test
    void makesANewVersionOfAKeyThatIsThere() {
        String first = client.create("versions", new JsonObject().put("kty", "EC"))
                .getJsonObject("key")
                .getString("kid");
        String second = imported("versions", ForeignKeys.body(ForeignKeys.jwk("rfc7515-a2")))
                .getJsonObject("key")
                .getString("kid");

        assertNotEquals(first, second);
        assertEquals(
                second, client.get("/keys/versions").ok().getJsonObject("key").getString("kid"));
        assertTrue(
                client.get("/keys/versions/versions").ok().getJsonArray("value").size() >= 2);
    }

    /** In full length with zero bytes in front, with one for the sign, and with none: three clients' ways. */
    @Test
    void takesTheNumbersInTheFormsThatClientsWrite() {
        JsonObject jwk = ForeignKeys.jwk("rfc7515-a2");
        for (String member : new String[] {"n", "e", "d", "p", "q", "dp", "dq", "qi"}) {
            jwk.put(member, ForeignKeys.base64(new BigInteger(1, ForeignKeys.bytes(jwk, member)).toByteArray()));
        }
        imported("signed-form", ForeignKeys.body(jwk));
        JsonObject full = ForeignKeys.jwk("rfc7515-a2");
        for (String member : new String[] {"d", "p", "q", "dp", "dq", "qi"}) {
            byte[] fixed = new byte[member.equals("d") ? 256 : 128];
            byte[] digits = ForeignKeys.bytes(full, member);
            System.arraycopy(digits, 0, fixed, fixed.length - digits.length, digits.length);
            full.put(member, ForeignKeys.base64(fixed));
        }
        imported("full-form", ForeignKeys.body(full));
        JsonObject small = smallPair();
        imported("short-form", ForeignKeys.body(small));
        assertTrue(PublicKeys.verified(PublicKeys.of(small), "ES256", MESSAGE, signed("short-form", "ES256", MESSAGE)));
    }

    /** A pair whose scalar starts with a zero byte that is left out, with signed coordinates. */
    private static JsonObject smallPair() {
        while (true) {
            KeyPair pair = ForeignKeys.pair("P-256");
            JsonObject jwk = ForeignKeys.jwk(pair, "P-256");
            if (ForeignKeys.bytes(jwk, "d")[0] == 0) {
                for (String member : new String[] {"x", "y", "d"}) {
                    byte[] number = new BigInteger(1, ForeignKeys.bytes(jwk, member)).toByteArray();
                    jwk.put(member, ForeignKeys.base64(number));
                }
                return jwk;
            }
        }
    }

    @Test
    void takesStandardBase64WithPadding() {
        JsonObject jwk = ForeignKeys.jwk("rfc7515-a2");
        for (String member : new String[] {"n", "e", "d", "p", "q", "dp", "dq", "qi"}) {
            jwk.put(member, Base64.getEncoder().encodeToString(ForeignKeys.bytes(jwk, member)));
        }
        imported("padded", ForeignKeys.body(jwk));
    }

    @Test
    void takesAnExportableKeyWithItsPolicy() {
        JsonObject bundle = imported(
                "exportable",
                ForeignKeys.body(ForeignKeys.jwk("rfc7517-a3-aes"))
                        .put("attributes", new JsonObject().put("exportable", true))
                        .put("release_policy", UpdateIT.policy("https://one.test", false)));

        assertTrue(bundle.getJsonObject("attributes").getBoolean("exportable"));
        assertFalse(bundle.getJsonObject("release_policy").getBoolean("immutable"));
    }
}
