// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.auth.token;

import dev.managedhsm.auth.principal.Guid;
import dev.managedhsm.auth.principal.Principal;
import dev.managedhsm.auth.principal.PrincipalKind;
import java.util.List;
import java.util.Objects;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * What the claims of a token must say once its signature is good (RFC 7519 section 4.1, and the directory's own claims).
 * Belongs to one verification.
 */
final class ClaimRules {
    /** Most groups that a token may name. A directory leaves them out long before. */
    static final int GROUPS_MAX = 256;

    /** The year 9999. Times beyond are nonsense, and adding a clock skew to these cannot overflow. */
    private static final long SECONDS_MAX = 253_402_300_799L;

    private static final List<String> TIMES = List.of("exp", "nbf", "iat");

    private final Members claims;
    private final TokenDetails details;

    ClaimRules(Members claims, TokenDetails details) {
        this.claims = claims;
        this.details = details;
    }

    /**
     * The claim that has a form it may not have, or null. Needs no signature, and comes before the library, which does
     * not expect such claims.
     */
    static @Nullable String malformed(Members claims) {
        for (String name : TIMES) {
            if (claims.has(name) && seconds(claims, name) == null) {
                return name;
            }
        }
        for (String name : List.of("aud", "groups")) {
            if (claims.has(name) && claims.texts(name) == null) {
                return name;
            }
        }
        for (String name : List.of("tid", "oid", "idtyp", "xms_mirid")) {
            if (claims.has(name) && claims.text(name) == null) {
                return name;
            }
        }
        if (claims.has("oid") && Guid.parse(claims.text("oid")) == null) {
            return "oid";
        }
        if (CertificateBinding.malformed(claims)) {
            return "cnf";
        }
        String resourceId = claims.text("xms_mirid");
        return resourceId != null && resourceId.chars().anyMatch(Character::isISOControl) ? "xms_mirid" : null;
    }

    /** A time, or null when the claim is absent or no second of the years 1970 to 9999. */
    static @Nullable Long seconds(Members claims, String name) {
        Long seconds = claims.number(name);
        return seconds == null || seconds < 0 || seconds > SECONDS_MAX ? null : seconds;
    }

    /**
     * The verified token, or the first claim in the order of {@link RejectionReason} that is not as it must be.
     *
     * @param issuer whose signature the token has
     * @param keyLife until when the key that signed it is believed
     */
    Verification verify(TokenIssuer issuer, KeyLife keyLife, long nowSeconds) {
        for (String name : List.of("tid", "aud", "exp", "oid")) {
            if (!claims.has(name)) {
                return Rejection.of(RejectionReason.MISSING_CLAIM, name, details);
            }
        }
        if (!issuer.tenantId().equals(Guid.parse(claims.text("tid")))) {
            return Rejection.of(RejectionReason.WRONG_TENANT, "tid", details);
        }
        List<String> audiences = claims.texts("aud");
        if (audiences == null || audiences.stream().noneMatch(issuer.audiences()::contains)) {
            return Rejection.of(RejectionReason.WRONG_AUDIENCE, "aud", details);
        }
        long skew = issuer.clockSkewSeconds();
        long expires = Objects.requireNonNull(claims.number("exp"));
        if (nowSeconds >= expires + skew) {
            return Rejection.of(RejectionReason.EXPIRED, "exp", details, nowSeconds - expires);
        }
        Rejection early = early("nbf", nowSeconds, skew);
        early = early != null ? early : early("iat", nowSeconds, skew);
        if (early != null) {
            return early;
        }
        List<String> groups = claims.texts("groups");
        if (groups != null && groups.size() > GROUPS_MAX) {
            return Rejection.of(RejectionReason.TOO_MANY_GROUPS, "groups", details);
        }
        if (CertificateBinding.demandsOtherProof(claims)) {
            return Rejection.of(RejectionReason.PROOF_NOT_SUPPORTED, "cnf", details);
        }
        Long notBefore = claims.number("nbf");
        long startSeconds = notBefore == null ? 0 : Math.max(0, notBefore - skew);
        return new VerifiedToken(
                principal(issuer.tenantId(), Objects.requireNonNull(Guid.parse(claims.text("oid")))),
                new VerifiedToken.Times(expires + skew, startSeconds, claims.number("iat")),
                issuer.name(),
                keyLife,
                new VerifiedToken.Terms(groupsOmitted(), CertificateBinding.of(claims)));
    }

    /** A directory that leaves groups out says so in one of two ways, by the flow that the token came from. */
    private boolean groupsOmitted() {
        Members elsewhere = claims.object("_claim_names");
        return claims.isTrue("hasgroups") || (elsewhere != null && elsewhere.has("groups"));
    }

    private @Nullable Rejection early(String name, long nowSeconds, long skew) {
        Long seconds = claims.number(name);
        return seconds == null || nowSeconds >= seconds - skew
                ? null
                : Rejection.of(RejectionReason.NOT_YET_VALID, name, details, seconds - nowSeconds);
    }

    private Principal principal(UUID tenantId, UUID objectId) {
        String kindText = claims.text("idtyp");
        PrincipalKind kind = kindText == null
                ? PrincipalKind.UNKNOWN
                : switch (kindText) {
                    case "app" -> PrincipalKind.APP;
                    case "user" -> PrincipalKind.USER;
                    default -> PrincipalKind.UNKNOWN;
                };
        List<String> groups = claims.texts("groups");
        // Groups that are named otherwise than by GUID cannot be named by a role assignment.
        List<UUID> groupIds = groups == null
                ? List.of()
                : groups.stream().map(Guid::parse).filter(Objects::nonNull).toList();
        return new Principal(tenantId, objectId, claims.applicationId(), kind, claims.text("xms_mirid"), groupIds);
    }
}
