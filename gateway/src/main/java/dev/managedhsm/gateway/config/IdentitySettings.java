// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.config;

import dev.managedhsm.gateway.identity.FederatedCredential;
import dev.managedhsm.gateway.identity.ManagedIdentity;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a configuration file says about managed identities that this HSM itself vouches for.
 *
 * @param managedIdentity where the managed-identity protocols are answered, in plain HTTP
 * @param tokenEndpoint where OAuth 2.0 is answered, with the HSM's TLS; null when it is not
 * @param issuerUrl what its tokens name as issuer
 * @param signingKey file of the RSA key that signs its tokens
 * @param header where the secret of {@code X-IDENTITY-HEADER} is
 * @param members the identities
 */
public record IdentitySettings(
        Place managedIdentity,
        @Nullable Place tokenEndpoint,
        String issuerUrl,
        Path signingKey,
        SecretReference header,
        List<Member> members) {
    /** Copies the list. */
    public IdentitySettings {
        members = List.copyOf(members);
    }

    /**
     * Where something is answered.
     *
     * @param address IPv4 or IPv6
     * @param port 1 to 65535
     */
    public record Place(String address, int port) {}

    /**
     * One identity.
     *
     * @param name what operators call it
     * @param identity whom its tokens name
     * @param systemAssigned whether it is the one that is given when nobody is named
     * @param clientSecret where its secret is, or null when it has none
     * @param federated whose tokens are exchanged for its own
     */
    public record Member(
            String name,
            ManagedIdentity identity,
            boolean systemAssigned,
            @Nullable SecretReference clientSecret,
            List<FederatedCredential> federated) {
        /** Copies the list. */
        public Member {
            federated = List.copyOf(federated);
        }
    }
}
