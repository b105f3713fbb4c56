// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.auth.token;

import dev.managedhsm.auth.principal.Principal;
import java.security.MessageDigest;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A token whose signature and claims were found good. Only {@link TokenVerifier} can make one, so code that takes one
 * cannot run without a verification having happened. Immutable; any thread may read it. It does not hold the token.
 *
 * <p>It is good for a time, for as long as the key that signed it is believed, and, when it is bound to a certificate, on
 * connections of that certificate only: ask {@link #usableAt} before every use, and {@link #refusedOn} on every
 * connection.
 */
public final class VerifiedToken implements Verification {
    private final Principal principal;
    private final long expiresAtSeconds;
    private final long notBeforeSeconds;
    private final @Nullable Long issuedAtSeconds;
    private final String issuerName;
    private final KeyLife keyLife;
    private final boolean groupsOmitted;
    private final byte @Nullable [] certificateThumbprint;

    VerifiedToken(Principal principal, Times times, String issuerName, KeyLife keyLife, Terms terms) {
        this.principal = principal;
        this.expiresAtSeconds = times.expiresAtSeconds;
        this.notBeforeSeconds = times.notBeforeSeconds;
        this.issuedAtSeconds = times.issuedAtSeconds;
        this.issuerName = issuerName;
        this.keyLife = keyLife;
        this.groupsOmitted = terms.groupsOmitted;
        this.certificateThumbprint = terms.binding.thumbprint();
    }

    /**
     * When it is good, in seconds since 1970, the issuer's clock skew included.
     *
     * @param expiresAtSeconds the first second at which it is refused
     * @param notBeforeSeconds the first second at which it is accepted
     * @param issuedAtSeconds {@code iat} as it stands in the token, or null
     */
    record Times(
            long expiresAtSeconds,
            long notBeforeSeconds,
            @Nullable Long issuedAtSeconds) {}

    /**
     * What else it says about its use.
     *
     * @param groupsOmitted whether its issuer left the groups out because there were too many
     * @param binding the certificate it is bound to, if it is
     */
    record Terms(boolean groupsOmitted, CertificateBinding binding) {
        static final Terms FREE = new Terms(false, CertificateBinding.NONE);
    }

    /** Whether it may still be used: inside its time, and its key still believed. Allocates nothing. */
    public boolean usableAt(long nowSeconds) {
        return nowSeconds < expiresAtSeconds && nowSeconds >= notBeforeSeconds && nowSeconds < keyLife.untilSeconds();
    }

    /** Whether it may be used only where its holder has proven to hold a certificate's private key (RFC 8705 section 3). */
    public boolean bound() {
        return certificateThumbprint != null;
    }

    /**
     * Why it may not be used on a connection, or null if it may.
     *
     * @param thumbprint SHA-256 of the DER of the certificate that the client has proven to hold, 32 bytes; or null
     */
    public @Nullable Rejection refusedOn(byte @Nullable [] thumbprint) {
        byte[] wanted = certificateThumbprint;
        if (wanted == null || (thumbprint != null && MessageDigest.isEqual(wanted, thumbprint))) {
            return null;
        }
        RejectionReason reason =
                thumbprint == null ? RejectionReason.CERTIFICATE_MISSING : RejectionReason.CERTIFICATE_MISMATCH;
        TokenDetails details = TokenDetails.of(principal, issuedAtSeconds);
        return Rejection.of(reason, "cnf", details)
                .explained(issuerName, List.of(new ClaimVerdict("cnf", true, ClaimVerdict.Verdict.BAD)));
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

    /** {@code iat}, in seconds since 1970 on the issuer's clock, or null. */
    public @Nullable Long issuedAtSeconds() {
        return issuedAtSeconds;
    }

    /** The configured name of its issuer. */
    public String issuerName() {
        return issuerName;
    }

    /**
     * Whether its issuer left the groups out because there were too many. Then the principal has no groups here, and only
     * role assignments to itself count: nobody is asked for them.
     */
    public boolean groupsOmitted() {
        return groupsOmitted;
    }

    @Override
    public String toString() {
        return "VerifiedToken[" + issuerName + ", " + principal.objectId() + "]";
    }
}
