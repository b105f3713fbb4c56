// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.attestation;

import dev.managedhsm.gateway.policy.Claims;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The parts of a token in compact form (RFC 7515 section 7.1), read strictly and proven by nothing. Every segment is in
 * the one canonical form of base64url, so one token has one text.
 *
 * <p>Addresses and keys in the header ({@code jku}, {@code jwk}, {@code x5u}, {@code x5c}) are never looked at; extensions
 * that would have to be understood are refused.
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
record AttestationToken(Claims header, Claims claims, byte[] signed, byte[] signature) {
    private static final int SEGMENTS = 3;
    private static final List<String> FORBIDDEN_HEADERS = List.of("crit", "b64", "zip", "enc");

    /** The parts, or null if the text is no such token. */
    static @Nullable AttestationToken parse(String text) {
        String[] segments =
                text.length() > AttestationLimits.TOKEN_LENGTH_MAX ? new String[0] : text.split("\\.", SEGMENTS + 1);
        if (segments.length != SEGMENTS) {
            return null;
        }
        byte[] headerBytes = decoded(segments[0]);
        byte[] claimBytes = decoded(segments[1]);
        byte[] signature = decoded(segments[2]);
        Claims header = headerBytes == null ? null : Claims.read(headerBytes);
        Claims claims = claimBytes == null ? null : Claims.read(claimBytes);
        if (header == null || claims == null || signature == null) {
            return null;
        }
        byte[] signed = text.substring(0, text.lastIndexOf('.')).getBytes(StandardCharsets.US_ASCII);
        return FORBIDDEN_HEADERS.stream().anyMatch(header::has)
                ? null
                : new AttestationToken(header, claims, signed, signature);
    }

    /** The bytes, or null if the text is not what they encode to. */
    private static byte @Nullable [] decoded(String text) {
        try {
            byte[] bytes = Base64.getUrlDecoder().decode(text);
            return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes).equals(text) ? bytes : null;
        } catch (IllegalArgumentException notBase64) {
            return null;
        }
    }
}
