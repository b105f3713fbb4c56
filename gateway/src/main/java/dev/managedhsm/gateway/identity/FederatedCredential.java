// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.identity;

import java.nio.file.Path;
import java.util.Set;

/**
 * Whose token is exchanged for one of a managed identity (RFC 7523 section 2.2), such as a service account's of a
 * cluster.
 *
 * @param issuer what the token's {@code iss} must be, letter by letter
 * @param subject what its {@code sub} must be, letter by letter
 * @param audiences one of which its {@code aud} must hold
 * @param keys file of the issuer's public keys, a JSON Web Key Set; read at every exchange, so it may change
 */
public record FederatedCredential(String issuer, String subject, Set<String> audiences, Path keys) {
    /** What clients ask the issuer's tokens for unless they are told otherwise. */
    public static final String AUDIENCE_DEFAULT = "api://AzureADTokenExchange";

    /** Copies the set. */
    public FederatedCredential {
        audiences = Set.copyOf(audiences);
    }
}
