// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.identity;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A managed identity with what proves that somebody may have its tokens. Immutable; of a secret only its hash is kept. */
public final class NamedIdentity {
    /** Shortest client secret, in bytes. */
    public static final int SECRET_LENGTH_MIN = 16;

    private final ManagedIdentity identity;
    private final boolean systemAssigned;
    private final byte @Nullable [] secretSha256;
    private final List<FederatedCredential> federated;

    /**
     * @param identity whom its tokens name
     * @param systemAssigned whether it is meant when a request names nobody
     * @param clientSecret in UTF-8, for the caller to wipe; null when it has none
     * @param federated whose tokens are exchanged for its own
     * @throws IllegalArgumentException with a phrase, when the secret is too short
     */
    public NamedIdentity(
            ManagedIdentity identity,
            boolean systemAssigned,
            byte @Nullable [] clientSecret,
            List<FederatedCredential> federated) {
        if (clientSecret != null && clientSecret.length < SECRET_LENGTH_MIN) {
            throw new IllegalArgumentException("a client secret has at least " + SECRET_LENGTH_MIN + " bytes");
        }
        this.identity = identity;
        this.systemAssigned = systemAssigned;
        this.secretSha256 = clientSecret == null ? null : sha256(clientSecret);
        this.federated = List.copyOf(federated);
    }

    /** One that the machine itself has: meant when a request names nobody, and without any other proof. */
    public static NamedIdentity systemAssigned(ManagedIdentity identity) {
        return new NamedIdentity(identity, true, null, List.of());
    }

    /** Whom its tokens name. */
    public ManagedIdentity identity() {
        return identity;
    }

    boolean systemAssigned() {
        return systemAssigned;
    }

    List<FederatedCredential> federated() {
        return federated;
    }

    /** Whether this is its secret; the answer takes the same time whatever is asked. */
    boolean hasSecret(String offered) {
        return secretSha256 != null
                && MessageDigest.isEqual(secretSha256, sha256(offered.getBytes(StandardCharsets.UTF_8)));
    }

    private static byte[] sha256(byte[] bytes) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(bytes);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("the JDK has no SHA-256", e);
        }
    }

    @Override
    public String toString() {
        return "NamedIdentity[" + identity.clientId() + "]";
    }
}
