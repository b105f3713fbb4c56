// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.auth.token;

/**
 * Why a token was refused, and what it said about itself, without the token. For those who operate the HSM: the caller
 * reads no more than {@link RejectionReason#hint}.
 *
 * @param reason from the closed list
 * @param member the header member or claim that decided, as the token names it; empty when none did
 * @param details what the token claims
 * @param secondsOff how many seconds the token is too late or too early, clock skew not counted; 0 for other reasons
 */
public record Rejection(RejectionReason reason, String member, TokenDetails details, long secondsOff)
        implements Verification {
    /** Of a request that has no {@code Authorization} header. */
    public static final Rejection MISSING = of(RejectionReason.MISSING, TokenDetails.NONE);

    /** Of a request whose {@code Authorization} header {@link BearerHeader} does not understand. */
    public static final Rejection NOT_BEARER = of(RejectionReason.NOT_BEARER, TokenDetails.NONE);

    static Rejection of(RejectionReason reason, TokenDetails details) {
        return new Rejection(reason, "", details, 0);
    }

    static Rejection of(RejectionReason reason, String member, TokenDetails details) {
        return new Rejection(reason, member, details, 0);
    }
}
