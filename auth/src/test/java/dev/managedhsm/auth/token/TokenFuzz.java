// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.auth.token;

import static dev.managedhsm.auth.fixture.Issuers.*;
import static dev.managedhsm.auth.fixture.TokenMint.encode;
import static dev.managedhsm.auth.fixture.TokenMint.utf8;
import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.Arrays;

/**
 * What holds for every token, for a fuzzer to break. The first byte chooses what the rest is: a token's text, the claims
 * of a token whose signature is good, a header, a key set.
 */
public final class TokenFuzz {
    private static final TokenVerifier VERIFIER = verifier();
    private static final String[] GOOD = mint().signed(RSA, "RS256").split("\\.", -1);

    private TokenFuzz() {}

    /** The fuzzer's start: makes the keys, which takes longer than an input may. */
    public static void fuzzerInitialize() {
        text(String.join(".", GOOD));
        claims(utf8(mint().claimsJson()));
    }

    /** The fuzzer's entry. */
    public static void fuzzerTestOneInput(byte[] input) {
        if (input.length == 0) {
            return;
        }
        byte[] rest = Arrays.copyOfRange(input, 1, input.length);
        switch (input[0] & 3) {
            case 0 -> text(new String(rest, ISO_8859_1));
            case 1 -> claims(rest);
            case 2 -> text(encode(rest) + "." + GOOD[1] + "." + GOOD[2]);
            default -> keySet(new String(rest, UTF_8));
        }
    }

    /** Nobody but the issuer makes a token that is accepted, and every refusal is small and printable. */
    private static void text(String token) {
        String header = BearerHeader.token("Bearer " + token);
        if (header != null && !header.equals(token.strip()) && !header.equals(token.replaceFirst("^ +", ""))) {
            throw new IllegalStateException("another token was read than was sent");
        }
        Verification verification = VERIFIER.verify(token);
        if (verification instanceof VerifiedToken && !token.equals(String.join(".", GOOD))) {
            throw new IllegalStateException("a token was accepted that nobody signed");
        }
        if (verification instanceof Rejection rejection) {
            bounded(rejection);
        }
    }

    private static void bounded(Rejection rejection) {
        TokenDetails details = rejection.details();
        for (String text : new String[] {details.issuer(), details.kid(), details.algorithm(), rejection.member()}) {
            if (text != null && !small(text)) {
                throw new IllegalStateException("a refusal holds a text that is long or not printable");
            }
        }
        if (details.audiences().size() > TokenDetails.AUDIENCES_MAX
                || !details.audiences().stream().allMatch(TokenFuzz::small)) {
            throw new IllegalStateException("a refusal holds audiences that are long or not printable");
        }
    }

    private static boolean small(String text) {
        return text.length() <= TokenDetails.TEXT_LENGTH_MAX && text.chars().allMatch(c -> c >= 0x20 && c < 0x7f);
    }

    /** Claims that are accepted say the same to another reader of JSON. */
    private static void claims(byte[] bytes) {
        Members claims = Members.read(bytes);
        if (claims == null || ClaimRules.malformed(claims) != null) {
            return;
        }
        TokenDetails details = TokenDetails.of(null, claims);
        Verification verification = new ClaimRules(claims, details).verify(first(), new KeyLife(Long.MAX_VALUE), NOW);
        if (verification instanceof Rejection rejection) {
            bounded(rejection);
            return;
        }
        JsonObject other = new JsonObject(new String(bytes, UTF_8));
        boolean audience = other.getValue("aud") instanceof JsonArray list
                ? list.contains(AUDIENCE)
                : AUDIENCE.equals(other.getValue("aud"));
        boolean good = audience
                && TENANT.toString().equalsIgnoreCase(other.getString("tid"))
                && other.getLong("exp") + 60 > NOW
                && other.getLong("nbf", 0L) - 60 <= NOW
                && other.getLong("iat", 0L) - 60 <= NOW
                && (other.getValue("cnf") == null) == !((VerifiedToken) verification).bound();
        if (!good) {
            throw new IllegalStateException("two readers of these claims do not agree");
        }
    }

    /** A key set is taken whole or refused with a sentence. */
    private static void keySet(String jwks) {
        try {
            if (IssuerKeys.of(first(), jwks).isEmpty()) {
                throw new IllegalStateException("a set without keys was taken");
            }
        } catch (IllegalArgumentException refused) {
            if (refused.getMessage() == null) {
                throw new IllegalStateException("a refusal without a sentence", refused);
            }
        }
    }
}
