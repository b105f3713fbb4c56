// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.auth.token;

import static dev.managedhsm.auth.fixture.Issuers.*;
import static dev.managedhsm.auth.fixture.TokenMint.encode;
import static dev.managedhsm.auth.fixture.TokenMint.utf8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.managedhsm.auth.fixture.SigningKey;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Time stands still unless a test moves it, and a fetch ends when a test says so. */
class KeyRefreshTest {
    private static final URI KEYS_URL = URI.create("https://login.example.org/keys");
    private static final URI METADATA_URL = URI.create("https://login.example.org/.well-known/openid-configuration");
    private static final KeySchedule SCHEDULE =
            new KeySchedule(Duration.ofHours(1), Duration.ofHours(24), Duration.ofHours(2));

    @TempDir
    @SuppressWarnings("NullAway.Init")
    private Path folder;

    private long nowSeconds = NOW;
    private final World world = new World();
    private final List<String> told = new ArrayList<>();

    /** What lies behind URLs. */
    private static final class World implements KeyFetch {
        final Map<URI, String> texts = new HashMap<>();
        final List<URI> fetched = new ArrayList<>();

        @Nullable
        CompletableFuture<String> held;

        @Override
        public CompletionStage<String> fetch(URI url, @Nullable Path trustedCertificates) {
            fetched.add(url);
            if (held != null) {
                return held;
            }
            String text = texts.get(url);
            return text == null
                    ? CompletableFuture.failedFuture(new IOException("the server is gone"))
                    : CompletableFuture.completedFuture(text);
        }
    }

    private record Trust(TokenVerifier verifier, KeyRefresh refresh) {
        Verification verify(String token) {
            return verifier.verify(token);
        }

        RejectionReason reason(String token) {
            return assertInstanceOf(Rejection.class, verifier.verify(token)).reason();
        }

        void accepts(String token) {
            assertInstanceOf(VerifiedToken.class, verifier.verify(token));
        }

        KeyRefresh.State state() {
            return refresh.states().getFirst();
        }
    }

    private Trust trust(KeySource keys) {
        TokenIssuer issuer = new TokenIssuer(
                "first",
                TENANT,
                Set.of(FIRST_URL),
                Set.of(AUDIENCE),
                EnumSet.allOf(SignatureAlgorithm.class),
                keys,
                SCHEDULE,
                60);
        TokenVerifier verifier = new TokenVerifier(TENANT, List.of(issuer), () -> Instant.ofEpochSecond(nowSeconds));
        KeyRefresh refresh = new KeyRefresh(
                verifier,
                world,
                Runnable::run,
                () -> Instant.ofEpochSecond(nowSeconds),
                (name, failure) -> told.add(name + ": " + failure));
        return new Trust(verifier, refresh);
    }

    private Trust trustWith(SigningKey... keys) {
        publish(keys);
        Trust trust = trust(new KeySource.AtUrl(KEYS_URL, null));
        trust.refresh.tick();
        return trust;
    }

    private void publish(SigningKey... keys) {
        world.texts.put(KEYS_URL, SigningKey.jwks(keys));
    }

    /** Good at the time it is minted, and for long. */
    private String token(SigningKey key) {
        return mint().claim("exp", Long.toString(NOW + 30L * 24 * 3600))
                .signed(key, key.kid().startsWith("ec") ? "ES256" : "RS256");
    }

    private void pass(Trust trust, Duration time) {
        nowSeconds += time.toSeconds();
        trust.refresh.tick();
    }

    @Test
    void tokensOfAnIssuerWhoseKeysNeverCameAreNotJudged() {
        Trust trust = trust(new KeySource.AtUrl(KEYS_URL, null));
        assertEquals(RejectionReason.KEYS_STALE, trust.reason(token(RSA)));
        trust.refresh.tick();
        assertEquals(RejectionReason.KEYS_STALE, trust.reason(token(RSA)));
        assertEquals(List.of("first: The keys of token issuer first could not be fetched: the server is gone."), told);
        publish(RSA);
        pass(trust, Duration.ofMinutes(1));
        trust.accepts(token(RSA));
        assertNull(trust.state().failure());
    }

    @Test
    void fetchesOnItsScheduleAndNotBetween() {
        Trust trust = trustWith(RSA);
        for (int minutes = 0; minutes < 59; minutes++) {
            pass(trust, Duration.ofMinutes(1));
        }
        assertEquals(1, world.fetched.size());
        pass(trust, Duration.ofMinutes(1));
        assertEquals(2, world.fetched.size());
        assertEquals(2, trust.state().fetches());
    }

    @Test
    void anUnknownKeyHasKeysFetchedTwiceAMinuteAtMost() {
        Trust trust = trustWith(RSA);
        List<Long> times = new ArrayList<>(List.of(nowSeconds));
        String[] parts = token(RSA).split("\\.", -1);
        for (int i = 0; i < 10_000; i++) {
            if (i % 50 == 0) {
                nowSeconds++;
            }
            int before = world.fetched.size();
            String header = encode(utf8("{\"alg\":\"RS256\",\"kid\":\"kid" + i + "\"}"));
            Rejection rejection =
                    assertInstanceOf(Rejection.class, trust.verify(header + "." + parts[1] + "." + parts[2]));
            assertTrue(rejection.keyMayBeNew());
            var _ = trust.refresh.wanted("first");
            trust.refresh.tick();
            if (world.fetched.size() > before) {
                times.add(nowSeconds);
            }
        }
        for (int i = KeyRefresh.FETCHES_PER_MINUTE_MAX; i < times.size(); i++) {
            assertTrue(times.get(i) - times.get(i - KeyRefresh.FETCHES_PER_MINUTE_MAX) >= 60, times.toString());
        }
        assertTrue(times.size() >= 6, "it goes on asking: " + times);
        trust.accepts(token(RSA));
    }

    @Test
    void callersShareTheFlightInProgress() {
        Trust trust = trustWith(RSA);
        world.held = new CompletableFuture<>();
        CompletableFuture<Void> first = present(trust.refresh.wanted("first"));
        for (int i = 0; i < 100; i++) {
            assertSame(first, trust.refresh.wanted("first"));
        }
        assertEquals(2, world.fetched.size());
        assertFalse(first.isDone());
        world.held.complete(SigningKey.jwks(RSA, OTHER));
        assertTrue(first.isDone());
        trust.accepts(token(OTHER));
        world.held = null;
        assertNull(trust.refresh.wanted("first"), "two in this minute");
    }

    private static CompletableFuture<Void> present(@Nullable CompletableFuture<Void> flight) {
        assertNotNull(flight);
        return flight;
    }

    @Test
    void tokensWithoutAUsableKeyIdHaveNothingFetched() {
        Trust trust = trustWith(RSA);
        for (String token : List.of(
                mint().header("alg", "\"RS256\"").signedAsIs(RSA, "RS256"), mint().signed(RSA.named(""), "RS256"))) {
            Rejection rejection = assertInstanceOf(Rejection.class, trust.verify(token));
            assertEquals(RejectionReason.UNKNOWN_KEY, rejection.reason());
            assertFalse(rejection.keyMayBeNew());
        }
        assertNull(trust.refresh.wanted("nobody"));
    }

    @Test
    void aKeyThatIsMissingOnceIsStillBelieved() {
        Trust trust = trustWith(RSA, OTHER);
        VerifiedToken verified = assertInstanceOf(VerifiedToken.class, trust.verify(token(OTHER)));
        publish(RSA);
        pass(trust, Duration.ofHours(1));
        trust.accepts(token(OTHER));
        assertTrue(verified.usableAt(nowSeconds));
        publish(RSA, OTHER);
        pass(trust, Duration.ofHours(1));
        publish(RSA);
        pass(trust, Duration.ofHours(1));
        trust.accepts(token(OTHER));
    }

    @Test
    void aKeyThatStaysMissingEndsAtItsOwnBound() {
        Trust trust = trustWith(RSA, OTHER);
        VerifiedToken verified = assertInstanceOf(VerifiedToken.class, trust.verify(token(OTHER)));
        VerifiedToken stays = assertInstanceOf(VerifiedToken.class, trust.verify(token(RSA)));
        publish(RSA);
        pass(trust, Duration.ofHours(1));
        nowSeconds = NOW + 2 * 3600 - 1;
        trust.accepts(token(OTHER));
        nowSeconds++;
        assertEquals(RejectionReason.UNKNOWN_KEY, trust.reason(token(OTHER)));
        assertFalse(verified.usableAt(nowSeconds), "a token in a cache ends with its key");
        assertTrue(stays.usableAt(nowSeconds), "and no other does");
        pass(trust, Duration.ofHours(1));
        assertEquals(List.of("rsa-1"), trust.state().kids());
    }

    @Test
    void anotherKeyUnderTheSameIdEndsTheFirst() {
        Trust trust = trustWith(RSA);
        VerifiedToken verified = assertInstanceOf(VerifiedToken.class, trust.verify(token(RSA)));
        publish(STRANGER);
        pass(trust, Duration.ofHours(1));
        assertEquals(RejectionReason.BAD_SIGNATURE, trust.reason(token(RSA)));
        assertFalse(verified.usableAt(nowSeconds));
        trust.accepts(token(STRANGER));
    }

    @Test
    void newKeysLeaveVerifiedTokensUsable() {
        Trust trust = trustWith(RSA);
        VerifiedToken verified = assertInstanceOf(VerifiedToken.class, trust.verify(token(RSA)));
        publish(RSA, EC);
        pass(trust, Duration.ofHours(1));
        assertTrue(verified.usableAt(nowSeconds));
        trust.accepts(token(EC));
    }

    @Test
    void anOutageIsSurvivedUntilTheBoundAndNoLonger() {
        Trust trust = trustWith(RSA);
        TokenCache cache = new TokenCache();
        String token = token(RSA);
        cache.keep(token, assertInstanceOf(VerifiedToken.class, trust.verify(token)));
        world.texts.clear();
        for (int hours = 1; hours < 24; hours++) {
            pass(trust, Duration.ofHours(1));
            trust.accepts(token);
            assertNotNull(cache.find(token, nowSeconds));
        }
        nowSeconds = NOW + 24 * 3600 - 1;
        trust.accepts(token);
        assertNotNull(cache.find(token, nowSeconds));
        nowSeconds++;
        assertNull(cache.find(token, nowSeconds));
        assertEquals(RejectionReason.KEYS_STALE, trust.reason(token));
        assertEquals(RejectionReason.KEYS_STALE, trust.reason(token(STRANGER.named("x"))));
        publish(RSA);
        pass(trust, Duration.ofMinutes(1));
        trust.accepts(token);
        assertNotNull(told.getLast());
    }

    @Test
    void aSetThatCannotBeUsedIsAnOutageToo() {
        Trust trust = trustWith(RSA);
        for (String broken : List.of("", "{\"keys\":[]}", "<html>", SigningKey.jwks(RSA, OTHER.named("rsa-1")))) {
            world.texts.put(KEYS_URL, broken);
            pass(trust, Duration.ofHours(1));
            trust.accepts(token(RSA));
            assertTrue(told.getLast().contains("first: The keys of token issuer first"), told.getLast());
        }
    }

    @Test
    void aClockThatIsSetBackDoesNotStopTheSchedule() {
        Trust trust = trustWith(RSA);
        nowSeconds -= 30L * 24 * 3600;
        publish(RSA, EC);
        trust.refresh.tick();
        assertEquals(List.of("ec-1", "rsa-1"), trust.state().kids());
    }

    @Test
    void boundsHowManyMissingKeysItKeeps() {
        Trust trust = trustWith(RSA);
        for (int i = 0; i < 100; i++) {
            publish(OTHER.named("k" + i));
            pass(trust, Duration.ofMinutes(1));
            var _ = trust.refresh.wanted("first");
        }
        assertTrue(
                trust.state().kids().size() <= TrustedKeys.KEYS_MAX,
                trust.state().kids().toString());
    }

    private void metadata(String issuer, String jwksUri) {
        world.texts.put(METADATA_URL, "{\"issuer\":\"" + issuer + "\",\"jwks_uri\":\"" + jwksUri + "\"}");
    }

    @Test
    void discoversWhereTheKeysAre() {
        metadata(FIRST_URL, KEYS_URL.toString());
        publish(RSA);
        Trust trust = trust(new KeySource.ByDiscovery(METADATA_URL, null));
        trust.refresh.tick();
        assertEquals(List.of(METADATA_URL, KEYS_URL), world.fetched);
        trust.accepts(token(RSA));
    }

    @Test
    void believesNoMetadataOfAnotherIssuer() {
        publish(RSA);
        for (String issuer : List.of(SECOND_URL, FIRST_URL.substring(0, FIRST_URL.length() - 1), "")) {
            metadata(issuer, KEYS_URL.toString());
            Trust trust = trust(new KeySource.ByDiscovery(METADATA_URL, null));
            trust.refresh.tick();
            assertTrue(told.getLast().contains("another issuer's"), told.getLast());
            assertEquals(RejectionReason.KEYS_STALE, trust.reason(token(RSA)));
        }
        assertFalse(world.fetched.contains(KEYS_URL));
    }

    @Test
    void metadataCannotLeadAwayFromHttps() {
        for (String url : List.of("http://login.example.org/keys", "file:///etc/keys", "keys", "https://", " ")) {
            metadata(FIRST_URL, url);
            trust(new KeySource.ByDiscovery(METADATA_URL, null)).refresh.tick();
            assertTrue(told.getLast().contains("no https URL"), told.getLast());
        }
        world.texts.put(METADATA_URL, "{\"issuer\":\"" + FIRST_URL + "\"}");
        trust(new KeySource.ByDiscovery(METADATA_URL, null)).refresh.tick();
        assertTrue(told.getLast().contains("names no"), told.getLast());
    }

    @Test
    void aFileIsReadAgainWhenItChangesAndItsOwnerIsObeyed() throws IOException {
        Path file = folder.resolve("keys.json");
        Trust trust = trust(new KeySource.InFile(file));
        trust.refresh.tick();
        assertTrue(told.getLast().contains("cannot be read"), told.getLast());
        Files.writeString(file, SigningKey.jwks(RSA, OTHER));
        pass(trust, Duration.ofSeconds(5));
        VerifiedToken verified = assertInstanceOf(VerifiedToken.class, trust.verify(token(OTHER)));
        Files.writeString(file, SigningKey.jwks(RSA));
        pass(trust, Duration.ofSeconds(5));
        assertEquals(RejectionReason.UNKNOWN_KEY, trust.reason(token(OTHER)));
        assertFalse(verified.usableAt(nowSeconds));
        trust.accepts(token(RSA));
        assertNull(trust.refresh.wanted("first"), "a file is looked at on its schedule only");
        Files.writeString(file, "x".repeat(KeyFetch.LENGTH_MAX + 1));
        pass(trust, Duration.ofSeconds(5));
        assertTrue(told.getLast().contains("longer than"), told.getLast());
        trust.accepts(token(RSA));
    }
}
