// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.auth.token;

import static dev.managedhsm.auth.fixture.Issuers.*;
import static dev.managedhsm.auth.fixture.TokenMint.encode;
import static dev.managedhsm.auth.fixture.TokenMint.quoted;
import static dev.managedhsm.auth.fixture.TokenMint.sign;
import static dev.managedhsm.auth.fixture.TokenMint.signSegments;
import static dev.managedhsm.auth.fixture.TokenMint.utf8;
import static dev.managedhsm.auth.token.RejectionReason.*;

import dev.managedhsm.auth.fixture.TokenMint;
import java.security.GeneralSecurityException;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.stream.Stream;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/** The table of bad tokens, each with the one thing that is wrong with it and the reason it must be refused for. */
final class BadTokens {
    private static final String GOOD = mint().signed(RSA, "RS256");
    private static final String GOOD_EC = mint().signed(EC, "ES256");
    private static final String HEADER = "{\"typ\":\"JWT\",\"alg\":\"RS256\",\"kid\":\"rsa-1\"}";

    /** Made once: finding a signature that ends in zero takes hundreds of them. */
    private static final List<BadToken> ALL = Stream.of(
                    texts(),
                    headers(),
                    algorithms(),
                    keys(),
                    signatures(),
                    json(),
                    claims(),
                    times(),
                    BadTokenVariants.all(),
                    BadClaimVariants.all())
            .flatMap(List::stream)
            .toList();

    private BadTokens() {}

    static List<BadToken> all() {
        return ALL;
    }

    private static List<BadToken> texts() {
        String[] parts = GOOD.split("\\.", -1);
        return List.of(
                new BadToken("empty text", "", MALFORMED),
                new BadToken("two dots and nothing else", "..", MALFORMED),
                new BadToken("one segment", parts[0], MALFORMED),
                new BadToken("two segments", parts[0] + "." + parts[1], MALFORMED),
                new BadToken("four segments", GOOD + "." + parts[2], MALFORMED),
                new BadToken("five segments, as an encrypted token", GOOD + ".AAAA.AAAA", MALFORMED),
                new BadToken("a dot at the end", GOOD + ".", MALFORMED),
                new BadToken("a dot at the start", "." + GOOD, MALFORMED),
                new BadToken("space at the end", GOOD + " ", MALFORMED),
                new BadToken("line break at the end", GOOD + "\n", MALFORMED),
                new BadToken("padded header", pad(parts[0]) + "." + parts[1] + "." + parts[2], MALFORMED),
                new BadToken("padded signature", parts[0] + "." + parts[1] + "." + parts[2] + "==", MALFORMED),
                new BadToken("stray bits at the end of the signature", withStrayBit(GOOD), MALFORMED),
                new BadToken("stray bits at the end of an EC signature", withStrayBit(GOOD_EC), MALFORMED),
                new BadToken("signature in the alphabet of plain base64", plusInSignature(), MALFORMED),
                new BadToken("signature of impossible length", GOOD + "AAA", MALFORMED),
                new BadToken("a letter outside ASCII", GOOD.replaceFirst("e", "\u0435"), MALFORMED),
                new BadToken("one character too long", "a".repeat(TokenVerifier.TOKEN_LENGTH_MAX + 1), TOO_LARGE),
                new BadToken("a megabyte of dots", ".".repeat(1 << 20), TOO_LARGE),
                new BadToken("a good token with a huge claim", hugeClaim(), TOO_LARGE));
    }

    private static List<BadToken> headers() {
        String jwk = "{" + STRANGER.jwkMembers() + "}";
        return List.of(
                forbidden("its own key", "jwk", jwk),
                forbidden("a place to fetch keys from", "jku", quoted("https://evil.example.org/keys")),
                forbidden("a place to fetch a certificate from", "x5u", quoted("https://evil.example.org/c")),
                forbidden("an extension that is critical", "crit", "[\"exp\"]"),
                forbidden("an empty list of critical extensions", "crit", "[]"),
                forbidden("an unencoded payload", "b64", "false"),
                forbidden("compression", "zip", quoted("DEF")),
                forbidden("another type", "typ", quoted("secevent+jwt")),
                forbidden("a type that is no text", "typ", "1"),
                new BadToken(
                        "its own certificate, signed with that",
                        mint().header("x5c", "[\"MIIB\"]").signed(STRANGER, "RS256"),
                        BAD_SIGNATURE));
    }

    private static BadToken forbidden(String attack, String name, String json) {
        return new BadToken(
                "header with " + attack, mint().header(name, json).signed(RSA, "RS256"), FORBIDDEN_HEADER, name);
    }

    private static List<BadToken> algorithms() {
        TokenMint named = mint().header("kid", quoted(RSA.kid()));
        return List.of(
                new BadToken("none, without a signature", unsigned("none") + ".", UNSIGNED),
                new BadToken("none in capitals", unsigned("NONE") + ".", UNSIGNED),
                new BadToken("none in mixed case", unsigned("nOnE") + ".", UNSIGNED),
                new BadToken("none between spaces", unsigned(" none ") + ".", UNSIGNED),
                new BadToken("none, with a signature", unsigned("none") + ".AAAA", UNSIGNED),
                new BadToken("none, with two segments", unsigned("none"), MALFORMED),
                new BadToken("RS256, without a signature", unsigned("RS256") + ".", UNSIGNED),
                new BadToken("an empty name", unsigned("") + ".AAAA", ALGORITHM_NOT_ALLOWED, "alg"),
                new BadToken("another case", unsigned("rs256") + ".AAAA", ALGORITHM_NOT_ALLOWED, "alg"),
                new BadToken("one nobody knows", unsigned("XS256") + ".AAAA", ALGORITHM_NOT_ALLOWED, "alg"),
                new BadToken("EdDSA", unsigned("EdDSA") + ".AAAA", ALGORITHM_NOT_ALLOWED, "alg"),
                new BadToken("no algorithm", named.signedAsIs(RSA, "RS256"), MALFORMED, "alg"),
                new BadToken(
                        "an algorithm that is a list",
                        named.header("alg", "[\"RS256\"]").signedAsIs(RSA, "RS256"),
                        MALFORMED,
                        "alg"),
                new BadToken(
                        "HS256 with the modulus as secret",
                        hmac("HS256", RSA.pair().getPublic().getEncoded()),
                        ALGORITHM_NOT_ALLOWED,
                        "alg"),
                new BadToken(
                        "HS256 with the JWK as secret", hmac("HS256", utf8(RSA.jwk())), ALGORITHM_NOT_ALLOWED, "alg"),
                new BadToken(
                        "RS256 with an EC key's id",
                        mint().signed(RSA.named("ec-1"), "RS256"),
                        ALGORITHM_NOT_ALLOWED,
                        "kid"),
                new BadToken(
                        "ES256 with an RSA key's id",
                        mint().signed(EC.named("rsa-1"), "ES256"),
                        ALGORITHM_NOT_ALLOWED,
                        "kid"),
                new BadToken(
                        "ES384 with a key on P-256", unsigned("ES384", "ec-1") + ".AAAA", ALGORITHM_NOT_ALLOWED, "kid"),
                new BadToken("RS256 signature called PS256", relabelled("PS256", "RS256"), BAD_SIGNATURE),
                new BadToken("PS256 signature called RS256", relabelled("RS256", "PS256"), BAD_SIGNATURE),
                new BadToken(
                        "RS512 where only RS256 is allowed",
                        otherMint().signed(OTHER, "RS512"),
                        ALGORITHM_NOT_ALLOWED,
                        "alg"),
                new BadToken(
                        "PS256 where only RS256 is allowed",
                        otherMint().signed(OTHER, "PS256"),
                        ALGORITHM_NOT_ALLOWED,
                        "alg"));
    }

    private static List<BadToken> keys() {
        return List.of(
                new BadToken(
                        "no key id",
                        mint().header("alg", quoted("RS256")).signedAsIs(RSA, "RS256"),
                        UNKNOWN_KEY,
                        "kid"),
                unknownKey("empty", ""),
                unknownKey("unknown", "rsa-2"),
                unknownKey("in another case", "RSA-1"),
                unknownKey("a path", "../../../../dev/null"),
                unknownKey("a query", "x' OR '1'='1"),
                unknownKey("ending in a zero character", "rsa-1\\u0000"),
                new BadToken(
                        "key id that is a number",
                        mint().header("alg", quoted("RS256")).header("kid", "1").signedAsIs(RSA, "RS256"),
                        UNKNOWN_KEY,
                        "kid"),
                new BadToken("another issuer's key", mint().signed(OTHER, "RS256"), UNKNOWN_KEY, "kid"),
                new BadToken(
                        "another issuer's key under our id",
                        mint().signed(OTHER.named("rsa-1"), "RS256"),
                        BAD_SIGNATURE),
                new BadToken(
                        "first issuer's key, second issuer's name",
                        otherMint().signed(RSA, "RS256"),
                        UNKNOWN_KEY,
                        "kid"),
                new BadToken("a stranger's key under our id", mint().signed(STRANGER, "RS256"), BAD_SIGNATURE));
    }

    private static BadToken unknownKey(String attack, String kid) {
        return new BadToken("key id " + attack, mint().signed(RSA.named(kid), "RS256"), UNKNOWN_KEY, "kid");
    }

    private static List<BadToken> signatures() {
        String message = GOOD.substring(0, GOOD.lastIndexOf('.'));
        byte[] signature = RSA.sign("RS256", utf8(message));
        String ecMessage = GOOD_EC.substring(0, GOOD_EC.lastIndexOf('.'));
        byte[] ecSignature = EC.sign("ES256", utf8(ecMessage));
        String otherClaims = mint().text("oid", TENANT.toString()).claimsJson();
        return List.of(
                bad("other claims", GOOD.split("\\.", -1)[0] + "." + encode(utf8(otherClaims)), signature),
                bad("RSA, one byte short", message, Arrays.copyOf(signature, 255)),
                bad("RSA, one byte long", message, Arrays.copyOf(signature, 257)),
                bad("RSA, one byte", message, new byte[1]),
                bad("RSA, all zero", message, new byte[256]),
                new BadToken("RSA, its last zero byte cut off", withoutLastZero(), BAD_SIGNATURE),
                bad("EC, one byte short", ecMessage, Arrays.copyOf(ecSignature, 63)),
                bad("EC, two bytes short", ecMessage, Arrays.copyOf(ecSignature, 62)),
                bad("EC, followed by zeros", ecMessage, Arrays.copyOf(ecSignature, 66)),
                bad("EC, all zero", ecMessage, new byte[64]),
                bad("EC, in DER", ecMessage, EC.sign("ES256 in DER", utf8(ecMessage))),
                bad("EC, on another curve's length", ecMessage, Arrays.copyOf(ecSignature, 96)));
    }

    private static BadToken bad(String attack, String message, byte[] signature) {
        return new BadToken("signature: " + attack, message + "." + encode(signature), BAD_SIGNATURE);
    }

    private static List<BadToken> json() {
        String claims = mint().claimsJson();
        String more = claims.substring(0, claims.length() - 1);
        byte[] notUtf8 = utf8(more + ",\"name\":\"?\"}");
        notUtf8[notUtf8.length - 3] = (byte) 0xc0;
        return List.of(
                json("claims that are a list", HEADER, "[" + claims + "]"),
                json("claims that are a text", HEADER, "\"x\""),
                json("claims that are empty", HEADER, ""),
                json("claims that stop in the middle", HEADER, more),
                json("claims with something after them", HEADER, claims + "{}"),
                json("claims with a comma too many", HEADER, more + ",}"),
                json("claims with a comment", HEADER, more + "/* */}"),
                json("claims with a byte order mark", HEADER, "\ufeff" + claims),
                json("the same claim twice", HEADER, more + ",\"oid\":\"" + TENANT + "\"}"),
                json("the same claim twice, once in escapes", HEADER, more + ",\"\\u006fid\":\"" + TENANT + "\"}"),
                json("the same member twice, deep down", HEADER, more + ",\"x\":{\"a\":[{\"b\":1,\"b\":2}]}}"),
                json("claims nested too deep", HEADER, more + ",\"x\":" + "[".repeat(50) + "]".repeat(50) + "}"),
                json("thousands of open brackets", HEADER, "[".repeat(5000)),
                json("the same header member twice", HEADER.replace("}", ",\"alg\":\"none\"}"), claims),
                json("a header that is a list", "[]", claims),
                json("a number with a hundred digits", HEADER, more + ",\"x\":" + "9".repeat(100) + "}"),
                new BadToken("claims that are not UTF-8", sign(RSA, "RS256", utf8(HEADER), notUtf8), MALFORMED),
                new BadToken(
                        "claims in UTF-16",
                        sign(RSA, "RS256", utf8(HEADER), claims.getBytes(java.nio.charset.StandardCharsets.UTF_16BE)),
                        MALFORMED),
                new BadToken(
                        "another token as claims",
                        signSegments(RSA, "RS256", encode(utf8(HEADER)), encode(utf8(GOOD))),
                        MALFORMED));
    }

    private static BadToken json(String attack, String header, String claims) {
        return new BadToken(attack, sign(RSA, "RS256", header, claims), MALFORMED);
    }

    private static List<BadToken> claims() {
        String otherTenant = "11111111-2222-3333-4444-555555555555";
        return List.of(
                claim("no issuer", mint().without("iss"), MISSING_ISSUER, "iss"),
                claim("an issuer that is a list", mint().claim("iss", "[]"), MALFORMED, "iss"),
                claim("an unknown issuer", mint().text("iss", "https://evil.example.org"), UNKNOWN_ISSUER, "iss"),
                claim(
                        "our issuer without its slash",
                        mint().text("iss", FIRST_URL.substring(0, FIRST_URL.length() - 1)),
                        UNKNOWN_ISSUER,
                        "iss"),
                claim(
                        "our issuer in capitals",
                        mint().text("iss", FIRST_URL.replace("sts", "STS")),
                        UNKNOWN_ISSUER,
                        "iss"),
                claim(
                        "another tenant's issuer",
                        mint().text("iss", "https://sts.example.org/" + otherTenant + "/"),
                        UNKNOWN_ISSUER,
                        "iss"),
                claim("no tenant", mint().without("tid"), MISSING_CLAIM, "tid"),
                claim("another tenant", mint().text("tid", otherTenant), WRONG_TENANT, "tid"),
                claim("a tenant that is no GUID", mint().text("tid", "contoso"), WRONG_TENANT, "tid"),
                claim("a tenant that is a number", mint().claim("tid", "1"), MALFORMED, "tid"),
                claim("no audience", mint().without("aud"), MISSING_CLAIM, "aud"),
                claim("another audience", mint().text("aud", "https://vault.example.org"), WRONG_AUDIENCE, "aud"),
                claim("an audience with a slash", mint().text("aud", AUDIENCE_WITH_SLASH), WRONG_AUDIENCE, "aud"),
                claim("an audience in capitals", mint().text("aud", "HTTPS://HSM.EXAMPLE.ORG"), WRONG_AUDIENCE, "aud"),
                claim(
                        "an audience that begins well",
                        mint().text("aud", AUDIENCE + ".evil.example.org"),
                        WRONG_AUDIENCE,
                        "aud"),
                claim("an empty list of audiences", mint().claim("aud", "[]"), WRONG_AUDIENCE, "aud"),
                claim("a list of other audiences", mint().claim("aud", "[\"a\",\"b\"]"), WRONG_AUDIENCE, "aud"),
                claim("a list with a number in it", mint().claim("aud", "[1,\"" + AUDIENCE + "\"]"), MALFORMED, "aud"),
                claim("an audience that is an object", mint().claim("aud", "{}"), MALFORMED, "aud"),
                new BadToken(
                        "an audience without the slash the other issuer wants",
                        otherMint().text("aud", AUDIENCE).signed(OTHER, "RS256"),
                        WRONG_AUDIENCE,
                        "aud"),
                claim("no object id", mint().without("oid"), MISSING_CLAIM, "oid"),
                claim("an object id that is no GUID", mint().text("oid", "root"), MALFORMED, "oid"),
                claim("an object id that is null", mint().claim("oid", "null"), MALFORMED, "oid"),
                claim(
                        "a group too many",
                        mint().claim("groups", groups(ClaimRules.GROUPS_MAX + 1)),
                        TOO_MANY_GROUPS,
                        "groups"),
                claim("a key of its own to prove", mint().claim("cnf", "{\"jwk\":{}}"), PROOF_NOT_SUPPORTED, "cnf"),
                claim("groups that are an object", mint().claim("groups", "{}"), MALFORMED, "groups"),
                claim(
                        "a resource id with a line break",
                        mint().claim("xms_mirid", "\"/a\\nb\""),
                        MALFORMED,
                        "xms_mirid"));
    }

    private static List<BadToken> times() {
        return List.of(
                claim("no expiry", mint().without("exp"), MISSING_CLAIM, "exp"),
                claim("an expiry that is a text", mint().text("exp", Long.toString(NOW + 60)), MALFORMED, "exp"),
                claim("an expiry with a fraction", mint().claim("exp", (NOW + 60) + ".5"), MALFORMED, "exp"),
                claim("an expiry in powers of ten", mint().claim("exp", "1e300"), MALFORMED, "exp"),
                claim("an expiry beyond a long", mint().claim("exp", "9223372036854775808"), MALFORMED, "exp"),
                claim("an expiry that would overflow", mint().claim("exp", "9223372036854775807"), MALFORMED, "exp"),
                claim("an expiry before 1970", mint().claim("exp", "-1"), MALFORMED, "exp"),
                claim("an expiry that is null", mint().claim("exp", "null"), MALFORMED, "exp"),
                claim("expired to the second", mint().claim("exp", Long.toString(NOW - 60)), EXPIRED, "exp"),
                claim("expired at zero", mint().claim("exp", "0"), EXPIRED, "exp"),
                claim(
                        "valid from a second too late",
                        mint().claim("nbf", Long.toString(NOW + 61)),
                        NOT_YET_VALID,
                        "nbf"),
                claim("a start that is a text", mint().text("nbf", "0"), MALFORMED, "nbf"),
                claim("issued in the future", mint().claim("iat", Long.toString(NOW + 61)), NOT_YET_VALID, "iat"));
    }

    private static String groups(int count) {
        return "[" + String.join(",", Collections.nCopies(count, quoted(TENANT.toString()))) + "]";
    }

    private static BadToken claim(String attack, TokenMint mint, RejectionReason reason, String member) {
        return new BadToken("claims with " + attack, mint.signed(RSA, "RS256"), reason, member);
    }

    private static String pad(String segment) {
        return segment + "=".repeat((4 - segment.length() % 4) % 4 == 0 ? 1 : (4 - segment.length() % 4) % 4);
    }

    /** 256 and 64 bytes both leave four unused bits in the last character. */
    private static String withStrayBit(String token) {
        String alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        int last = alphabet.indexOf(token.charAt(token.length() - 1));
        return token.substring(0, token.length() - 1) + alphabet.charAt(last + 1);
    }

    private static String plusInSignature() {
        int dot = GOOD.lastIndexOf('.');
        return GOOD.substring(0, dot + 1) + "+" + GOOD.substring(dot + 2);
    }

    private static String hugeClaim() {
        return mint().text("name", "x".repeat(TokenVerifier.TOKEN_LENGTH_MAX)).signed(RSA, "RS256");
    }

    private static String unsigned(String algorithm) {
        return unsigned(algorithm, RSA.kid());
    }

    private static String unsigned(String algorithm, String kid) {
        TokenMint named = mint().header("alg", quoted(algorithm)).header("kid", quoted(kid));
        return encode(utf8(named.headerJson())) + "." + encode(utf8(named.claimsJson()));
    }

    private static String relabelled(String label, String algorithm) {
        return mint().header("alg", quoted(label))
                .header("kid", quoted(RSA.kid()))
                .signedAsIs(RSA, algorithm);
    }

    private static String hmac(String algorithm, byte[] secret) {
        try {
            String message = unsigned(algorithm);
            Mac mac = Mac.getInstance("HmacSHA256");
            mac.init(new SecretKeySpec(secret, "HmacSHA256"));
            return message + "." + encode(mac.doFinal(utf8(message)));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    /** RS256 is deterministic: some of a few thousand tokens has a signature that ends in a zero byte. */
    private static String withoutLastZero() {
        for (int i = 0; i < 10_000; i++) {
            String token = mint().claim("uti", Integer.toString(i)).signed(RSA, "RS256");
            String message = token.substring(0, token.lastIndexOf('.'));
            byte[] signature = Base64Url.decode(token.substring(message.length() + 1));
            if (signature != null && signature[255] == 0) {
                return message + "." + encode(Arrays.copyOf(signature, 255));
            }
        }
        throw new IllegalStateException("no signature ends in zero");
    }
}
