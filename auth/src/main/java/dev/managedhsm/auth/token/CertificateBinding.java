// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.auth.token;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What the claim {@code cnf} (RFC 7800 section 3) demands. The one kind that is spoken here is a client certificate's
 * SHA-256 (RFC 8705 section 3.1); a token that demands another proof is refused, not believed without it.
 */
final class CertificateBinding {
    /** Of a token without {@code cnf}. */
    static final CertificateBinding NONE = new CertificateBinding(null);

    private static final String THUMBPRINT = "x5t#S256";
    private static final int THUMBPRINT_LENGTH = 32;

    /** Members of {@code cnf} that demand a proof of another kind (RFC 7800 section 3.2 to 3.5, RFC 9449 section 6.1). */
    private static final List<String> OTHER_PROOFS = List.of("jwk", "jwe", "jku", "kid", "jkt");

    private final byte @Nullable [] thumbprint;

    private CertificateBinding(byte @Nullable [] thumbprint) {
        this.thumbprint = thumbprint;
    }

    /** Whether the claim has a form that it may not have. */
    static boolean malformed(Members claims) {
        if (!claims.has("cnf")) {
            return false;
        }
        Members cnf = claims.object("cnf");
        return cnf == null || (cnf.has(THUMBPRINT) && thumbprint(cnf) == null);
    }

    /** Whether the claim demands something that nobody here can check. Asked of one that is not malformed. */
    static boolean demandsOtherProof(Members claims) {
        Members cnf = claims.object("cnf");
        return cnf != null && (!cnf.has(THUMBPRINT) || OTHER_PROOFS.stream().anyMatch(cnf::has));
    }

    /** What is demanded. Asked of a claim that is neither malformed nor demands another proof. */
    static CertificateBinding of(Members claims) {
        Members cnf = claims.object("cnf");
        return cnf == null ? NONE : new CertificateBinding(thumbprint(cnf));
    }

    private static byte @Nullable [] thumbprint(Members cnf) {
        String text = cnf.text(THUMBPRINT);
        byte[] bytes = text == null ? null : Base64Url.decode(text);
        return bytes == null || bytes.length != THUMBPRINT_LENGTH ? null : bytes;
    }

    /** SHA-256 of the certificate, or null when none is demanded. */
    byte @Nullable [] thumbprint() {
        return thumbprint == null ? null : thumbprint.clone();
    }
}
