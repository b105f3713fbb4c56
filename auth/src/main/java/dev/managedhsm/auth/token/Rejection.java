// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.auth.token;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Why a token was refused, and what it said about itself, without the token. For those who operate the HSM: the caller
 * reads no more than {@link RejectionReason#hint}.
 *
 * @param reason from the closed list
 * @param member the header member or claim that decided, as the token names it; empty when none did
 * @param details what the token claims
 * @param secondsOff how many seconds the token is too late or too early, clock skew not counted; 0 for other reasons
 * @param issuerName the configured name of the issuer whom the token names, or null when nobody is trusted by that URL
 * @param verdicts member by member; empty when there was nothing to read
 */
public record Rejection(
        RejectionReason reason,
        String member,
        TokenDetails details,
        long secondsOff,
        @Nullable String issuerName,
        List<ClaimVerdict> verdicts)
        implements Verification {
    /** Of a request that has no {@code Authorization} header. */
    public static final Rejection MISSING = of(RejectionReason.MISSING, TokenDetails.NONE);

    /** Of a request whose {@code Authorization} header {@link BearerHeader} does not understand. */
    public static final Rejection NOT_BEARER = of(RejectionReason.NOT_BEARER, TokenDetails.NONE);

    static Rejection of(RejectionReason reason, TokenDetails details) {
        return of(reason, "", details);
    }

    static Rejection of(RejectionReason reason, String member, TokenDetails details) {
        return of(reason, member, details, 0);
    }

    static Rejection of(RejectionReason reason, String member, TokenDetails details, long secondsOff) {
        return new Rejection(reason, member, details, secondsOff, null, List.of());
    }

    Rejection explained(@Nullable String trustedIssuerName, List<ClaimVerdict> explanation) {
        return new Rejection(reason, member, details, secondsOff, trustedIssuerName, explanation);
    }

    /** Whether the token names a key that its issuer may have begun to use since its keys were fetched. */
    public boolean keyMayBeNew() {
        String kid = details.kid();
        return reason == RejectionReason.UNKNOWN_KEY && issuerName != null && kid != null && !kid.isEmpty();
    }
}
