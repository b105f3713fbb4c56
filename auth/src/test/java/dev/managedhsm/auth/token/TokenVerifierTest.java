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
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
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
    void aBoundTokenIsGoodWithItsCertificateOnly() {
        byte[] thumbprint = new byte[32];
        thumbprint[31] = 1;
        String claim = "{\"x5t#S256\":\"" + TokenMint.encode(thumbprint) + "\",\"unknown\":1}";
        VerifiedToken verified = accepted(mint().claim("cnf", claim).signed(RSA, "RS256"));
        assertTrue(verified.bound());
        assertNull(verified.refusedOn(thumbprint));
        Rejection without = assertInstanceOf(Rejection.class, verified.refusedOn(null));
        assertEquals(RejectionReason.CERTIFICATE_MISSING, without.reason());
        assertEquals(CALLER, without.details().objectId());
        assertEquals("first", without.issuerName());
        for (byte[] other : List.of(new byte[32], new byte[0], new byte[31])) {
            Rejection mismatch = assertInstanceOf(Rejection.class, verified.refusedOn(other));
            assertEquals(RejectionReason.CERTIFICATE_MISMATCH, mismatch.reason());
        }
        VerifiedToken free = accepted(mint().signed(RSA, "RS256"));
        assertFalse(free.bound());
        assertNull(free.refusedOn(null));
        assertNull(free.refusedOn(thumbprint));
    }

    @Test
    void saysWhenGroupsWereLeftOut() {
        assertFalse(accepted(mint().signed(RSA, "RS256")).groupsOmitted());
        assertFalse(accepted(mint().claim("hasgroups", "false").signed(RSA, "RS256"))
                .groupsOmitted());
        assertFalse(accepted(mint().claim("_claim_names", "{\"wids\":\"src1\"}").signed(RSA, "RS256"))
                .groupsOmitted());
        VerifiedToken implicit = accepted(mint().claim("hasgroups", "true").signed(RSA, "RS256"));
        assertTrue(implicit.groupsOmitted());
        assertEquals(List.of(), implicit.principal().groupIds());
        assertTrue(
                accepted(mint().claim("_claim_names", "{\"groups\":\"src1\"}").signed(RSA, "RS256"))
                        .groupsOmitted());
    }

    @Test
    void aRejectionJudgesEachClaim() {
        Rejection rejection = refused(
                verifier,
                mint().text("aud", "x").claim("exp", "1").without("oid").signed(RSA, "RS256"));
        assertEquals(RejectionReason.MISSING_CLAIM, rejection.reason());
        assertTrue(rejection.reason().proven());
        Map<String, ClaimVerdict.Verdict> verdicts = new HashMap<>();
        rejection.verdicts().forEach(verdict -> {
            verdicts.put(verdict.name(), verdict.verdict());
            assertFalse(verdict.expected().isEmpty(), verdict.name());
        });
        for (String bad : List.of("aud", "exp", "oid")) {
            assertEquals(ClaimVerdict.Verdict.BAD, verdicts.remove(bad), bad);
        }
        assertEquals(Set.of(ClaimVerdict.Verdict.GOOD), Set.copyOf(verdicts.values()));
        Rejection stranger = refused(verifier, mint().text("iss", "x").signed(RSA, "RS256"));
        assertFalse(stranger.reason().proven());
        assertTrue(stranger.verdicts().contains(new ClaimVerdict("aud", true, ClaimVerdict.Verdict.NOT_JUDGED)));
        assertTrue(stranger.verdicts().contains(new ClaimVerdict("signature", true, ClaimVerdict.Verdict.NOT_JUDGED)));
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
