// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.attestation;

import dev.managedhsm.crypto.key.PublicPart;
import dev.managedhsm.gateway.policy.Claims;
import java.util.Base64;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The attested environment's own RSA key, to which keys are wrapped: the first of {@code x-ms-runtime.keys} that is for
 * encryption. Whether it is strong enough is for the engine to say.
 *
 * @param kid its key id
 * @param publicPart modulus and exponent, without leading zero bytes
 */
public record RuntimeKey(String kid, PublicPart.Rsa publicPart) {
    /** The key that a token names, or null if it names none for encryption. */
    public static @Nullable RuntimeKey of(Claims claims) {
        Claims runtime = claims.object("x-ms-runtime");
        List<Claims> keys = runtime == null ? List.of() : runtime.objects("keys");
        for (Claims jwk : keys) {
            String kid = jwk.text("kid");
            byte[] modulus = number(jwk.text("n"));
            byte[] exponent = number(jwk.text("e"));
            boolean rsa = "RSA".equals(jwk.text("kty")) && forEncryption(jwk);
            if (rsa && kid != null && modulus != null && exponent != null) {
                return new RuntimeKey(kid, new PublicPart.Rsa(modulus, exponent));
            }
        }
        return null;
    }

    private static boolean forEncryption(Claims jwk) {
        return "enc".equals(jwk.text("use")) || "enc".equals(jwk.text("key_use")) || jwk.lists("key_ops", "encrypt");
    }

    /** An unsigned number without leading zero bytes, which some environments write; null if it is none. */
    private static byte @Nullable [] number(@Nullable String text) {
        if (text == null) {
            return null;
        }
        try {
            byte[] bytes = Base64.getUrlDecoder().decode(text);
            int first = 0;
            while (first < bytes.length && bytes[first] == 0) {
                first++;
            }
            return first == bytes.length ? null : java.util.Arrays.copyOfRange(bytes, first, bytes.length);
        } catch (IllegalArgumentException notBase64) {
            return null;
        }
    }
}
