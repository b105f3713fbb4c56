// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.auth.token;

import static dev.managedhsm.auth.fixture.Issuers.*;
import static dev.managedhsm.auth.fixture.TokenMint.encode;
import static dev.managedhsm.auth.fixture.TokenMint.quoted;
import static dev.managedhsm.auth.fixture.TokenMint.utf8;
import static dev.managedhsm.auth.token.RejectionReason.*;

import dev.managedhsm.auth.fixture.SigningKey;
import dev.managedhsm.auth.fixture.TokenMint;
import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.interfaces.ECPublicKey;
import java.security.interfaces.RSAPublicKey;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/** The table's rows that are one attack in many spellings, each written out by a loop over the spellings. */
final class BadTokenVariants {
    private static final String GOOD = mint().signed(RSA, "RS256");
    private static final String[] PARTS = GOOD.split("\\.", -1);
    private static final String GOOD_EC = mint().signed(EC, "ES256");
    private static final String HEADER = "{\"typ\":\"JWT\",\"alg\":\"RS256\",\"kid\":\"rsa-1\"}";

    private final List<BadToken> rows = new ArrayList<>();

    private BadTokenVariants() {}

    static List<BadToken> all() {
        BadTokenVariants variants = new BadTokenVariants();
        variants.unsigned();
        variants.sharedSecrets();
        variants.algorithms();
        variants.keyIds();
        variants.keysInHeaders();
        variants.shapes();
        variants.alphabet();
        variants.signatures();
        variants.changedAfterSigning();
        return variants.rows;
    }

    private void add(String attack, String token, RejectionReason reason) {
        rows.add(new BadToken("variant: " + attack, token, reason));
    }

    private void add(String attack, String token, RejectionReason reason, String member) {
        rows.add(new BadToken("variant: " + attack, token, reason, member));
    }

    private static String withHeader(String headerJson, String signature) {
        return encode(utf8(headerJson)) + "." + PARTS[1] + "." + signature;
    }

    private void unsigned() {
        for (int bits = 0; bits < 16; bits++) {
            char[] none = "none".toCharArray();
            for (int i = 0; i < 4; i++) {
                none[i] = (bits & 1 << i) == 0 ? none[i] : Character.toUpperCase(none[i]);
            }
            String header = HEADER.replace("RS256", String.valueOf(none));
            add("alg " + String.valueOf(none) + " with a good signature", withHeader(header, PARTS[2]), UNSIGNED);
            add("alg " + String.valueOf(none) + " without signature", withHeader(header, ""), UNSIGNED);
        }
        for (String none : List.of("none\\t", "\\nnone", "none\\u2003", "\\u006eone")) {
            add("alg " + none + " in escapes", withHeader(HEADER.replace("RS256", none), "AAAA"), UNSIGNED);
        }
        for (String none : List.of("none\\u0000", "n\\u043ene", "nonе", "no ne", "null", "false")) {
            String header = HEADER.replace("RS256", none);
            add("alg " + none + " that is not none", withHeader(header, PARTS[2]), ALGORITHM_NOT_ALLOWED, "alg");
        }
    }

    private void sharedSecrets() {
        RSAPublicKey key = (RSAPublicKey) RSA.pair().getPublic();
        String pem = "-----BEGIN PUBLIC KEY-----\n"
                + Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(key.getEncoded())
                + "\n-----END PUBLIC KEY-----\n";
        Map<String, byte[]> secrets = Map.of(
                "DER", key.getEncoded(),
                "PEM", utf8(pem),
                "PEM without line break", utf8(pem.strip()),
                "modulus", key.getModulus().toByteArray(),
                "JWK set", utf8(SigningKey.jwks(RSA)),
                "key id", utf8(RSA.kid()),
                "empty string", new byte[] {0});
        for (int bits : new int[] {256, 384, 512}) {
            secrets.forEach((name, secret) -> {
                String message = encode(utf8(HEADER.replace("RS256", "HS" + bits))) + "." + PARTS[1];
                String token = message + "." + encode(hmac("HmacSHA" + bits, secret, utf8(message)));
                add("HS" + bits + " with the public key's " + name, token, ALGORITHM_NOT_ALLOWED, "alg");
            });
        }
    }

    private static byte[] hmac(String algorithm, byte[] secret, byte[] message) {
        try {
            Mac mac = Mac.getInstance(algorithm);
            mac.init(new SecretKeySpec(secret, algorithm));
            return mac.doFinal(message);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    private void algorithms() {
        for (String name : List.of(
                "RS1",
                "RS256 ",
                " RS256",
                "Rs256",
                "RSA",
                "SHA256withRSA",
                "PS384",
                "PS512",
                "ES512",
                "ES256K",
                "Ed25519",
                "HS256",
                "A256KW",
                "RSA-OAEP",
                "dir",
                "RS256,none")) {
            String header = HEADER.replace("RS256", name);
            add("alg '" + name + "'", withHeader(header, PARTS[2]), ALGORITHM_NOT_ALLOWED, "alg");
        }
        for (String json : List.of("null", "256", "true", "{}", "[]", "[\"RS256\",\"none\"]")) {
            add("alg as " + json, withHeader(HEADER.replace("\"RS256\"", json), PARTS[2]), MALFORMED, "alg");
        }
        for (String own : List.of("RS256", "RS384", "RS512", "PS256")) {
            for (String label : List.of("RS256", "RS384", "RS512", "PS256")) {
                if (!own.equals(label)) {
                    TokenMint mint = mint().header("alg", quoted(label)).header("kid", quoted(RSA.kid()));
                    add(own + " signature called " + label, mint.signedAsIs(RSA, own), BAD_SIGNATURE);
                }
            }
            String crossed = mint().header("alg", quoted(own))
                    .header("kid", quoted(EC.kid()))
                    .signedAsIs(EC, "ES256");
            add(own + " with an EC key and its signature", crossed, ALGORITHM_NOT_ALLOWED, "kid");
        }
        for (String label : List.of("ES256", "ES384")) {
            TokenMint mint = mint().header("alg", quoted(label));
            String rsa = mint.header("kid", quoted(RSA.kid())).signedAsIs(RSA, "RS256");
            add(label + " with an RSA key and its signature", rsa, ALGORITHM_NOT_ALLOWED, "kid");
        }
        String wrongCurve = mint().header("alg", quoted("ES256"))
                .header("kid", quoted(EC384.kid()))
                .signedAsIs(EC384, "ES384");
        add("ES256 with a key on P-384", wrongCurve, ALGORITHM_NOT_ALLOWED, "kid");
    }

    private void keyIds() {
        for (String kid : List.of(
                "/dev/null",
                "../../etc/passwd",
                "..\\\\..\\\\x",
                "file:///dev/null",
                "https://evil.example.org/k",
                "rsa-1/../ec-1",
                "rsa-1%00",
                "rsa-1\\u0000x",
                "rsa-1 ",
                " rsa-1",
                "rsa-1\\n",
                "rsa\u2011" + "1",
                "RSA-1",
                "rsa-1;ls",
                "$(id)",
                "`id`",
                "' UNION SELECT 'x",
                "${jndi:ldap://evil/x}",
                "<script>",
                "*",
                "rsa-?",
                "__proto__",
                "0",
                "-1",
                "null",
                "other-1",
                "{\\\"kid\\\":1}")) {
            TokenMint mint = mint().header("alg", quoted("RS256")).header("kid", quoted(kid));
            add("key id " + kid, mint.signedAsIs(RSA, "RS256"), UNKNOWN_KEY, "kid");
        }
        for (String json : List.of("null", "true", "[\"rsa-1\"]", "{\"kid\":\"rsa-1\"}", "0")) {
            TokenMint mint = mint().header("alg", quoted("RS256")).header("kid", json);
            add("key id as " + json, mint.signedAsIs(RSA, "RS256"), UNKNOWN_KEY, "kid");
        }
        add(
                "second issuer's name, first's key and id",
                otherMint().signed(RSA.named("other-1"), "RS256"),
                BAD_SIGNATURE);
        add(
                "first issuer's name, second's key and first's id",
                mint().signed(OTHER.named("rsa-1"), "RS256"),
                BAD_SIGNATURE);
        add(
                "first issuer's name, second's key, EC id",
                mint().signed(OTHER.named("ec-1"), "RS256"),
                ALGORITHM_NOT_ALLOWED,
                "kid");
    }

    private void keysInHeaders() {
        String jwk = STRANGER.jwk();
        for (Map.Entry<String, String> member : Map.of(
                        "jwk", jwk, "jku", quoted("https://evil.example.org/keys"), "x5u", quoted("file:///tmp/c"))
                .entrySet()) {
            String token = mint().header(member.getKey(), member.getValue()).signed(STRANGER, "RS256");
            add("own " + member.getKey() + ", signed with it", token, FORBIDDEN_HEADER, member.getKey());
            String empty = mint().header(member.getKey(), "null").signed(RSA, "RS256");
            add("empty " + member.getKey(), empty, FORBIDDEN_HEADER, member.getKey());
        }
        for (String json : List.of("[]", "[\"b64\"]", "[\"crit\"]", "\"b64\"", "null", "[\"http://example.org/x\"]")) {
            add("crit as " + json, mint().header("crit", json).signed(RSA, "RS256"), FORBIDDEN_HEADER, "crit");
        }
        for (String json : List.of("true", "false", "\"false\"", "null")) {
            add("b64 as " + json, mint().header("b64", json).signed(RSA, "RS256"), FORBIDDEN_HEADER, "b64");
        }
        String criticalB64 =
                mint().header("crit", "[\"b64\"]").header("b64", "false").signed(RSA, "RS256");
        add("an unencoded payload that is critical", criticalB64, FORBIDDEN_HEADER, "crit");
        for (String ignored : List.of("x5t", "x5t#S256", "cty", "nonce")) {
            String token = mint().header(ignored, quoted("AAAA")).signed(STRANGER, "RS256");
            add(ignored + " of a stranger's key", token, BAD_SIGNATURE);
        }
        for (String type :
                List.of("", "JWE", "jose", "logout+jwt", "dpop+jwt", "JWT ", "at+jwt;x=1", "application/jwt+x")) {
            add(
                    "type '" + type + "'",
                    mint().header("typ", quoted(type)).signed(RSA, "RS256"),
                    FORBIDDEN_HEADER,
                    "typ");
        }
    }

    private void shapes() {
        for (String shape : List.of(".", "...", "....", "h..", ".c.", "..s", "h.c.", "h..s", ".c.s")) {
            StringBuilder token = new StringBuilder();
            for (int i = 0; i < shape.length(); i++) {
                char part = shape.charAt(i);
                token.append(part == 'h' ? PARTS[0] : part == 'c' ? PARTS[1] : part == 's' ? PARTS[2] : ".");
            }
            add("parts as " + shape, token.toString(), shape.equals("h.c.") ? UNSIGNED : MALFORMED);
        }
        String jwe = encode(utf8("{\"alg\":\"RSA-OAEP\",\"enc\":\"A256GCM\"}"));
        add("an encrypted token", jwe + ".AAAA.AAAA.AAAA.AAAA", MALFORMED);
        add("an encrypted token with a direct key", encode(utf8("{\"alg\":\"dir\"}")) + "..AAAA.AAAA.AAAA", MALFORMED);
        add("two tokens", GOOD + "." + GOOD, MALFORMED);
        add("a JSON serialization", "{\"payload\":\"" + PARTS[1] + "\"}", MALFORMED);
        add("the parts in another order", PARTS[1] + "." + PARTS[0] + "." + PARTS[2], MALFORMED, "alg");
        add("the header twice", PARTS[0] + "." + PARTS[0] + "." + PARTS[2], MISSING_ISSUER, "iss");
    }

    private void alphabet() {
        for (int part = 0; part < 3; part++) {
            for (String change :
                    List.of("=", "==", "\n", "\r\n", " ", "\t", "%3D", "+", "/", "~", "\u00e9", "\uff21", "\0")) {
                String[] end = PARTS.clone();
                end[part] = end[part] + change;
                add("part " + part + " ending in " + shown(change), String.join(".", end), MALFORMED);
                String[] middle = PARTS.clone();
                middle[part] = middle[part].substring(0, 8) + change + middle[part].substring(8);
                add("part " + part + " with " + shown(change) + " inside", String.join(".", middle), MALFORMED);
            }
        }
    }

    private static String shown(String change) {
        return String.format("%x", new BigInteger(1, utf8("x" + change)));
    }

    private void signatures() {
        String message = PARTS[0] + "." + PARTS[1];
        byte[] good = RSA.sign("RS256", utf8(message));
        for (int length : new int[] {2, 16, 32, 64, 127, 128, 200, 254, 258, 384, 512}) {
            add(
                    "RSA signature of " + length + " bytes",
                    message + "." + encode(Arrays.copyOf(good, length)),
                    BAD_SIGNATURE);
        }
        for (int i = 0; i < 256; i += 32) {
            byte[] flipped = good.clone();
            flipped[i] ^= 1;
            add("RSA signature with bit " + i * 8 + " flipped", message + "." + encode(flipped), BAD_SIGNATURE);
        }
        byte[] modulus = Arrays.copyOfRange(
                ((RSAPublicKey) RSA.pair().getPublic()).getModulus().toByteArray(), 1, 257);
        add("RSA signature that is the modulus", message + "." + encode(modulus), BAD_SIGNATURE);
        byte[] one = new byte[256];
        one[255] = 1;
        add("RSA signature that is one", message + "." + encode(one), BAD_SIGNATURE);
        byte[] wrapped = new BigInteger(1, good)
                .add(((RSAPublicKey) RSA.pair().getPublic()).getModulus())
                .toByteArray();
        add("RSA signature and the modulus", message + "." + encode(wrapped), BAD_SIGNATURE);

        String ecMessage = GOOD_EC.substring(0, GOOD_EC.lastIndexOf('.'));
        byte[] ec = EC.sign("ES256", utf8(ecMessage));
        for (int length : new int[] {1, 31, 32, 33, 65, 70, 72, 96, 128}) {
            add(
                    "EC signature of " + length + " bytes",
                    ecMessage + "." + encode(Arrays.copyOf(ec, length)),
                    BAD_SIGNATURE);
        }
        BigInteger order = ((ECPublicKey) EC.pair().getPublic()).getParams().getOrder();
        byte[] n = Arrays.copyOfRange(order.toByteArray(), 1, 33);
        byte[] zero = new byte[32];
        byte[] r = Arrays.copyOf(ec, 32);
        byte[] s = Arrays.copyOfRange(ec, 32, 64);
        byte[] small = new byte[32];
        small[31] = 1;
        byte[] full = new byte[32];
        Arrays.fill(full, (byte) 0xff);
        byte[][][] pairs = {
            {zero, zero},
            {r, zero},
            {zero, s},
            {n, n},
            {r, n},
            {n, s},
            {small, small},
            {full, full},
            {s, r},
            {zero, small}
        };
        for (int i = 0; i < pairs.length; i++) {
            byte[] both = Arrays.copyOf(pairs[i][0], 64);
            System.arraycopy(pairs[i][1], 0, both, 32, 32);
            add("EC signature of extreme numbers " + i, ecMessage + "." + encode(both), BAD_SIGNATURE);
        }
        add("EC signature in DER", ecMessage + "." + encode(EC.sign("ES256 in DER", utf8(ecMessage))), BAD_SIGNATURE);
    }

    private void changedAfterSigning() {
        for (TokenMint changed : List.of(
                mint().text("oid", TENANT.toString()),
                mint().text("appid", TENANT.toString()),
                mint().claim("exp", Long.toString(NOW + 7200)),
                mint().claim("nbf", "0"),
                mint().claim("groups", "[]"),
                mint().claim("hasgroups", "true"),
                mint().text("idtyp", "user"),
                mint().text("sub", "x"))) {
            String claims = changed.claimsJson();
            add("after signing: " + claims, PARTS[0] + "." + encode(utf8(claims)) + "." + PARTS[2], BAD_SIGNATURE);
        }
        String header = HEADER.replace("}", ",\"x\":1}");
        add("header changed after signing", withHeader(header, PARTS[2]), BAD_SIGNATURE);
    }
}
