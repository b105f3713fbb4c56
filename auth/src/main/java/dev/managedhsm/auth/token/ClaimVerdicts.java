// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.auth.token;

import static dev.managedhsm.auth.token.ClaimVerdict.Verdict.BAD;
import static dev.managedhsm.auth.token.ClaimVerdict.Verdict.GOOD;
import static dev.managedhsm.auth.token.ClaimVerdict.Verdict.NOT_JUDGED;

import dev.managedhsm.auth.principal.Guid;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Goes through a refused token member by member, so that whoever reads the record sees at once everything that is wrong
 * with it and not the first thing only. Made for a refusal, never for a good token.
 */
final class ClaimVerdicts {
    private final Members header;
    private final Members claims;
    private final @Nullable TokenIssuer issuer;
    private final UUID tenantId;
    private final long nowSeconds;
    private final Rejection rejection;
    private final List<ClaimVerdict> verdicts = new ArrayList<>();

    /**
     * @param issuer whom the token names, when trusted
     * @param tenantId the HSM's
     * @param rejection what ended the verification
     */
    ClaimVerdicts(
            Members header,
            Members claims,
            @Nullable TokenIssuer issuer,
            UUID tenantId,
            long nowSeconds,
            Rejection rejection) {
        this.header = header;
        this.claims = claims;
        this.issuer = issuer;
        this.tenantId = tenantId;
        this.nowSeconds = nowSeconds;
        this.rejection = rejection;
    }

    List<ClaimVerdict> all() {
        verdicts.add(new ClaimVerdict("typ", header.has("typ"), typ()));
        verdicts.add(new ClaimVerdict("alg", header.has("alg"), alg()));
        verdicts.add(new ClaimVerdict("kid", header.has("kid"), until(RejectionReason.UNKNOWN_KEY)));
        boolean signed = rejection.reason() != RejectionReason.UNSIGNED;
        verdicts.add(new ClaimVerdict("signature", signed, signed ? until(RejectionReason.BAD_SIGNATURE) : BAD));
        claim("iss", issuer != null);
        claim("tid", tenantId.equals(Guid.parse(claims.text("tid"))));
        List<String> audiences = claims.texts("aud");
        TokenIssuer known = issuer;
        if (known == null) {
            verdicts.add(new ClaimVerdict("aud", claims.has("aud"), NOT_JUDGED));
        } else {
            claim("aud", audiences != null && audiences.stream().anyMatch(known.audiences()::contains));
        }
        claim("oid", Guid.parse(claims.text("oid")) != null);
        long skew = known == null ? TokenIssuer.CLOCK_SKEW_SECONDS_DEFAULT : known.clockSkewSeconds();
        Long expires = ClaimRules.seconds(claims, "exp");
        claim("exp", expires != null && nowSeconds < expires + skew);
        for (String name : List.of("nbf", "iat")) {
            Long from = ClaimRules.seconds(claims, name);
            claim(name, !claims.has(name) || (from != null && nowSeconds >= from - skew));
        }
        List<String> groups = claims.texts("groups");
        claim("groups", !claims.has("groups") || (groups != null && groups.size() <= ClaimRules.GROUPS_MAX));
        boolean binding = CertificateBinding.malformed(claims) || CertificateBinding.demandsOtherProof(claims);
        verdicts.add(new ClaimVerdict("cnf", claims.has("cnf"), binding ? BAD : claims.has("cnf") ? NOT_JUDGED : GOOD));
        return List.copyOf(verdicts);
    }

    private void claim(String name, boolean good) {
        verdicts.add(new ClaimVerdict(name, claims.has(name), good ? GOOD : BAD));
    }

    private ClaimVerdict.Verdict typ() {
        return !header.has("typ") || TokenVerifier.knownType(header.text("typ")) ? GOOD : BAD;
    }

    private ClaimVerdict.Verdict alg() {
        boolean unsigned = rejection.reason() == RejectionReason.UNSIGNED;
        return unsigned || header.text("alg") == null ? BAD : until(RejectionReason.ALGORITHM_NOT_ALLOWED);
    }

    /** Bad when this reason decided, good when a later one did: reasons are in the order of the checks. */
    private ClaimVerdict.Verdict until(RejectionReason reason) {
        int order = rejection.reason().compareTo(reason);
        return order == 0 ? BAD : order > 0 ? GOOD : NOT_JUDGED;
    }
}
