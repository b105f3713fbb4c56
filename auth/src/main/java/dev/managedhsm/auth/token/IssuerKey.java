// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.auth.token;

import io.vertx.core.Future;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.auth.JWTOptions;
import io.vertx.ext.auth.User;
import io.vertx.ext.auth.authentication.TokenCredentials;
import io.vertx.ext.auth.jwt.JWTAuth;
import io.vertx.ext.auth.jwt.JWTAuthOptions;
import java.util.EnumMap;
import java.util.Map;
import java.util.Set;

/**
 * One public key of one issuer, able to check signatures with the algorithms it is allowed. Immutable; any thread may
 * use it, and a check costs tens of microseconds.
 *
 * <p>Each key and algorithm has a {@link JWTAuth} of its own, because one that holds several keys tries them one after
 * the other. Three habits of that library are met here:
 *
 * <ul>
 *   <li>one without a usable key accepts tokens without a signature, and a key it cannot load it only logs: so each is
 *       made to refuse an unsigned token before it is used;
 *   <li>it fills a short signature up with zeros, and takes an ECDSA signature in DER as well as in the form of RFC 7518
 *       section 3.4, so that one token could have several texts: so the length is checked first;
 *   <li>of a JWK with a certificate ({@code x5c}) it takes the key from there, whatever {@code n} and {@code e} say: so
 *       it is given the key's own members only.
 * </ul>
 */
final class IssuerKey {
    /** Header and claims {@code {}}, and no signature. */
    private static final String UNSIGNED_TOKEN = "e30.e30";

    private final Map<SignatureAlgorithm, JWTAuth> verifiers = new EnumMap<>(SignatureAlgorithm.class);
    private final Map<String, Object> jwk;
    private final int signatureLength;

    /**
     * @param jwk the key's own members: {@code kty}, {@code kid}, and {@code n e} or {@code crv x y}
     * @param algorithms what it may verify; all fit the key's type
     * @param signatureLength bytes of each of its signatures
     */
    IssuerKey(Map<String, Object> jwk, Set<SignatureAlgorithm> algorithms, int signatureLength) {
        this.jwk = Map.copyOf(jwk);
        this.signatureLength = signatureLength;
        for (SignatureAlgorithm algorithm : algorithms) {
            verifiers.put(algorithm, verifier(new JsonObject(jwk).copy().put("alg", algorithm.name())));
        }
    }

    private static JWTAuth verifier(JsonObject jwk) {
        JWTAuthOptions options =
                new JWTAuthOptions().addJwk(jwk).setJWTOptions(new JWTOptions().setIgnoreExpiration(true));
        JWTAuth verifier = JWTAuth.create(null, options);
        if (verifier.authenticate(new TokenCredentials(UNSIGNED_TOKEN)).succeeded()) {
            throw new IllegalArgumentException("The key " + jwk.getString("kid") + " cannot be used; remove it.");
        }
        return verifier;
    }

    /** Whether both are the same public key for the same algorithms. */
    boolean sameAs(IssuerKey other) {
        return jwk.equals(other.jwk) && verifiers.keySet().equals(other.verifiers.keySet());
    }

    boolean allows(SignatureAlgorithm algorithm) {
        return verifiers.containsKey(algorithm);
    }

    /**
     * Whether the signature is this key's. Blocks for the time of the computation.
     *
     * @param token in compact form, its header naming this key and the algorithm
     * @param algorithm one this key allows
     * @param signature the token's last segment, decoded
     */
    boolean signed(String token, SignatureAlgorithm algorithm, byte[] signature) {
        JWTAuth verifier = verifiers.get(algorithm);
        if (verifier == null || signature.length != signatureLength) {
            return false;
        }
        try {
            Future<User> answer = verifier.authenticate(new TokenCredentials(token));
            return answer.succeeded();
        } catch (RuntimeException e) {
            // The library lets some surprises out of the future; whatever it is, nothing was proven.
            return false;
        }
    }
}
