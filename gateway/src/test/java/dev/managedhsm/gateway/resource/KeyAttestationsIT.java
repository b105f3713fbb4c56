// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.resource;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.managedhsm.auth.role.BuiltInRoles;
import dev.managedhsm.gateway.fixture.AttestationVerifier;
import dev.managedhsm.gateway.fixture.PublicKeys;
import dev.managedhsm.gateway.fixture.RunningHsm;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Attestations over a real connection, judged by a verifier of its own. */
class KeyAttestationsIT {
    private static RunningHsm hsm;
    private static Caller admin;

    @BeforeAll
    static void start() {
        hsm = RunningHsm.start();
        admin = Caller.administrator(hsm);
    }

    @AfterAll
    static void stop() {
        RunningHsm.end(hsm);
    }

    private static JsonObject create(Caller caller, String name, String body) {
        return caller.post("/keys/" + name + "/create", new JsonObject(body)).ok();
    }

    private static byte[] decoded(JsonObject json, String name) {
        return Base64.getUrlDecoder().decode(json.getString(name));
    }

    private static X509Certificate certificate(JsonObject attestation) {
        return AttestationVerifier.certificate(decoded(attestation, "certificatePemFile"));
    }

    private static JsonObject attestation(JsonObject bundle) {
        return bundle.getJsonObject("attributes").getJsonObject("attestation");
    }

    private static JsonObject said(JsonObject attestation, String which) {
        JsonObject said = AttestationVerifier.verified(decoded(attestation, which), certificate(attestation));
        assertNotNull(said, which);
        return said;
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"kty\":\"RSA\",\"key_size\":2048}",
                "{\"kty\":\"EC\",\"crv\":\"P-256\"}",
                "{\"kty\":\"EC\",\"crv\":\"P-521\",\"key_ops\":[\"verify\",\"sign\"]}",
                "{\"kty\":\"EC\",\"crv\":\"P-256K\"}"
            })
    void attestsThePairThatTheBundleShows(String body) {
        JsonObject made = create(admin, "pair", body);
        JsonObject bundle = admin.get("/keys/pair/attestation").ok();
        JsonObject attestation = attestation(bundle);
        assertEquals("SOFTWARE-1", attestation.getString("version"));
        assertEquals(made.getJsonObject("key"), bundle.getJsonObject("key"));
        for (String which : List.of("privateKeyAttestation", "publicKeyAttestation")) {
            JsonObject said = said(attestation, which);
            JsonObject key = made.getJsonObject("key");
            assertEquals(which.startsWith("private") ? "private" : "public", said.getString("class"));
            assertEquals(key.getString("kid"), said.getString("id"));
            assertEquals(PublicKeys.of(key), PublicKeys.of(said.getJsonObject("jwk")));
            assertEquals(made.getJsonObject("attributes").getLong("created"), said.getLong("created"));
            assertEquals("software", said.getString("platform"));
            assertEquals("SOFTWARE-1", said.getString("version"));
            List<String> operations = new ArrayList<>();
            key.getJsonArray("key_ops").forEach(one -> operations.add((String) one));
            operations.sort(null);
            assertEquals(new JsonArray(operations), said.getJsonArray("key_ops"));
            assertEquals(said.fieldNames().stream().sorted().toList(), List.copyOf(said.fieldNames()));
            assertFalse(said.containsKey("local"));
        }
        JsonObject said = said(attestation, "privateKeyAttestation");
        assertEquals(true, said.getBoolean("sensitive"));
        assertEquals(false, said.getBoolean("extractable"));
    }

    @Test
    void attestsASymmetricKeyOnce() {
        JsonObject made = create(admin, "oct", "{\"kty\":\"oct\",\"key_size\":192}");
        JsonObject attestation = attestation(admin.get("/keys/oct/attestation").ok());
        assertFalse(attestation.containsKey("publicKeyAttestation"));
        JsonObject said = said(attestation, "privateKeyAttestation");
        assertEquals("secret", said.getString("class"));
        assertEquals(192, said.getInteger("key_size"));
        assertEquals(made.getJsonObject("key").getString("kid"), said.getString("id"));
        assertFalse(said.containsKey("jwk"));
    }

    @Test
    void aChangedStatementIsNotSigned() {
        create(admin, "changed", "{\"kty\":\"EC\"}");
        create(admin, "another", "{\"kty\":\"EC\"}");
        JsonObject attestation =
                attestation(admin.get("/keys/changed/attestation").ok());
        JsonObject other = attestation(admin.get("/keys/another/attestation").ok());
        X509Certificate certificate = certificate(attestation);
        byte[] statement = decoded(attestation, "publicKeyAttestation");
        for (int at = 0; at < statement.length - 1; at += 7) {
            byte[] changed = statement.clone();
            changed[at] ^= 1;
            assertNull(AttestationVerifier.verified(changed, certificate), "byte " + at);
        }
        String[] one = new String(statement, US_ASCII).split("\\.", -1);
        String[] two = new String(decoded(other, "publicKeyAttestation"), US_ASCII).split("\\.", -1);
        String swapped = one[0] + '.' + two[1] + '.' + one[2];
        assertNull(AttestationVerifier.verified(swapped.getBytes(US_ASCII), certificate));
    }

    @Test
    void theCertificateSaysThatThisIsSoftware() {
        create(admin, "subject", "{\"kty\":\"EC\"}");
        X509Certificate certificate =
                certificate(attestation(admin.get("/keys/subject/attestation").ok()));
        String subject = certificate.getSubjectX500Principal().getName();
        assertTrue(subject.contains("Software key attestation"), subject);
        assertTrue(subject.contains("not a hardware security module"), subject);
        assertEquals(-1, certificate.getBasicConstraints());
    }

    @Test
    void takesEveryFormOfThePath() {
        JsonObject first = create(admin, "forms", "{\"kty\":\"EC\"}");
        JsonObject second = create(admin, "forms", "{\"kty\":\"EC\"}");
        String version = version(first);
        assertEquals(
                kid(first),
                kid(admin.get("/keys/forms/" + version + "/attestation").ok()));
        assertEquals(
                kid(first),
                kid(admin.get("/KEYS/FORMS/" + version + "/Attestation/").ok()));
        assertEquals(kid(second), kid(admin.get("/keys/forms//attestation").ok()));
        assertEquals(kid(second), kid(admin.get("/keys/forms/attestation").ok()));
        assertFalse(second.getJsonObject("attributes").containsKey("attestation"));
        assertFalse(admin.get("/keys/forms").ok().getJsonObject("attributes").containsKey("attestation"));
    }

    private static String kid(JsonObject bundle) {
        return bundle.getJsonObject("key").getString("kid");
    }

    private static String version(JsonObject bundle) {
        return kid(bundle).substring(kid(bundle).lastIndexOf('/') + 1);
    }

    @Test
    void refusesAnUnknownKeyOrVersion() {
        create(admin, "known", "{\"kty\":\"EC\"}");
        admin.get("/keys/unknown/attestation").refused(404, "KeyNotFound");
        admin.get("/keys/known/" + "0".repeat(32) + "/attestation").refused(404, "KeyNotFound");
        admin.delete("/keys/known").ok();
        admin.get("/keys/known/attestation").refused(404, "KeyNotFound");
    }

    @Test
    void takesTheRightToRead() {
        create(admin, "readable", "{\"kty\":\"EC\"}");
        Caller user = Caller.fresh(hsm);
        user.get("/keys/readable/attestation").refused(403, "AccessDenied");
        admin.assign("/keys/readable", BuiltInRoles.CRYPTO_AUDITOR.id(), user.objectId);
        user.get("/keys/readable/attestation").ok();
    }

    @Test
    void keepsItsCertificate(@TempDir Path folder) {
        byte[] before;
        int port;
        try (RunningHsm first = RunningHsm.start(folder, 0)) {
            port = first.port();
            Caller caller = Caller.administrator(first);
            create(caller, "kept", "{\"kty\":\"EC\"}");
            before = decoded(attestation(caller.get("/keys/kept/attestation").ok()), "certificatePemFile");
            create(caller, "more", "{\"kty\":\"EC\"}");
        }
        try (RunningHsm again = RunningHsm.start(folder, port)) {
            JsonObject attestation = attestation(
                    Caller.administrator(again).get("/keys/kept/attestation").ok());
            assertEquals(AttestationVerifier.certificate(before), certificate(attestation));
            assertNotNull(said(attestation, "publicKeyAttestation"));
        }
        JsonObject elsewhere = create(admin, "elsewhere", "{\"kty\":\"EC\"}");
        assertNotNull(elsewhere);
        assertNotEquals(
                AttestationVerifier.certificate(before),
                certificate(attestation(admin.get("/keys/elsewhere/attestation").ok())));
    }
}
