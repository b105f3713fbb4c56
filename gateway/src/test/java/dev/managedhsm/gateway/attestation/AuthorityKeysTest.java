// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.attestation;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.managedhsm.gateway.attestation.Attestation.Proven;
import dev.managedhsm.gateway.attestation.Attestation.Rejected;
import dev.managedhsm.gateway.fixture.Attester;
import io.vertx.core.Vertx;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/** Where an authority's keys come from, how long they are kept, and what is not fetched. Time is the test's. */
class AuthorityKeysTest {
    private static final Vertx VERTX = Vertx.vertx();
    private static final ExecutorService WORK = Executors.newFixedThreadPool(2);

    private final Attester attester = Attester.start();
    private final Instant start = Instant.now();
    private volatile Duration passed = Duration.ZERO;
    private final AttestationVerifier verifier = verifier(attester.authority());

    @TempDir
    private Path folder;

    @AfterEach
    void end() {
        verifier.close();
        attester.close();
    }

    @AfterAll
    static void endAll() {
        WORK.shutdown();
        VERTX.close().await();
    }

    private AttestationVerifier verifier(AttestationAuthority authority) {
        return new AttestationVerifier(VERTX, List.of(authority), WORK, () -> start.plus(passed));
    }

    @Test
    void fetchesOnceAndKeepsWhatItFetched() throws Exception {
        for (int i = 0; i < 5; i++) {
            assertInstanceOf(Proven.class, verify(attester.token().text()));
        }
        assertEquals(1, attester.metadataRequests());
        assertEquals(1, attester.keyRequests());
    }

    @Test
    void fetchesOnceForAllWhoWait() throws Exception {
        attester.delay(300);
        List<CompletableFuture<Attestation>> all = IntStream.range(0, 20)
                .mapToObj(i ->
                        verifier.verify(attester.token().text(), issuer -> true).toCompletableFuture())
                .toList();
        for (CompletableFuture<Attestation> one : all) {
            assertInstanceOf(Proven.class, one.get(10, TimeUnit.SECONDS));
        }
        assertEquals(1, attester.keyRequests());
    }

    @Test
    void fetchesAgainForANewKeyButNotForEveryStranger() throws Exception {
        assertInstanceOf(Proven.class, verify(attester.token().text()));
        KeyPair next = Attester.rsa(2048);
        attester.publish(Attester.jwk(Attester.KID, attester.signing()), Attester.jwk("next", next));
        String rolled = attester.token().header("kid", "next").signedBy(next).text();
        assertEquals(Rejected.UNKNOWN_KEY, verify(rolled));
        assertEquals(1, attester.keyRequests());
        passed = AttestationLimits.PAUSE.plusSeconds(1);
        assertInstanceOf(Proven.class, verify(rolled));
        assertEquals(2, attester.keyRequests());
        assertEquals(
                Rejected.UNKNOWN_KEY,
                verify(attester.token().header("kid", "never").text()));
        assertEquals(2, attester.keyRequests());
    }

    @Test
    void fetchesAgainAfterAnHourAndForgetsWithdrawnKeys() throws Exception {
        assertInstanceOf(Proven.class, verify(attester.token().text()));
        attester.publish(Attester.jwk("next", Attester.rsa(2048)));
        passed = AttestationLimits.FRESH.plusSeconds(1);
        assertEquals(Rejected.UNKNOWN_KEY, verify(longLived()));
        assertEquals(2, attester.keyRequests());
    }

    @Test
    void usesItsLastKeysForSomeHoursWhileTheAuthorityIsAway() throws Exception {
        assertInstanceOf(Proven.class, verify(attester.token().text()));
        attester.answer(503);
        passed = AttestationLimits.FRESH.plusSeconds(1);
        assertInstanceOf(Proven.class, verify(longLived()));
        assertInstanceOf(Proven.class, verify(longLived()));
        assertEquals(2, attester.metadataRequests());
        passed = AttestationLimits.STALE_MAX.plusSeconds(1);
        assertEquals(Rejected.AUTHORITY_UNREACHABLE, verify(longLived()));
    }

    @Test
    void triesAgainOnlyAfterAPause() throws Exception {
        attester.answer(500);
        assertEquals(Rejected.AUTHORITY_UNREACHABLE, verify(attester.token().text()));
        attester.answer(200);
        assertEquals(Rejected.AUTHORITY_UNREACHABLE, verify(attester.token().text()));
        assertEquals(1, attester.metadataRequests());
        passed = AttestationLimits.PAUSE.plusSeconds(1);
        assertInstanceOf(Proven.class, verify(attester.token().text()));
    }

    @Test
    void leavesKeysOutThatShareAnId() throws Exception {
        try (Attester other = Attester.start();
                AttestationVerifier strict = verifier(other.authority())) {
            other.publish(Attester.jwk(Attester.KID, other.signing()), Attester.jwk(Attester.KID, Attester.rsa(2048)));

            assertEquals(Rejected.UNKNOWN_KEY, verify(strict, other.token().text()));
        }
    }

    @TestFactory
    Stream<DynamicTest> doesWithoutAnAuthorityThat() {
        String elsewhere = "https://127.0.0.1:"
                + attester.issuer().substring(attester.issuer().lastIndexOf(':') + 1);
        Map<String, Consumer<Attester>> bad = new LinkedHashMap<>();
        bad.put("answers 404", it -> it.answer(404));
        bad.put("redirects", it -> it.answer(302));
        bad.put("answers with metadata that is no JSON", it -> it.spoilMetadata(text -> "<html>"));
        bad.put(
                "answers with metadata of another issuer",
                it -> it.spoilMetadata(
                        text -> text.replace("\"issuer\":\"https://localhost", "\"issuer\":\"https://evil.example")));
        bad.put("has no jwks_uri", it -> it.spoilMetadata(text -> text.replace("jwks_uri", "x")));
        bad.put(
                "has keys on another host",
                it -> it.spoilMetadata(text ->
                        text.replace("\"jwks_uri\":\"https://localhost", "\"jwks_uri\":\"https://evil.example")));
        bad.put(
                "has keys on another name of its host",
                it -> it.spoilMetadata(
                        text -> text.replace("\"jwks_uri\":\"" + it.issuer(), "\"jwks_uri\":\"" + elsewhere)));
        bad.put(
                "has keys without TLS",
                it -> it.spoilMetadata(text -> text.replace("\"jwks_uri\":\"https", "\"jwks_uri\":\"http")));
        bad.put(
                "has keys on another port",
                it -> it.spoilMetadata(text -> text.replaceFirst("(jwks_uri\":\"https://localhost):\\d+", "$1:1")));
        bad.put(
                "has keys in a file",
                it -> it.spoilMetadata(
                        text -> text.replaceFirst("jwks_uri\":\"[^\"]*", "jwks_uri\":\"file:///etc/passwd")));
        bad.put("has an endless document", it -> it.spoilKeys(text -> text + " ".repeat(300 * 1024)));
        bad.put("has no keys", Attester::publish);
        return bad.entrySet().stream()
                .map(way -> dynamicTest(way.getKey(), () -> {
                    try (Attester other = Attester.start();
                            AttestationVerifier strict = verifier(other.authority())) {
                        way.getValue().accept(other);
                        assertEquals(
                                Rejected.AUTHORITY_UNREACHABLE,
                                verify(strict, other.token().text()));
                    }
                }));
    }

    @Test
    void believesNoHostWhoseCertificateItDoesNotKnow() throws Exception {
        try (Attester other = Attester.start();
                AttestationVerifier jdkTrust = verifier(new AttestationAuthority(attester.issuer(), null, null));
                AttestationVerifier otherTrust =
                        verifier(new AttestationAuthority(attester.issuer(), null, other.ca()))) {
            assertEquals(
                    Rejected.AUTHORITY_UNREACHABLE,
                    verify(jdkTrust, attester.token().text()));
            assertEquals(
                    Rejected.AUTHORITY_UNREACHABLE,
                    verify(otherTrust, attester.token().text()));
            assertEquals(0, attester.metadataRequests());
        }
    }

    @Test
    @Tag("slow")
    void givesUpOnASlowAuthority() throws Exception {
        attester.delay(60_000);
        long began = System.nanoTime();
        assertEquals(Rejected.AUTHORITY_UNREACHABLE, verify(attester.token().text()));
        assertEquals(true, System.nanoTime() - began < Duration.ofSeconds(8).toNanos());
    }

    @Test
    void readsKeysFromAFileWithoutAskingAnybody() throws Exception {
        Path file = folder.resolve("keys.json");
        AttestationAuthority authority = new AttestationAuthority(attester.issuer(), file, null);
        try (AttestationVerifier offline = verifier(authority)) {
            assertEquals(
                    Rejected.AUTHORITY_UNREACHABLE,
                    verify(offline, attester.token().text()));
            Files.writeString(
                    file,
                    new JsonObject()
                            .put("keys", new JsonArray().add(Attester.jwk(Attester.KID, attester.signing())))
                            .encode());
            passed = AttestationLimits.PAUSE.plusSeconds(1);
            assertInstanceOf(Proven.class, verify(offline, attester.token().text()));
            assertEquals(0, attester.metadataRequests());
        }
    }

    private String longLived() {
        return attester.token().claim("exp", start.getEpochSecond() + 86_400).text();
    }

    private Attestation verify(String token) throws Exception {
        return verify(verifier, token);
    }

    private static Attestation verify(AttestationVerifier verifier, String token) throws Exception {
        return verifier.verify(token, issuer -> true).toCompletableFuture().get(15, TimeUnit.SECONDS);
    }
}
