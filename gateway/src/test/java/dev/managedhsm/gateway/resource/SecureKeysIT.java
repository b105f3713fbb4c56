// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.resource;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.managedhsm.gateway.fixture.Answer;
import dev.managedhsm.gateway.fixture.Attester;
import dev.managedhsm.gateway.fixture.Enclave;
import dev.managedhsm.gateway.fixture.RunningHsm;
import io.vertx.core.json.JsonObject;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** Data keys that leave wrapped only: made, wrapped, and given to attested environments. */
class SecureKeysIT {
    private static final String VERSION = "?api-version=2026-04-01";
    private static final Attester ATTESTER = Attester.start();
    private static final Enclave ENCLAVE = new Enclave(3072);
    private static RunningHsm hsm;

    @BeforeAll
    static void start() {
        hsm = RunningHsm.start("localhost", List.of(ATTESTER.authority()));
        for (int bits : new int[] {128, 192, 256}) {
            hsm.client()
                    .create(
                            "oct-" + bits,
                            new JsonObject().put("kty", "oct-HSM").put("key_size", bits));
        }
        hsm.client().create("rsa", new JsonObject().put("kty", "RSA-HSM"));
        hsm.client().create("ec", new JsonObject().put("kty", "EC-HSM"));
        hsm.client()
                .create(
                        "policed",
                        new JsonObject()
                                .put("kty", "oct-HSM")
                                .put("attributes", new JsonObject().put("exportable", true))
                                .put("release_policy", Enclave.policy(ATTESTER.issuer(), "sevsnpvm")));
        hsm.client().create("signs", new JsonObject().put("kty", "oct-HSM").put("key_ops", List.of("sign")));
    }

    @AfterAll
    static void end() {
        RunningHsm.end(hsm);
        ATTESTER.close();
    }

    @TestFactory
    Stream<DynamicTest> wrapsAFreshKeyAndGivesItToTheEnvironment() {
        Map<String, List<String>> algorithms = new LinkedHashMap<>();
        algorithms.put("rsa", List.of("RSA-OAEP-256"));
        for (int bits : new int[] {128, 192, 256}) {
            String name = "A" + bits;
            algorithms.put(
                    "oct-" + bits, List.of(name + "KW", name + "KWPAD", "CKM_AES_KEY_WRAP", "CKM_AES_KEY_WRAP_PAD"));
        }
        return algorithms.entrySet().stream()
                .flatMap(key -> key.getValue().stream()
                        .map(alg -> dynamicTest(alg + " with " + key.getKey(), () -> roundTrip(key.getKey(), alg))));
    }

    private static void roundTrip(String name, String alg) throws Exception {
        JsonObject wrapped = wrap(name, alg).ok();
        assertEquals(List.of("alg", "kid", "value"), List.copyOf(wrapped.fieldNames()));
        assertEquals(alg, wrapped.getString("alg"));
        assertNotEquals(wrapped.getString("value"), wrap(name, alg).ok().getString("value"));
        JsonObject given =
                unwrap(name, alg, wrapped.getString("value"), token()).ok();
        assertEquals(wrapped.getString("kid"), given.getString("kid"));
        byte[] key = ENCLAVE.open(Base64.getUrlDecoder().decode(given.getString("value")), "SHA-256");
        assertEquals(32, key.length);
        if (!alg.endsWith("KWPAD")) { // plain unwrapping does not know these names
            JsonObject plain = hsm.client()
                    .post(
                            "/keys/" + name + "/unwrapkey",
                            new JsonObject().put("alg", alg).put("value", wrapped.getString("value")))
                    .ok();
            assertArrayEquals(key, Base64.getUrlDecoder().decode(plain.getString("value")));
        }
    }

    @Test
    void asksForTheReleasePolicyWhereThereIsOne() {
        String value = wrap("policed", "A256KW").ok().getString("value");
        Answer answer = unwrap("policed", "A256KW", value, token());
        answer.refused(403, "Forbidden");
        assertEquals("ReleasePolicyNotMet", answer.innerCode());
        unwrap(
                        "policed",
                        "A256KW",
                        value,
                        ENCLAVE.attested(ATTESTER, "sevsnpvm").text())
                .ok();
    }

    @Test
    void refusesAlgorithmsThatDoNotFit() {
        for (String alg : List.of("A128KW", "A128KWPAD", "RSA-OAEP-256", "A256GCM", "RSA-OAEP", "RSA1_5", "x")) {
            wrap("oct-256", alg).refused(400, "BadParameter");
        }
        wrap("ec", "A256KW").refused(400, "BadParameter");
        hsm.client()
                .post("/keys/oct-256/securewrapkey" + VERSION, new JsonObject())
                .refused(400, "BadParameter");
    }

    @Test
    void refusesKeysThatMayNotWrap() {
        Answer wrapped = wrap("signs", "A256KW");
        wrapped.refused(403, "Forbidden");
        assertEquals("KeyOperationForbidden", wrapped.innerCode());
        Answer unwrapped = unwrap("signs", "A256KW", "A".repeat(54), token());
        unwrapped.refused(403, "Forbidden");
        assertEquals("KeyOperationForbidden", unwrapped.innerCode());
    }

    @Test
    void refusesWhatIsNotWrappedUnderTheKey() {
        String value = wrap("oct-256", "A256KW").ok().getString("value");
        unwrap("oct-256", "A256KWPAD", value, token()).refused(400, "BadParameter");
        unwrap(
                        "policed",
                        "A256KW",
                        value,
                        ENCLAVE.attested(ATTESTER, "sevsnpvm").text())
                .refused(400, "BadParameter");
        unwrap("oct-256", "A256KW", "AAAA", token()).refused(400, "BadParameter");
        unwrap("oct-256", "A256KW", "*", token()).refused(400, "BadParameter");
    }

    @Test
    void givesNothingToWhoIsNotAttested() {
        String value = wrap("oct-256", "A256KW").ok().getString("value");
        Answer forged = unwrap(
                "oct-256",
                "A256KW",
                value,
                ATTESTER.token()
                        .runtimeKeys(ENCLAVE.jwk())
                        .signedBy(Attester.rsa(2048))
                        .text());
        forged.refused(403, "Forbidden");
        assertEquals("TargetSignature", forged.innerCode());
        unwrap("oct-256", "A256KW", value, ATTESTER.token().text()).refused(400, "BadParameter");
        JsonObject body = new JsonObject().put("alg", "A256KW").put("value", value);
        hsm.client().post("/keys/oct-256/secureunwrapkey" + VERSION, body).refused(400, "BadParameter");
    }

    @Test
    void isNotThereInOlderVersionsOfTheApi() {
        hsm.client()
                .post("/keys/oct-256/securewrapkey?api-version=2025-07-01", new JsonObject().put("alg", "A256KW"))
                .refused(404, "NotFound");
    }

    private static Answer wrap(String name, String alg) {
        return hsm.client().post("/keys/" + name + "//securewrapkey" + VERSION, new JsonObject().put("alg", alg));
    }

    private static Answer unwrap(String name, String alg, String value, String target) {
        return hsm.client()
                .post(
                        "/keys/" + name + "/secureunwrapkey" + VERSION,
                        new JsonObject().put("alg", alg).put("value", value).put("target", target));
    }

    private static String token() {
        return ATTESTER.token().runtimeKeys(ENCLAVE.jwk()).text();
    }
}
