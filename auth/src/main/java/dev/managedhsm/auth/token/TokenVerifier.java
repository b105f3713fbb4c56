// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.auth.token;

import java.time.InstantSource;
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
    private volatile Map<String, Trusted> trustedByUrl;

    private record Trusted(TokenIssuer issuer, Map<String, IssuerKey> keys, KeyGeneration generation) {}

    /**
     * @param tenantId the HSM's tenant, to which all issuers must belong
     * @param issuers whose tokens are believed
     * @param clock tells the time for {@code exp}, {@code nbf} and {@code iat}
     * @throws IllegalArgumentException with a sentence for the operator, when the issuers cannot be used
     */
    public TokenVerifier(UUID tenantId, Collection<TokenIssuer> issuers, InstantSource clock) {
        this.tenantId = tenantId;
        this.clock = clock;
        this.trustedByUrl = Map.of();
        for (TokenIssuer issuer : issuers) {
            if (trusted(issuer.name()) != null) {
                throw new IllegalArgumentException("Two token issuers are called " + issuer.name() + "; rename one.");
            }
            trust(new Trusted(issuer, IssuerKeys.of(issuer), new KeyGeneration(issuer.keyGeneration())));
        }
    }

    /**
     * Replaces the issuer of the same name. Tokens verified with its older keys are not usable any more when this
     * returns. On an exception the issuer in use stays in use.
     *
     * @throws IllegalArgumentException with a sentence for the operator, when the replacement cannot be used
     * @throws IllegalStateException when no issuer has that name, or the key generation goes back
     */
    public synchronized void use(TokenIssuer replacement) {
        Trusted old = trusted(replacement.name());
        if (old == null || replacement.keyGeneration() < old.issuer.keyGeneration()) {
            throw new IllegalStateException("only a known issuer can be replaced, and only by newer keys");
        }
        if (replacement.equals(old.issuer)) {
            return;
        }
        if (replacement.keyGeneration() == old.issuer.keyGeneration()) {
            throw new IllegalStateException("a changed issuer needs the next key generation");
        }
        trust(new Trusted(replacement, IssuerKeys.of(replacement), old.generation));
        old.generation.use(replacement.keyGeneration());
    }

    private void trust(Trusted added) {
        TokenIssuer issuer = added.issuer;
        if (!issuer.tenantId().equals(tenantId)) {
            throw new IllegalArgumentException("Token issuer " + issuer.name() + " belongs to tenant "
                    + issuer.tenantId() + ", the HSM to " + tenantId + "; they must be the same.");
        }
        Map<String, Trusted> changed = new HashMap<>(trustedByUrl);
        changed.values().removeIf(other -> other.issuer.name().equals(issuer.name()));
        for (String url : issuer.issuerUrls()) {
            Trusted other = changed.put(url, added);
            if (other != null) {
                throw new IllegalArgumentException("Token issuers " + issuer.name() + " and " + other.issuer.name()
                        + " both claim " + url + "; give it to one.");
            }
        }
        trustedByUrl = Map.copyOf(changed);
    }

    private @Nullable Trusted trusted(String name) {
        for (Trusted trusted : trustedByUrl.values()) {
            if (trusted.issuer.name().equals(name)) {
                return trusted;
            }
        }
        return null;
    }

    /** The issuers in use, each with its keys: for whoever refreshes them, on a schedule or after an unknown key. */
    public List<TokenIssuer> issuers() {
        return trustedByUrl.values().stream().map(Trusted::issuer).distinct().toList();
    }

    /** The issuer with this configured name, with the keys in use, or null. */
    public @Nullable TokenIssuer issuer(String name) {
        Trusted trusted = trusted(name);
        return trusted == null ? null : trusted.issuer;
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
        if (header == null || claims == null || signature == null) {
            return Rejection.of(RejectionReason.MALFORMED, details);
        }
        Rejection rejection = headerRejection(header, signature, details);
        if (rejection != null) {
            return rejection;
        }
        String malformed = ClaimRules.malformed(claims);
        if (malformed != null) {
            return Rejection.of(RejectionReason.MALFORMED, malformed, details);
        }
        return verify(token, header, claims, signature, details);
    }

    private static @Nullable Rejection headerRejection(Members header, byte[] signature, TokenDetails details) {
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
    private static boolean knownType(@Nullable String type) {
        return type != null && TYPES.stream().anyMatch(type::equalsIgnoreCase);
    }

    private Verification verify(String token, Members header, Members claims, byte[] signature, TokenDetails details) {
        String url = claims.text("iss");
        if (url == null) {
            RejectionReason reason = claims.has("iss") ? RejectionReason.MALFORMED : RejectionReason.MISSING_CLAIM;
            return Rejection.of(reason, "iss", details);
        }
        Trusted trusted = trustedByUrl.get(url);
        if (trusted == null) {
            return Rejection.of(RejectionReason.UNKNOWN_ISSUER, "iss", details);
        }
        String algorithmText = header.text("alg");
        SignatureAlgorithm algorithm = algorithmText == null ? null : SignatureAlgorithm.parse(algorithmText);
        if (algorithm == null || !trusted.issuer.algorithms().contains(algorithm)) {
            return Rejection.of(RejectionReason.ALGORITHM_NOT_ALLOWED, "alg", details);
        }
        String kid = header.text("kid");
        IssuerKey key = kid == null ? null : trusted.keys.get(kid);
        if (key == null) {
            return Rejection.of(RejectionReason.UNKNOWN_KEY, "kid", details);
        }
        if (!key.allows(algorithm)) {
            return Rejection.of(RejectionReason.ALGORITHM_NOT_ALLOWED, "kid", details);
        }
        if (!key.signed(token, algorithm, signature)) {
            return Rejection.of(RejectionReason.BAD_SIGNATURE, details);
        }
        long nowSeconds = clock.instant().getEpochSecond();
        return new ClaimRules(claims, details).verify(trusted.issuer, trusted.generation, nowSeconds);
    }
}
