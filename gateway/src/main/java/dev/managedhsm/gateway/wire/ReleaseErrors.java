// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.wire;

import dev.managedhsm.crypto.lifecycle.ReleaseAnswer.Withheld;
import dev.managedhsm.gateway.attestation.Attestation.Rejected;

/** The one table from a key that was not released to a refusal in Azure's words. Any thread. */
public final class ReleaseErrors {
    private ReleaseErrors() {}

    /** The refusal for an attestation token that proves nothing. */
    public static WireError of(Rejected rejected) {
        return switch (rejected) {
            case MALFORMED -> WireError.badParameter("Property 'target' is no attestation token that can be read");
            case ALGORITHM_NOT_ALLOWED ->
                forbidden("TargetAlgorithm", "The attestation token is not signed with an allowed algorithm");
            case UNKNOWN_AUTHORITY ->
                forbidden("TargetAuthority", "The attestation token is not from an authority that is trusted here");
            case UNKNOWN_KEY ->
                forbidden("TargetKey", "The attestation token is signed with a key that its authority does not have");
            case BAD_SIGNATURE -> forbidden("TargetSignature", "The attestation token's signature is not valid");
            case EXPIRED -> forbidden("TargetExpired", "The attestation token has expired");
            case NOT_YET_VALID -> forbidden("TargetNotYetValid", "The attestation token is not valid yet");
            case AUTHORITY_UNREACHABLE ->
                WireError.unavailable("The attestation authority's keys cannot be had at the moment");
        };
    }

    /** The refusal for a key that stays where it is. */
    public static WireError of(Withheld withheld) {
        return switch (withheld) {
            case NOT_EXPORTABLE -> notExportable();
            case POLICY_CHANGED ->
                new WireError(409, "Conflict", "The key's release policy was changed meanwhile; try again");
            case RECEIVER_UNFIT ->
                WireError.badParameter("The attested encryption key is not an RSA key of 2048 to 4096 bits");
            case NOT_OPERATIONAL -> WireError.unavailable("The HSM is not operational");
        };
    }

    /** 403: the key never leaves. */
    public static WireError notExportable() {
        return forbidden("KeyNotExportable", "The key is not exportable");
    }

    /** 403: the token is good, but not what the policy asks for. */
    public static WireError policyNotMet() {
        return forbidden("ReleasePolicyNotMet", "The attestation token does not meet the key's release policy");
    }

    /** 400: the token names no key to wrap to. */
    public static WireError noRuntimeKey() {
        return WireError.badParameter(
                "The attestation token has no RSA key for encryption in 'x-ms-runtime.keys' with kid, n and e");
    }

    private static WireError forbidden(String inner, String message) {
        return new WireError(403, "Forbidden", message, inner);
    }
}
