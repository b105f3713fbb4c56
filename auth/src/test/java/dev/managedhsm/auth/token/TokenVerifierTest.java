// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.auth.token;

import static dev.managedhsm.auth.fixture.Issuers.*;
import static dev.managedhsm.auth.fixture.TokenMint.quoted;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.managedhsm.auth.fixture.SigningKey;
import dev.managedhsm.auth.fixture.TokenMint;
import dev.managedhsm.auth.principal.Principal;
import dev.managedhsm.auth.principal.PrincipalKind;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class TokenVerifierTest {
    private final TokenVerifier verifier = verifier();

    private VerifiedToken accepted(String token) {
        return assertInstanceOf(VerifiedToken.class, verifier.verify(token));
    }

    private static Rejection refused(TokenVerifier verifier, String token) {
        return assertInstanceOf(Rejection.class, verifier.verify(token));
    }

    @ParameterizedTest
    @MethodSource("dev.managedhsm.auth.token.BadTokens#all")
    void refuses(BadToken bad) {
        Rejection rejection = refused(verifier, bad.token());
        assertEquals(bad.reason(), rejection.reason());
        assertEquals(bad.member(), rejection.member());
    }

    @Test
    void tableOfBadTokensIsLongAndWithoutRepetition() {
        List<BadToken> table = BadTokens.all();
        assertTrue(table.size() >= 600, "rows: " + table.size());
        Set<String> attacks = new HashSet<>();
        table.forEach(bad -> assertTrue(attacks.add(bad.attack()), bad.attack()));
    }

    @Test
    void tableOfBadTokensHasEveryReasonOfTheVerifier() {
        // Those of a header, of keys that were never seen, and of a connection, which no text alone can have.
        Set<RejectionReason> reasons = new HashSet<>(Set.of(
                RejectionReason.MISSING,
                RejectionReason.NOT_BEARER,
                RejectionReason.KEYS_STALE,
                RejectionReason.CERTIFICATE_MISSING,
                RejectionReason.CERTIFICATE_MISMATCH));
        BadTokens.all().forEach(bad -> reasons.add(bad.reason()));
        assertEquals(Set.of(RejectionReason.values()), reasons);
    }

    @ParameterizedTest
    @CsvSource({"RS256", "RS384", "RS512", "PS256"})
    void acceptsEveryRsaAlgorithm(String algorithm) {
        assertEquals(CALLER, accepted(mint().signed(RSA, algorithm)).principal().objectId());
    }

    @Test
    void acceptsEllipticCurves() {
        accepted(mint().signed(EC, "ES256"));
        accepted(mint().signed(EC384, "ES384"));
    }

    @Test
    void acceptsEachIssuerWithItsOwnKeyAndAudience() {
        assertEquals("first", accepted(mint().signed(RSA, "RS256")).issuerName());
        assertEquals("second", accepted(otherMint().signed(OTHER, "RS256")).issuerName());
    }

    @Test
    void readsThePrincipal() {
        String group = "9d0f4b4e-0000-4000-8000-00000000000b";
        TokenMint mint = mint().text("xms_mirid", "/subscriptions/1/resourcegroups/g/x")
                .claim(
                        "groups",
                        "[\"" + group.toUpperCase(Locale.ROOT) + "\",\"CONTOSO\\\\Admins\",\"" + group + "\"]");
        Principal expected = new Principal(
                TENANT,
                CALLER,
                APPLICATION,
                PrincipalKind.APP,
                "/subscriptions/1/resourcegroups/g/x",
                List.of(UUID.fromString(group)));
        assertEquals(expected, accepted(mint.signed(RSA, "RS256")).principal());
    }

    @Test
    void readsAPersonOfAVersion2Token() {
        TokenMint mint =
                mint().without("appid").text("azp", APPLICATION.toString()).text("idtyp", "user");
        Principal principal = accepted(mint.signed(RSA, "RS256")).principal();
        assertEquals(PrincipalKind.USER, principal.kind());
        assertEquals(APPLICATION, principal.applicationId());
    }

    @Test
    void readsATokenThatSaysLittle() {
        TokenMint mint = mint().without("appid").without("idtyp").without("nbf").without("iat");
        VerifiedToken verified = accepted(mint.withoutHeader("typ").signed(RSA, "RS256"));
        assertEquals(PrincipalKind.UNKNOWN, verified.principal().kind());
        assertNull(verified.principal().applicationId());
        assertNull(verified.principal().managedIdentityResourceId());
        assertEquals(0, verified.notBeforeSeconds());
        assertEquals(List.of(), verified.principal().groupIds());
    }

    @Test
    void foldsTheCaseOfGuids() {
        TokenMint mint = mint().text("oid", CALLER.toString().toUpperCase(Locale.ROOT))
                .text("tid", TENANT.toString().toUpperCase(Locale.ROOT));
        assertEquals(CALLER, accepted(mint.signed(RSA, "RS256")).principal().objectId());
    }

    @ParameterizedTest
    @ValueSource(strings = {"JWT", "jwt", "at+jwt", "AT+JWT", "application/at+jwt"})
    void acceptsTypesOfAccessTokens(String type) {
        accepted(mint().header("typ", quoted(type)).signed(RSA, "RS256"));
    }

    @Test
    void acceptsAnAudienceAmongOthers() {
        accepted(mint().claim("aud", "[\"https://a.example.org\",\"" + AUDIENCE + "\"]")
                .signed(RSA, "RS256"));
    }

    @Test
    void acceptsBothFormsOfAnAudienceWhenBothAreListed() {
        TokenIssuer issuer = new TokenIssuer(
                "first",
                TENANT,
                Set.of(FIRST_URL),
                Set.of(AUDIENCE, AUDIENCE_WITH_SLASH),
                Set.of(SignatureAlgorithm.RS256),
                SigningKey.jwks(RSA));
        TokenVerifier both = new TokenVerifier(TENANT, List.of(issuer), () -> Instant.ofEpochSecond(NOW));
        for (String audience : issuer.audiences()) {
            assertInstanceOf(
                    VerifiedToken.class,
                    both.verify(mint().text("aud", audience).signed(RSA, "RS256")));
        }
    }

    @ParameterizedTest
    @CsvSource({"-59, true", "-60, false", "0, true", "3600, true"})
    void acceptsUntilExpiryAndSkew(long fromNow, boolean good) {
        Verification verification = verifier.verify(
                mint().claim("exp", Long.toString(NOW + fromNow)).signed(RSA, "RS256"));
        assertEquals(good, verification instanceof VerifiedToken);
    }

    @ParameterizedTest
    @CsvSource({"nbf, 60, true", "nbf, 61, false", "iat, 60, true", "iat, 61, false"})
    void acceptsFromStartLessSkew(String claim, long fromNow, boolean good) {
        Verification verification = verifier.verify(
                mint().claim(claim, Long.toString(NOW + fromNow)).signed(RSA, "RS256"));
        assertEquals(good, verification instanceof VerifiedToken);
    }

    @Test
    void saysHowManySecondsATokenIsOff() {
        TokenVerifier late = verifierAt(NOW + 7200);
        Rejection expired = refused(late, mint().signed(RSA, "RS256"));
        assertEquals(3600, expired.secondsOff());
        TokenVerifier soon = verifierAt(NOW - 1000);
        Rejection early = refused(soon, mint().signed(RSA, "RS256"));
        assertEquals(RejectionReason.NOT_YET_VALID, early.reason());
        assertEquals(990, early.secondsOff());
    }

    @Test
    void verifiedTokenIsUnusableOnTheDot() {
        VerifiedToken verified = accepted(mint().signed(RSA, "RS256"));
        assertEquals(NOW + 3600 + 60, verified.expiresAtSeconds());
        assertTrue(verified.usableAt(NOW + 3659));
        assertFalse(verified.usableAt(NOW + 3660));
        assertEquals(NOW - 70, verified.notBeforeSeconds());
        assertTrue(verified.usableAt(NOW - 70));
        assertFalse(verified.usableAt(NOW - 71));
    }

    @Test
    void rejectionTellsWhatTheTokenClaimed() {
        Rejection rejection =
                refused(verifier, mint().text("aud", "https://x.example.org").signed(RSA, "RS256"));
        TokenDetails expected = new TokenDetails(
                FIRST_URL, "rsa-1", "RS256", List.of("https://x.example.org"), TENANT, CALLER, APPLICATION, NOW - 10);
        assertEquals(expected, rejection.details());
    }

    @Test
    void rejectionCannotForgeALogLine() {
        String kid = "a\\nb\\u001b[2Jc" + "d".repeat(500);
        Rejection rejection = refused(verifier, mint().signed(RSA.named(kid), "RS256"));
        String shown = assertInstanceOf(String.class, rejection.details().kid());
        assertEquals(TokenDetails.TEXT_LENGTH_MAX, shown.length());
        assertTrue(shown.startsWith("a?b?[2Jcddd"), shown);
    }

    @Test
    void nothingPrintsTheTokenOrItsSignature() {
        for (BadToken bad : BadTokens.all()) {
            Rejection rejection = refused(verifier, bad.token());
            String[] segments = bad.token().split("\\.", -1);
            for (String segment : segments) {
                assertFalse(segment.length() > 40 && rejection.toString().contains(segment), bad.attack());
            }
        }
        String good = mint().signed(RSA, "RS256");
        String printed = accepted(good).toString();
        for (String segment : good.split("\\.", -1)) {
            assertFalse(printed.contains(segment));
        }
    }

    @Test
    void refusesTwoIssuersOfOneName() {
        refusesIssuers(List.of(first(), first()), "called first");
    }

    @Test
    void refusesTwoIssuersThatClaimOneUrl() {
        TokenIssuer rival = new TokenIssuer(
                "rival",
                TENANT,
                Set.of(FIRST_URL),
                Set.of(AUDIENCE),
                Set.of(SignatureAlgorithm.RS256),
                SigningKey.jwks(OTHER));
        refusesIssuers(List.of(first(), rival), "both claim");
    }

    @Test
    void refusesAnIssuerOfAnotherTenant() {
        TokenIssuer foreign = new TokenIssuer(
                "foreign",
                CALLER,
                Set.of("https://x.example.org"),
                Set.of(AUDIENCE),
                Set.of(SignatureAlgorithm.RS256),
                SigningKey.jwks(OTHER));
        refusesIssuers(List.of(foreign), "belongs to tenant");
    }

    private static void refusesIssuers(List<TokenIssuer> issuers, String why) {
        IllegalArgumentException refusal = assertThrows(
                IllegalArgumentException.class,
                () -> new TokenVerifier(TENANT, issuers, () -> Instant.ofEpochSecond(NOW)));
        assertTrue(String.valueOf(refusal.getMessage()).contains(why), refusal.getMessage());
    }
}
