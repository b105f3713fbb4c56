// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.attestation;

import dev.managedhsm.gateway.policy.Claims;
import java.io.ByteArrayInputStream;
import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PublicKey;
import java.security.cert.CertificateFactory;
import java.security.spec.RSAPublicKeySpec;
import java.util.Base64;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * An authority's public keys by key id, from its JSON Web Key Set (RFC 7517). Immutable.
 *
 * <p>Authorities publish keys as certificates ({@code x5c}), with or without the bare numbers; the certificate is taken
 * where there is one. It only carries the key: what makes the key the authority's is the connection it came by. A key that
 * cannot be used is left out.
 */
final class AuthorityKeySet {
    private final Map<String, Key> keys;

    /** @param algorithm the only one it is for, or null */
    private record Key(PublicKey publicKey, @Nullable String algorithm) {}

    private AuthorityKeySet(Map<String, Key> keys) {
        this.keys = keys;
    }

    /**
     * Reads a key set.
     *
     * <p>Keys that share an id are left out (RFC 7517 section 4.5 allows it for keys of different types): a token that names
     * the id does not say which.
     *
     * @throws AuthorityUnreachable if it is none
     */
    static AuthorityKeySet read(byte[] json) {
        Claims set = Claims.read(json);
        List<Claims> listed = set == null ? List.of() : set.objects("keys");
        if (listed.isEmpty() || listed.size() > AttestationLimits.KEYS_MAX) {
            throw new AuthorityUnreachable("its keys are no JSON Web Key Set of 1 to " + AttestationLimits.KEYS_MAX);
        }
        Map<String, Key> keys = new HashMap<>();
        Set<String> shared = new HashSet<>();
        for (Claims jwk : listed) {
            String kid = jwk.text("kid");
            PublicKey key = kid == null || !forVerifying(jwk) ? null : publicKey(jwk);
            if (kid != null && key != null && keys.put(kid, new Key(key, jwk.text("alg"))) != null) {
                shared.add(kid);
            }
        }
        keys.keySet().removeAll(shared);
        return new AuthorityKeySet(Map.copyOf(keys));
    }

    private static boolean forVerifying(Claims jwk) {
        return (!jwk.has("use") || "sig".equals(jwk.text("use")))
                && (!jwk.has("key_ops") || jwk.lists("key_ops", "verify"));
    }

    private static @Nullable PublicKey publicKey(Claims jwk) {
        try {
            List<String> certificates = jwk.texts("x5c");
            if (!certificates.isEmpty()) {
                byte[] der = Base64.getDecoder().decode(certificates.getFirst());
                return CertificateFactory.getInstance("X.509")
                        .generateCertificate(new ByteArrayInputStream(der))
                        .getPublicKey();
            }
            return "EC".equals(jwk.text("kty"))
                    ? Curves.key(String.valueOf(jwk.text("crv")), number(jwk, "x"), number(jwk, "y"))
                    : rsa(number(jwk, "n"), number(jwk, "e"));
        } catch (GeneralSecurityException | IllegalArgumentException unusable) {
            return null;
        }
    }

    private static PublicKey rsa(byte[] modulus, byte[] exponent) throws GeneralSecurityException {
        RSAPublicKeySpec spec = new RSAPublicKeySpec(new BigInteger(1, modulus), new BigInteger(1, exponent));
        return KeyFactory.getInstance("RSA").generatePublic(spec);
    }

    private static byte[] number(Claims jwk, String name) {
        String text = jwk.text(name);
        if (text == null) {
            throw new IllegalArgumentException("a key lacks a number");
        }
        return Base64.getUrlDecoder().decode(text);
    }

    /** Whether there is a key with this id. */
    boolean has(String kid) {
        return keys.containsKey(kid);
    }

    /** Whether the signature is that of the key with this id, and the key may be used so. */
    boolean verified(String kid, JwsAlgorithm algorithm, byte[] signed, byte[] signature) {
        Key key = keys.get(kid);
        return key != null
                && (key.algorithm == null || key.algorithm.equals(algorithm.name()))
                && algorithm.verified(key.publicKey, signed, signature);
    }
}
