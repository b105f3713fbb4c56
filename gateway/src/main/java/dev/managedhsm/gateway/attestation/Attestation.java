// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.attestation;

import dev.managedhsm.gateway.policy.Claims;

/** What became of an attestation token. */
public sealed interface Attestation {
    /**
     * An authority said this, and its signature holds. Only the verifier makes one.
     *
     * @param issuer the authority
     * @param claims what it says
     */
    record Proven(String issuer, Claims claims) implements Attestation {}

    /** Nothing was proven, for this reason. */
    enum Rejected implements Attestation {
        /** No compact JWS with JSON objects, or without a member that it must have. */
        MALFORMED,
        /** Signed with an algorithm that is not allowed, or not at all. */
        ALGORITHM_NOT_ALLOWED,
        /** From nobody whom the policy names and the HSM knows. */
        UNKNOWN_AUTHORITY,
        /** Signed with a key that the authority does not have. */
        UNKNOWN_KEY,
        /** The signature is not that of the key it names. */
        BAD_SIGNATURE,
        /** Its time is over. */
        EXPIRED,
        /** Its time has not come. */
        NOT_YET_VALID,
        /** The authority's keys cannot be had now. */
        AUTHORITY_UNREACHABLE
    }
}
