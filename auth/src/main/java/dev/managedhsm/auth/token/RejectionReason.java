// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.auth.token;

/**
 * Why a token is refused. The list is closed and in the order of the checks: after {@link #BAD_SIGNATURE} the signature
 * was found good, so what the token claims was really said by its issuer. The hint is what the caller may read: it helps
 * with honest mistakes, and says nothing about which issuers, keys and algorithms are trusted.
 */
public enum RejectionReason {
    /** There is no {@code Authorization} header. */
    MISSING(""),
    /** The header holds something else than one bearer token. */
    NOT_BEARER("bearer_token_expected"),
    /** The token is longer than {@link TokenVerifier#TOKEN_LENGTH_MAX}. */
    TOO_LARGE("token_too_large"),
    /** The text is no JSON Web Token in compact form, or one of its parts is not what it must be. */
    MALFORMED("token_malformed"),
    /** The token asks for no signature, or has an empty one. */
    UNSIGNED("token_not_trusted"),
    /** A header member that is never accepted, such as one that brings its own key. */
    FORBIDDEN_HEADER("token_not_trusted"),
    /** The token does not say who issued it. */
    MISSING_ISSUER("claim_missing"),
    /** Nobody with this {@code iss} is trusted. */
    UNKNOWN_ISSUER("token_not_trusted"),
    /** The issuer may not sign with this algorithm, or not with this key. */
    ALGORITHM_NOT_ALLOWED("token_not_trusted"),
    /** The issuer's keys could not be fetched for so long that nobody here can say which they are: 503, not 401. */
    KEYS_STALE("issuer_keys_unavailable"),
    /** The issuer has no key with this {@code kid}, or the token names none. */
    UNKNOWN_KEY("token_not_trusted"),
    /** The signature is not the issuer's. */
    BAD_SIGNATURE("token_not_trusted"),
    /** A claim that every token needs is not there. */
    MISSING_CLAIM("claim_missing"),
    /** The caller belongs to another tenant. */
    WRONG_TENANT("wrong_tenant"),
    /** The token was issued for another resource. */
    WRONG_AUDIENCE("wrong_audience"),
    /** The token's time is over. */
    EXPIRED("token_expired"),
    /** The token's time has not come, or it says it was issued in the future. */
    NOT_YET_VALID("token_not_yet_valid"),
    /** The token names more groups than {@link ClaimRules#GROUPS_MAX}. */
    TOO_MANY_GROUPS("too_many_groups"),
    /** The token is bound to a proof that is not spoken here: {@code cnf} without a certificate, or with more than that. */
    PROOF_NOT_SUPPORTED("proof_not_supported"),
    /** The token is bound to a client certificate and the connection has none. */
    CERTIFICATE_MISSING("certificate_required"),
    /** The token is bound to another client certificate than the connection's. */
    CERTIFICATE_MISMATCH("certificate_mismatch");

    private final String hint;

    RejectionReason(String hint) {
        this.hint = hint;
    }

    /** Whether the signature was found good before this was found, so that the issuer has said what the token says. */
    public boolean proven() {
        return compareTo(BAD_SIGNATURE) > 0;
    }

    /** One word without spaces, commas and quotes for the caller; empty when there is nothing to say. */
    public String hint() {
        return hint;
    }
}
