// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.auth.token;

import static dev.managedhsm.auth.fixture.Issuers.*;
import static dev.managedhsm.auth.fixture.TokenMint.quoted;
import static dev.managedhsm.auth.fixture.TokenMint.sign;
import static dev.managedhsm.auth.fixture.TokenMint.utf8;
import static dev.managedhsm.auth.token.RejectionReason.*;
import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_16BE;
import static java.nio.charset.StandardCharsets.UTF_16LE;

import dev.managedhsm.auth.fixture.TokenMint;
import java.nio.charset.Charset;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Rows of the table whose claims, times, names and bytes are wrong in many ways; the signatures are good. */
final class BadClaimVariants {
    private static final String HEADER = "{\"typ\":\"JWT\",\"alg\":\"RS256\",\"kid\":\"rsa-1\"}";

    private final List<BadToken> rows = new ArrayList<>();

    private BadClaimVariants() {}

    static List<BadToken> all() {
        BadClaimVariants variants = new BadClaimVariants();
        variants.times();
        variants.names();
        variants.twice();
        variants.bindings();
        variants.bytes();
        return variants.rows;
    }

    private void add(String attack, String token, RejectionReason reason) {
        add(attack, token, reason, "");
    }

    private void add(String attack, String token, RejectionReason reason, String member) {
        rows.add(new BadToken("variant: " + attack, token, reason, member));
    }

    private void signed(String attack, TokenMint mint, RejectionReason reason, String member) {
        add(attack, mint.signed(RSA, "RS256"), reason, member);
    }

    private void times() {
        for (String name : List.of("exp", "nbf", "iat")) {
            for (String json : List.of(
                    "1.0",
                    "1e3",
                    "\"1900000000\"",
                    "-1",
                    "-9223372036854775808",
                    "253402300800",
                    "9223372036854775807",
                    "9223372036854775808",
                    "18446744073709551616",
                    "null",
                    "true",
                    "[]",
                    "{}",
                    "\"\"")) {
                signed(name + " as " + json, mint().claim(name, json), MALFORMED, name);
            }
            for (String json : List.of("01", "+1", "0x10", "NaN", "Infinity", "1_000", ".5", "1.", "- 1")) {
                signed(name + " as " + json, mint().claim(name, json), MALFORMED, "");
            }
        }
        for (long late : new long[] {60, 61, 3600, NOW}) {
            signed("expired by " + late, mint().claim("exp", Long.toString(NOW - late)), EXPIRED, "exp");
        }
        signed("expired at minus zero", mint().claim("exp", "-0"), EXPIRED, "exp");
        for (long early : new long[] {61, 62, 3600, 253402300799L - NOW}) {
            for (String name : List.of("nbf", "iat")) {
                signed(
                        name + " early by " + early,
                        mint().claim(name, Long.toString(NOW + early)),
                        NOT_YET_VALID,
                        name);
            }
        }
    }

    private void names() {
        String tenant = TENANT.toString();
        for (String tid : List.of(
                "",
                "common",
                "{" + tenant + "}",
                tenant.replace("-", ""),
                " " + tenant,
                tenant + " ",
                "*",
                tenant + "0")) {
            signed("tenant '" + tid + "'", mint().text("tid", tid), WRONG_TENANT, "tid");
        }
        for (String oid : List.of("", "{" + tenant + "}", tenant.replace("-", ""), " " + tenant, "*", "0", "me")) {
            signed("object id '" + oid + "'", mint().text("oid", oid), MALFORMED, "oid");
        }
        for (String json : List.of("1", "true", "[]", "{}", "[\"" + tenant + "\"]")) {
            signed("object id as " + json, mint().claim("oid", json), MALFORMED, "oid");
            signed("tenant as " + json, mint().claim("tid", json), MALFORMED, "tid");
            signed("issuer as " + json, mint().claim("iss", json), MALFORMED, "iss");
        }
        for (String aud : List.of(
                "",
                "*",
                AUDIENCE + "/.default",
                AUDIENCE + ":443",
                AUDIENCE + " ",
                " " + AUDIENCE,
                AUDIENCE + "//",
                AUDIENCE + "?x",
                AUDIENCE.replace("https", "http"),
                AUDIENCE.substring(0, AUDIENCE.length() - 1),
                "hsm.example.org",
                AUDIENCE + "\\u0000")) {
            signed("audience '" + aud + "'", mint().text("aud", aud), WRONG_AUDIENCE, "aud");
            signed(
                    "audience '" + aud + "' in a list",
                    mint().claim("aud", "[" + quoted(aud) + "]"),
                    WRONG_AUDIENCE,
                    "aud");
        }
        for (String json :
                List.of("null", "1", "true", "[[\"" + AUDIENCE + "\"]]", "[null]", "{\"0\":\"" + AUDIENCE + "\"}")) {
            signed("audience as " + json, mint().claim("aud", json), MALFORMED, "aud");
        }
        for (String iss : List.of(
                "",
                FIRST_URL + " ",
                FIRST_URL + "/",
                FIRST_URL + "v2.0",
                FIRST_URL.replace("https", "http"),
                FIRST_URL + "?a=b",
                FIRST_URL + "#",
                FIRST_URL.replace("sts.", "sts.evil."),
                FIRST_URL.toUpperCase(Locale.ROOT),
                "https://sts.example.org@evil.example/" + tenant + "/",
                FIRST_URL.replace(tenant, tenant.toUpperCase(Locale.ROOT)),
                FIRST_URL + "\\u0000")) {
            signed("issuer '" + iss + "'", mint().text("iss", iss), UNKNOWN_ISSUER, "iss");
        }
        add(
                "second issuer's token with the first one's name",
                otherMint().text("iss", FIRST_URL).signed(OTHER, "RS256"),
                UNKNOWN_KEY,
                "kid");
        add(
                "second issuer's token with the first one's audience",
                otherMint().text("aud", AUDIENCE).signed(OTHER, "RS256"),
                WRONG_AUDIENCE,
                "aud");
    }

    private void twice() {
        String claims = mint().claimsJson();
        for (String name : List.of("iss", "aud", "tid", "oid", "exp", "nbf", "iat", "appid", "idtyp")) {
            String more = claims.substring(0, claims.length() - 1) + "," + quoted(name) + ":null}";
            add("claim " + name + " twice", sign(RSA, "RS256", HEADER, more), MALFORMED);
            String before = "{" + quoted(name) + ":null," + claims.substring(1);
            add("claim " + name + " twice, the good one last", sign(RSA, "RS256", HEADER, before), MALFORMED);
        }
        for (String name : List.of("alg", "kid", "typ")) {
            String more = HEADER.replace("}", "," + quoted(name) + ":\"x\"}");
            add("header member " + name + " twice", sign(RSA, "RS256", more, claims), MALFORMED);
        }
    }

    private void bindings() {
        String thumbprint = "A".repeat(43);
        for (String json : List.of(
                "null",
                "true",
                "[]",
                "\"" + thumbprint + "\"",
                "{\"x5t#S256\":null}",
                "{\"x5t#S256\":\"\"}",
                "{\"x5t#S256\":\"AAAA\"}",
                "{\"x5t#S256\":\"" + thumbprint + "=\"}",
                "{\"x5t#S256\":\"" + "A".repeat(42) + "B\"}",
                "{\"x5t#S256\":[\"" + thumbprint + "\"]}")) {
            signed("cnf as " + json, mint().claim("cnf", json), MALFORMED, "cnf");
        }
        for (String json : List.of(
                "{}",
                "{\"jkt\":\"x\"}",
                "{\"kid\":\"x\"}",
                "{\"jwk\":{}}",
                "{\"jwe\":\"x\"}",
                "{\"jku\":\"x\"}",
                "{\"x5t\":\"x\"}",
                "{\"x5t#S256\":\"" + thumbprint + "\",\"jkt\":\"x\"}",
                "{\"X5T#S256\":\"" + thumbprint + "\"}")) {
            signed("cnf as " + json, mint().claim("cnf", json), PROOF_NOT_SUPPORTED, "cnf");
        }
    }

    private void bytes() {
        String claims = mint().claimsJson();
        String more = claims.substring(0, claims.length() - 1) + ",\"x\":\"";
        Map<String, byte[]> texts = Map.of(
                "an overlong slash", new byte[] {(byte) 0xc0, (byte) 0xaf},
                "half a surrogate", new byte[] {(byte) 0xed, (byte) 0xa0, (byte) 0x80},
                "a code point beyond Unicode", new byte[] {(byte) 0xf5, (byte) 0x80, (byte) 0x80, (byte) 0x80},
                "a cut sequence", new byte[] {(byte) 0xe2, (byte) 0x82},
                "a lone continuation", new byte[] {(byte) 0x80},
                "a zero byte", new byte[] {0},
                "a line break", new byte[] {'\n'});
        texts.forEach((name, bytes) -> {
            String token = sign(RSA, "RS256", utf8(HEADER), utf8(more + new String(bytes, ISO_8859_1) + "\"}"));
            byte[] raw = (more + new String(bytes, ISO_8859_1) + "\"}").getBytes(ISO_8859_1);
            boolean control = bytes[0] >= 0;
            add("claims with " + name, control ? token : sign(RSA, "RS256", utf8(HEADER), raw), MALFORMED);
        });
        for (Charset charset : List.of(UTF_16BE, UTF_16LE)) {
            add("header in " + charset, sign(RSA, "RS256", HEADER.getBytes(charset), utf8(claims)), MALFORMED);
        }
        add("header with a byte order mark", sign(RSA, "RS256", "\ufeff" + HEADER, claims), MALFORMED);
        add("claims after a zero byte", sign(RSA, "RS256", HEADER, "\0" + claims), MALFORMED);
        for (int depth : new int[] {8, 9, 100, 3000}) {
            String deep = more.replace("\"x\":\"", "\"x\":") + "[".repeat(depth) + "]".repeat(depth) + "}";
            add("claims " + depth + " deep", sign(RSA, "RS256", HEADER, deep), MALFORMED);
            String objects = "{\"a\":".repeat(depth) + "1" + "}".repeat(depth);
            String nested = HEADER.replace("}", ",\"x\":" + objects + "}");
            add("header " + depth + " deep", sign(RSA, "RS256", nested, claims), depth < 3000 ? MALFORMED : TOO_LARGE);
        }
        for (String text : List.of(
                "",
                " ",
                "null",
                "true",
                "0",
                "\"\"",
                "[]",
                "{",
                "}",
                "{]",
                "{\"a\"}",
                "{a:1}",
                "{'a':1}",
                "{\"a\":1,}")) {
            add("header that is '" + text + "'", sign(RSA, "RS256", text, claims), MALFORMED);
        }
    }
}
