// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.auth.token;

import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Turns the text of a bearer token into a {@link VerifiedToken} or the reason why not.
 *
 * <p>Any thread may call it, several at once. A verification computes for tens of microseconds without waiting for
 * anything: call it on a thread that may work, never on an event loop, and never twice for one token ({@link
 * TokenCache}).
 *
 * <p>Always holds: the {@code iss} of a token chooses the issuer, its {@code kid} one key of that issuer, its {@code
 * alg} must be among that issuer's and fit that key. No key verifies a token of another issuer, and nothing in a token
 * can bring or fetch a key. The claims come from the very bytes that were signed, read once, strictly, before the
 * library sees the token.
 */
public final class TokenVerifier {
    /** Longest token, in characters. */
    public static final int TOKEN_LENGTH_MAX = 16 * 1024;

    private static final int SEGMENTS = 3;

    /**
     * Header members that are never accepted: extensions we would have to understand ({@code crit}, RFC 7515 section
     * 4.1.11; {@code b64}, RFC 7797; {@code zip} and {@code enc}, RFC 7516) and keys that come with the token. The
     * certificate members {@code x5c}, {@code x5t} are common and harmless: nobody reads them.
     */
    private static final List<String> FORBIDDEN_HEADERS = List.of("crit", "jwk", "jku", "x5u", "b64", "zip", "enc");

    private static final Set<String> TYPES = Set.of("jwt", "at+jwt", "application/at+jwt");

    private final UUID tenantId;
    private final InstantSource clock;
    private final List<TrustedKeys> trusted = new ArrayList<>();
    private final Map<String, TrustedKeys> trustedByUrl = new HashMap<>();

    /**
     * @param tenantId the HSM's tenant, to which all issuers must belong
     * @param issuers whose tokens are believed; those whose keys are not {@link KeySource.Fixed} have none until {@link
     *     KeyRefresh} brings them
     * @param clock tells the time for {@code exp}, {@code nbf} and {@code iat}
     * @throws IllegalArgumentException with a sentence for the operator, when the issuers cannot be used
     */
    public TokenVerifier(UUID tenantId, Collection<TokenIssuer> issuers, InstantSource clock) {
        this.tenantId = tenantId;
        this.clock = clock;
        for (TokenIssuer issuer : issuers) {
            if (!issuer.tenantId().equals(tenantId)) {
                throw new IllegalArgumentException("Token issuer " + issuer.name() + " belongs to tenant "
                        + issuer.tenantId() + ", the HSM to " + tenantId + "; they must be the same.");
            }
            if (trusted.stream().anyMatch(other -> other.issuer().name().equals(issuer.name()))) {
                throw new IllegalArgumentException("Two token issuers are called " + issuer.name() + "; rename one.");
            }
            trust(new TrustedKeys(issuer));
        }
    }

    private void trust(TrustedKeys keys) {
        trusted.add(keys);
        for (String url : keys.issuer().issuerUrls()) {
            TrustedKeys other = trustedByUrl.put(url, keys);
            if (other != null) {
                throw new IllegalArgumentException(
                        "Token issuers " + keys.issuer().name() + " and "
                                + other.issuer().name() + " both claim " + url + "; give it to one.");
            }
        }
    }

    /** Each issuer's keys, for whoever refreshes them. */
    List<TrustedKeys> trusted() {
        return List.copyOf(trusted);
    }

    /**
     * Verifies a token in compact form (RFC 7515 section 7.1).
     *
     * @param token as {@link BearerHeader} hands it out; never kept
     * @return the verified token, or the first reason against it in the order of {@link RejectionReason}
     */
    public Verification verify(String token) {
        if (token.length() > TOKEN_LENGTH_MAX) {
            return Rejection.of(RejectionReason.TOO_LARGE, TokenDetails.NONE);
        }
        String[] segments = token.split("\\.", SEGMENTS + 1);
        byte[] headerBytes = segments.length == SEGMENTS ? Base64Url.decode(segments[0]) : null;
        byte[] claimBytes = segments.length == SEGMENTS ? Base64Url.decode(segments[1]) : null;
        byte[] signature = segments.length == SEGMENTS ? Base64Url.decode(segments[2]) : null;
        Members header = headerBytes == null ? null : Members.read(headerBytes);
        Members claims = claimBytes == null ? null : Members.read(claimBytes);
        TokenDetails details = TokenDetails.of(header, claims);
        long nowSeconds = clock.instant().getEpochSecond();
        String url = claims == null ? null : claims.text("iss");
        TrustedKeys keys = url == null ? null : trustedByUrl.get(url);
        Verification verification = header == null || claims == null || signature == null
                ? Rejection.of(RejectionReason.MALFORMED, details)
                : judge(new Parts(token, header, claims, signature, details), keys, nowSeconds);
        if (!(verification instanceof Rejection rejection)) {
            return verification;
        }
        Members head = header == null ? Members.NONE : header;
        Members body = claims == null ? Members.NONE : claims;
        TokenIssuer issuer = keys == null ? null : keys.issuer();
        return rejection.explained(
                issuer == null ? null : issuer.name(),
                new ClaimVerdicts(head, body, issuer, tenantId, nowSeconds, rejection).all());
    }

    /** A token, taken apart. */
    private static final class Parts {
        final String token;
        final Members header;
        final Members claims;
        final byte[] signature;
        final TokenDetails details;

        Parts(String token, Members header, Members claims, byte[] signature, TokenDetails details) {
            this.token = token;
            this.header = header;
            this.claims = claims;
            this.signature = signature;
            this.details = details;
        }

        Rejection refused(RejectionReason reason, String member) {
            return Rejection.of(reason, member, details);
        }
    }

    private static Verification judge(Parts parts, @Nullable TrustedKeys keys, long nowSeconds) {
        Rejection rejection = headerRejection(parts.header, parts.signature, parts.details);
        if (rejection != null) {
            return rejection;
        }
        String malformed = ClaimRules.malformed(parts.claims);
        if (malformed != null) {
            return parts.refused(RejectionReason.MALFORMED, malformed);
        }
        if (keys != null) {
            return judgeSignature(parts, keys, nowSeconds);
        }
        if (parts.claims.text("iss") != null) {
            return parts.refused(RejectionReason.UNKNOWN_ISSUER, "iss");
        }
        boolean there = parts.claims.has("iss");
        return parts.refused(there ? RejectionReason.MALFORMED : RejectionReason.MISSING_ISSUER, "iss");
    }

    /** What is wrong with a header, whoever the issuer is; null if nothing. */
    static @Nullable Rejection headerRejection(Members header, byte[] signature, TokenDetails details) {
        String algorithm = header.text("alg");
        if (algorithm == null) {
            return Rejection.of(RejectionReason.MALFORMED, "alg", details);
        }
        if (SignatureAlgorithm.unsigned(algorithm) || signature.length == 0) {
            return Rejection.of(RejectionReason.UNSIGNED, details);
        }
        for (String name : FORBIDDEN_HEADERS) {
            if (header.has(name)) {
                return Rejection.of(RejectionReason.FORBIDDEN_HEADER, name, details);
            }
        }
        if (header.has("typ") && !knownType(header.text("typ"))) {
            return Rejection.of(RejectionReason.FORBIDDEN_HEADER, "typ", details);
        }
        return null;
    }

    /** Media types do not differ by case (RFC 7515 section 4.1.9). */
    static boolean knownType(@Nullable String type) {
        return type != null && TYPES.stream().anyMatch(type::equalsIgnoreCase);
    }

    private static Verification judgeSignature(Parts parts, TrustedKeys keys, long nowSeconds) {
        String algorithmText = parts.header.text("alg");
        SignatureAlgorithm algorithm = algorithmText == null ? null : SignatureAlgorithm.parse(algorithmText);
        if (algorithm == null || !keys.issuer().algorithms().contains(algorithm)) {
            return parts.refused(RejectionReason.ALGORITHM_NOT_ALLOWED, "alg");
        }
        String kid = parts.header.text("kid");
        TrustedKeys.TrustedKey found = kid == null ? null : keys.find(kid, nowSeconds);
        if (found == null) {
            boolean fresh = kid == null || keys.freshAt(nowSeconds);
            return parts.refused(fresh ? RejectionReason.UNKNOWN_KEY : RejectionReason.KEYS_STALE, "kid");
        }
        if (!found.key().allows(algorithm)) {
            return parts.refused(RejectionReason.ALGORITHM_NOT_ALLOWED, "kid");
        }
        if (!found.key().signed(parts.token, algorithm, parts.signature)) {
            return parts.refused(RejectionReason.BAD_SIGNATURE, "");
        }
        return new ClaimRules(parts.claims, parts.details).verify(keys.issuer(), found.life(), nowSeconds);
    }
}
