// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.auth.token;

import java.util.Set;
import java.util.UUID;

/**
 * One party whose tokens this HSM believes, as an operator configured it. Immutable; its keys are replaced by making
 * another one and {@link TokenVerifier#use handing that over}.
 *
 * @param name what operators and the audit call it
 * @param tenantId the tenant it speaks for
 * @param issuerUrls the values of {@code iss} that are its own, each compared exactly
 * @param audiences the values of {@code aud} meant for this HSM, each compared exactly: a variant with a trailing slash
 *     is accepted only when it is listed
 * @param algorithms what it may sign with
 * @param jwks its public keys, a JSON Web Key Set (RFC 7517 section 5) as text
 * @param clockSkewSeconds how far its clock and ours may differ, 0 to {@link #CLOCK_SKEW_SECONDS_MAX}
 * @param keyGeneration grows with every replacement of the keys
 */
public record TokenIssuer(
        String name,
        UUID tenantId,
        Set<String> issuerUrls,
        Set<String> audiences,
        Set<SignatureAlgorithm> algorithms,
        String jwks,
        int clockSkewSeconds,
        long keyGeneration) {
    /** The clock skew of an issuer that is configured without one. */
    public static final int CLOCK_SKEW_SECONDS_DEFAULT = 60;

    /** The largest clock skew. More would keep revoked callers alive for too long. */
    public static final int CLOCK_SKEW_SECONDS_MAX = 300;

    /** Copies the sets and refuses what could never accept a token, or would accept too much. */
    public TokenIssuer {
        issuerUrls = Set.copyOf(issuerUrls);
        audiences = Set.copyOf(audiences);
        algorithms = Set.copyOf(algorithms);
        if (name.isBlank()) {
            throw new IllegalArgumentException("Every token issuer needs a name.");
        }
        refuseEmpty(issuerUrls, name, "issuer URL");
        refuseEmpty(audiences, name, "audience");
        refuseEmpty(algorithms, name, "signature algorithm");
        if (issuerUrls.contains("") || audiences.contains("")) {
            throw new IllegalArgumentException("Token issuer " + name + " has an empty issuer URL or audience.");
        }
        if (clockSkewSeconds < 0 || clockSkewSeconds > CLOCK_SKEW_SECONDS_MAX) {
            throw new IllegalArgumentException(
                    "Token issuer " + name + " needs a clock skew of 0 to " + CLOCK_SKEW_SECONDS_MAX + " seconds.");
        }
    }

    /** An issuer with the default clock skew and its first keys. */
    public TokenIssuer(
            String name,
            UUID tenantId,
            Set<String> issuerUrls,
            Set<String> audiences,
            Set<SignatureAlgorithm> algorithms,
            String jwks) {
        this(name, tenantId, issuerUrls, audiences, algorithms, jwks, CLOCK_SKEW_SECONDS_DEFAULT, 1);
    }

    /**
     * The same issuer with other keys and the next key generation, or this issuer when the text is the one it has: a
     * refresh that brings nothing new must not make every verified token be verified again.
     */
    public TokenIssuer withKeys(String otherJwks) {
        return otherJwks.equals(jwks)
                ? this
                : new TokenIssuer(
                        name,
                        tenantId,
                        issuerUrls,
                        audiences,
                        algorithms,
                        otherJwks,
                        clockSkewSeconds,
                        keyGeneration + 1);
    }

    private static void refuseEmpty(Set<?> values, String name, String what) {
        if (values.isEmpty()) {
            throw new IllegalArgumentException("Token issuer " + name + " needs at least one " + what + ".");
        }
    }

    /** Leaves the keys out: they are long, and whoever mistook private keys for public ones must not find them here. */
    @Override
    public String toString() {
        return "TokenIssuer[" + name + ", tenant " + tenantId + ", key generation " + keyGeneration + "]";
    }
}
