// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.auth.token;

import java.util.Set;
import java.util.UUID;

/**
 * One party whose tokens this HSM believes, as an operator configured it. Immutable.
 *
 * @param name what operators and the audit call it
 * @param tenantId the tenant it speaks for
 * @param issuerUrls the values of {@code iss} that are its own, each compared exactly: a directory that issues tokens of
 *     version 1 and of version 2 has one for each
 * @param audiences the values of {@code aud} meant for this HSM, each compared exactly: a variant with a trailing slash
 *     is accepted only when it is listed. A token whose {@code aud} is a list needs one of them in it
 * @param algorithms what it may sign with
 * @param keys where its public keys come from
 * @param schedule how often they are fetched and how long they are believed; of no meaning for {@link KeySource.Fixed}
 * @param clockSkewSeconds how far its clock and ours may differ, 0 to {@link #CLOCK_SKEW_SECONDS_MAX}
 */
public record TokenIssuer(
        String name,
        UUID tenantId,
        Set<String> issuerUrls,
        Set<String> audiences,
        Set<SignatureAlgorithm> algorithms,
        KeySource keys,
        KeySchedule schedule,
        int clockSkewSeconds) {
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

    /** An issuer with keys that stay, and the default clock skew. */
    public TokenIssuer(
            String name,
            UUID tenantId,
            Set<String> issuerUrls,
            Set<String> audiences,
            Set<SignatureAlgorithm> algorithms,
            String jwks) {
        this(name, tenantId, issuerUrls, audiences, algorithms, jwks, CLOCK_SKEW_SECONDS_DEFAULT);
    }

    /** An issuer with keys that stay. */
    public TokenIssuer(
            String name,
            UUID tenantId,
            Set<String> issuerUrls,
            Set<String> audiences,
            Set<SignatureAlgorithm> algorithms,
            String jwks,
            int clockSkewSeconds) {
        this(
                name,
                tenantId,
                issuerUrls,
                audiences,
                algorithms,
                new KeySource.Fixed(jwks),
                KeySchedule.DEFAULT,
                clockSkewSeconds);
    }

    private static void refuseEmpty(Set<?> values, String name, String what) {
        if (values.isEmpty()) {
            throw new IllegalArgumentException("Token issuer " + name + " needs at least one " + what + ".");
        }
    }

    @Override
    public String toString() {
        return "TokenIssuer[" + name + ", tenant " + tenantId + "]";
    }
}
