// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.auth.token;

import dev.managedhsm.auth.principal.Guid;
import dev.managedhsm.auth.principal.Principal;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * What a refused token said about itself, for auditors. Nothing of this is proven: anybody can write it. Texts are cut
 * to {@link #TEXT_LENGTH_MAX} characters and hold printable ASCII only, so that they cannot forge a log line.
 *
 * @param issuer {@code iss}, or null
 * @param kid the key id, or null
 * @param algorithm {@code alg}, or null
 * @param audiences {@code aud}, at most {@link #AUDIENCES_MAX} of them
 * @param tenantId {@code tid}, or null
 * @param objectId {@code oid}, or null
 * @param applicationId {@code appid} or {@code azp}, or null
 * @param issuedAtSeconds {@code iat}, in seconds since 1970 on the issuer's clock, or null
 */
public record TokenDetails(
        @Nullable String issuer,
        @Nullable String kid,
        @Nullable String algorithm,
        List<String> audiences,
        @Nullable UUID tenantId,
        @Nullable UUID objectId,
        @Nullable UUID applicationId,
        @Nullable Long issuedAtSeconds) {
    /** Longest text, in characters. */
    public static final int TEXT_LENGTH_MAX = 200;

    /** Most audiences. */
    public static final int AUDIENCES_MAX = 8;

    /** Of a token that could not be read at all. */
    public static final TokenDetails NONE = new TokenDetails(null, null, null, List.of(), null, null, null, null);

    /** Of a token as far as it could be read; either part may be null. */
    static TokenDetails of(@Nullable Members header, @Nullable Members claims) {
        Members head = header == null ? Members.NONE : header;
        Members body = claims == null ? Members.NONE : claims;
        List<String> audiences = body.texts("aud");
        return new TokenDetails(
                safe(body.text("iss")),
                safe(head.text("kid")),
                safe(head.text("alg")),
                audiences == null
                        ? List.of()
                        : audiences.stream()
                                .limit(AUDIENCES_MAX)
                                .map(TokenDetails::safeText)
                                .toList(),
                Guid.parse(body.text("tid")),
                Guid.parse(body.text("oid")),
                body.applicationId(),
                ClaimRules.seconds(body, "iat"));
    }

    /** Of a token that was found good and is not here any more. */
    static TokenDetails of(Principal principal, @Nullable Long issuedAtSeconds) {
        return new TokenDetails(
                null,
                null,
                null,
                List.of(),
                principal.tenantId(),
                principal.objectId(),
                principal.applicationId(),
                issuedAtSeconds);
    }

    private static @Nullable String safe(@Nullable String text) {
        return text == null ? null : safeText(text);
    }

    private static String safeText(String text) {
        int length = Math.min(text.length(), TEXT_LENGTH_MAX);
        StringBuilder safe = new StringBuilder(length);
        for (int i = 0; i < length; i++) {
            char c = text.charAt(i);
            safe.append(c >= 0x20 && c < 0x7f ? c : '?');
        }
        return safe.toString();
    }
}
