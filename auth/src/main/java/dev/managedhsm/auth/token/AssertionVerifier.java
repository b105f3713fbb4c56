// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.auth.token;

import java.time.InstantSource;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Verifies tokens of somebody else that are exchanged for one of ours (RFC 7523 section 3): a service account's of a
 * cluster, for example. They name a subject and no principal of the directory.
 *
 * <p>Strict as {@link TokenVerifier} is: the claims are read from the very bytes that were signed, and nothing in the
 * token brings a key. Immutable; any thread, but no event loop on which others wait.
 */
public final class AssertionVerifier {
    /** The largest difference between the issuer's clock and ours, in seconds. */
    public static final int CLOCK_SKEW_SECONDS = 60;

    private static final int SEGMENTS = 3;
    private static final UUID NO_TENANT = new UUID(0, 0);

    private final TokenIssuer issuer;
    private final Map<String, IssuerKey> keys;
    private final InstantSource clock;

    /**
     * @param issuerUrl what {@code iss} must be, letter by letter
     * @param audiences one of which {@code aud} must hold
     * @param jwks the issuer's public keys, a JSON Web Key Set as text
     * @param clock tells the time for {@code exp} and {@code nbf}
     * @throws IllegalArgumentException with a sentence for the operator, when the keys cannot be used
     */
    public AssertionVerifier(String issuerUrl, Set<String> audiences, String jwks, InstantSource clock) {
        this.issuer = new TokenIssuer(
                issuerUrl, NO_TENANT, Set.of(issuerUrl), audiences, EnumSet.allOf(SignatureAlgorithm.class), jwks);
        this.keys = IssuerKeys.of(issuer, jwks);
        this.clock = clock;
    }

    /**
     * Who the token proves its bearer to be.
     *
     * @param token in compact form; never kept
     * @return the claim {@code sub}, or null when the token proves nothing
     */
    public @Nullable String subject(String token) {
        if (token.length() > TokenVerifier.TOKEN_LENGTH_MAX) {
            return null;
        }
        String[] segments = token.split("\\.", SEGMENTS + 1);
        if (segments.length != SEGMENTS) {
            return null;
        }
        byte[] headerBytes = Base64Url.decode(segments[0]);
        byte[] claimBytes = Base64Url.decode(segments[1]);
        byte[] signature = Base64Url.decode(segments[2]);
        Members header = headerBytes == null ? null : Members.read(headerBytes);
        Members claims = claimBytes == null ? null : Members.read(claimBytes);
        if (header == null || claims == null || signature == null) {
            return null;
        }
        boolean proven = TokenVerifier.headerRejection(header, signature, TokenDetails.NONE) == null
                && ClaimRules.malformed(claims) == null
                && signed(token, header, signature)
                && meantForUs(claims);
        return proven ? claims.text("sub") : null;
    }

    private boolean signed(String token, Members header, byte[] signature) {
        String algorithmText = header.text("alg");
        SignatureAlgorithm algorithm = algorithmText == null ? null : SignatureAlgorithm.parse(algorithmText);
        String kid = header.text("kid");
        IssuerKey key = kid == null ? null : keys.get(kid);
        return algorithm != null && key != null && key.allows(algorithm) && key.signed(token, algorithm, signature);
    }

    private boolean meantForUs(Members claims) {
        long nowSeconds = clock.instant().getEpochSecond();
        List<String> audiences = claims.texts("aud");
        Long expires = claims.number("exp");
        Long notBefore = claims.number("nbf");
        return issuer.name().equals(claims.text("iss"))
                && audiences != null
                && audiences.stream().anyMatch(issuer.audiences()::contains)
                && expires != null
                && nowSeconds < expires + CLOCK_SKEW_SECONDS
                && (notBefore == null || nowSeconds >= notBefore - CLOCK_SKEW_SECONDS);
    }
}
