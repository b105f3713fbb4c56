// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.perf.micro;

import dev.managedhsm.auth.token.SignatureAlgorithm;
import dev.managedhsm.auth.token.TokenIssuer;
import dev.managedhsm.auth.token.TokenVerifier;
import dev.managedhsm.auth.token.VerifiedToken;
import dev.managedhsm.gateway.identity.DevIssuer;
import dev.managedhsm.gateway.identity.ManagedIdentity;
import java.time.Clock;
import java.util.List;
import java.util.Set;
import java.util.UUID;

/** Tokens of an issuer of its own, and the verifier that trusts it. One thread. */
final class TokenMint {
    private static final String AUDIENCE = "https://managedhsm.example";

    private final UUID tenantId = UUID.randomUUID();
    private final DevIssuer issuer;
    private final TokenVerifier verifier;

    TokenMint(Clock clock) {
        this.issuer = new DevIssuer(DevIssuer.newKey(), "https://issuer.example/", clock);
        TokenIssuer trusted = new TokenIssuer(
                "perf",
                tenantId,
                Set.of(issuer.url()),
                Set.of(AUDIENCE),
                Set.of(SignatureAlgorithm.RS256),
                issuer.jwks());
        this.verifier = new TokenVerifier(tenantId, List.of(trusted), clock);
    }

    /** What verifies its tokens. */
    TokenVerifier verifier() {
        return verifier;
    }

    /** The text of a new token, of an identity that no other token has. */
    String token() {
        String objectId = UUID.randomUUID().toString();
        ManagedIdentity identity = new ManagedIdentity(
                tenantId.toString(), objectId, UUID.randomUUID().toString(), "/subscriptions/" + objectId);
        return issuer.mint(identity, AUDIENCE).text();
    }

    /** The same, verified. */
    VerifiedToken verified(String token) {
        if (verifier.verify(token) instanceof VerifiedToken verified) {
            return verified;
        }
        throw new IllegalStateException("the token was refused");
    }
}
