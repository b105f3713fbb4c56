// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.auth.token;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * The signature algorithms an issuer may be configured with (RFC 7518 section 3.1). That {@code none} and the
 * algorithms with a shared secret are missing is the point: they cannot be configured.
 */
public enum SignatureAlgorithm {
    RS256("RSA", "", 0),
    RS384("RSA", "", 0),
    RS512("RSA", "", 0),
    PS256("RSA", "", 0),
    ES256("EC", "P-256", 32),
    ES384("EC", "P-384", 48);

    private final String keyType;
    private final String curve;
    private final int coordinateLength;

    SignatureAlgorithm(String keyType, String curve, int coordinateLength) {
        this.keyType = keyType;
        this.curve = curve;
        this.coordinateLength = coordinateLength;
    }

    /** The algorithm a token's header names, in exactly that spelling, or null. */
    static @Nullable SignatureAlgorithm parse(String text) {
        for (SignatureAlgorithm algorithm : values()) {
            if (algorithm.name().equals(text)) {
                return algorithm;
            }
        }
        return null;
    }

    /** Whether a header asks for no signature, in whatever spelling. */
    static boolean unsigned(String text) {
        return text.strip().toLowerCase(Locale.ROOT).equals("none");
    }

    /** The key type it needs, as a JWK names it. */
    String keyType() {
        return keyType;
    }

    /** The curve it needs, as a JWK names it; empty for RSA. */
    String curve() {
        return curve;
    }

    /** Bytes of a coordinate of a public key, and of each half of a signature; 0 for RSA. */
    int coordinateLength() {
        return coordinateLength;
    }
}
