// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.auth.token;

import dev.managedhsm.auth.principal.Principal;

/**
 * A token whose signature and claims were found good. Only {@link TokenVerifier} can make one, so code that takes one
 * cannot run without a verification having happened. Immutable; any thread may read it. It does not hold the token.
 *
 * <p>It is good for a time, and for as long as its issuer's keys are the ones it was verified with: ask {@link
 * #usableAt} before every use.
 */
public final class VerifiedToken implements Verification {
    private final Principal principal;
    private final long expiresAtSeconds;
    private final long notBeforeSeconds;
    private final String issuerName;
    private final long keyGeneration;
    private final KeyGeneration issuerGeneration;

    VerifiedToken(
            Principal principal,
            long expiresAtSeconds,
            long notBeforeSeconds,
            TokenIssuer issuer,
            KeyGeneration issuerGeneration) {
        this.principal = principal;
        this.expiresAtSeconds = expiresAtSeconds;
        this.notBeforeSeconds = notBeforeSeconds;
        this.issuerName = issuer.name();
        this.keyGeneration = issuer.keyGeneration();
        this.issuerGeneration = issuerGeneration;
    }

    /** Whether it may still be used: inside its time, and its issuer's keys not replaced. Allocates nothing. */
    public boolean usableAt(long nowSeconds) {
        return nowSeconds < expiresAtSeconds
                && nowSeconds >= notBeforeSeconds
                && issuerGeneration.current() == keyGeneration;
    }

    /** Who is asking. */
    public Principal principal() {
        return principal;
    }

    /** The first second, since 1970, at which it is refused: {@code exp} and the issuer's clock skew together. */
    public long expiresAtSeconds() {
        return expiresAtSeconds;
    }

    /** The first second, since 1970, at which it is accepted: {@code nbf} less the issuer's clock skew; 0 without. */
    public long notBeforeSeconds() {
        return notBeforeSeconds;
    }

    /** The configured name of its issuer. */
    public String issuerName() {
        return issuerName;
    }

    /** The generation of its issuer's keys it was verified with. */
    public long keyGeneration() {
        return keyGeneration;
    }

    @Override
    public String toString() {
        return "VerifiedToken[" + issuerName + ", " + principal.objectId() + "]";
    }
}
