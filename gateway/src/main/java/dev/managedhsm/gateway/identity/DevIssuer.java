// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.identity;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyPairGenerator;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.security.Signature;
import java.security.interfaces.RSAPrivateCrtKey;
import java.security.interfaces.RSAPublicKey;
import java.security.spec.RSAPublicKeySpec;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Arrays;
import java.util.Base64;

/**
 * A token issuer of this HSM's own: signs access tokens of Entra's version 1 shape with an RSA key that lies in a file.
 *
 * <p>Its private key is a JCA key on the heap: it opens this HSM and nothing else. Safe for use by any thread; each call of {@link #mint} uses a signature object of its own.
 */
public final class DevIssuer {
    /** Size of the key, in bits. */
    public static final int KEY_BITS = 2048;

    /** How long a token is good. */
    public static final Duration TOKEN_LIFE = Duration.ofHours(1);

    private static final int UNIQUE_ID_BYTES = 16;
    private static final Base64.Encoder BASE64URL = Base64.getUrlEncoder().withoutPadding();

    private final RSAPrivateCrtKey key;
    private final RSAPublicKey publicKey;
    private final String url;
    private final String kid;
    private final Clock clock;
    private final SecureRandom random = new SecureRandom();

    /**
     * An issuer with the given key.
     *
     * @param key an RSA key of {@link #KEY_BITS} bits
     * @param url what the claim {@code iss} says, with a trailing slash
     * @param clock where time comes from
     */
    public DevIssuer(RSAPrivateCrtKey key, String url, Clock clock) {
        this.key = key;
        this.url = url;
        this.clock = clock;
        this.publicKey = publicKeyOf(key);
        this.kid = thumbprint(publicKey);
    }

    /** Makes a new key of {@link #KEY_BITS} bits; takes some tens of milliseconds. */
    public static RSAPrivateCrtKey newKey() {
        try {
            KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA");
            generator.initialize(KEY_BITS);
            return (RSAPrivateCrtKey) generator.generateKeyPair().getPrivate();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("the JDK cannot make RSA keys", e);
        }
    }

    /** What the claim {@code iss} says. */
    public String url() {
        return url;
    }

    /** The key's id: its thumbprint (RFC 7638), so the same key always has the same id. */
    public String kid() {
        return kid;
    }

    /** The public key with which the tokens are verified. */
    public RSAPublicKey publicKey() {
        return publicKey;
    }

    /** The public key as JWK set (RFC 7517 section 5), JSON text. */
    public String jwks() {
        JsonObject jwk = new JsonObject()
                .put("kty", "RSA")
                .put("use", "sig")
                .put("alg", "RS256")
                .put("kid", kid)
                .put("n", unsigned(publicKey.getModulus()))
                .put("e", unsigned(publicKey.getPublicExponent()));
        return new JsonObject().put("keys", new JsonArray().add(jwk)).encode();
    }

    /**
     * Signs an access token, good from now for {@link #TOKEN_LIFE}. Takes about a millisecond of CPU.
     *
     * @param identity whom the token names
     * @param audience what the claim {@code aud} says
     * @return the token
     */
    public IssuedToken mint(ManagedIdentity identity, String audience) {
        Instant now = clock.instant().truncatedTo(ChronoUnit.SECONDS);
        Instant end = now.plus(TOKEN_LIFE);
        JsonObject header =
                new JsonObject().put("typ", "JWT").put("alg", "RS256").put("kid", kid);
        JsonObject claims = new JsonObject()
                .put("aud", audience)
                .put("iss", url)
                .put("iat", now.getEpochSecond())
                .put("nbf", now.getEpochSecond())
                .put("exp", end.getEpochSecond())
                .put("appid", identity.clientId())
                .put("appidacr", "2")
                .put("idp", url)
                .put("idtyp", "app")
                .put("oid", identity.objectId())
                .put("sub", identity.objectId())
                .put("tid", identity.tenantId())
                .put("uti", uniqueId())
                .put("ver", "1.0")
                .put("xms_mirid", identity.resourceId());
        return new IssuedToken(sign(header, claims), now, end);
    }

    /**
     * Signs a token of a workload, which is exchanged for an access token and opens nothing by itself.
     *
     * @param assertionIssuer what the claim {@code iss} says; another than {@link #url}
     * @param subject what the claim {@code sub} says
     * @param audience what the claim {@code aud} says
     * @param end when it ends
     * @return the token, a JWS in compact form
     */
    public String assertion(String assertionIssuer, String subject, String audience, Instant end) {
        Instant now = clock.instant().truncatedTo(ChronoUnit.SECONDS);
        JsonObject header =
                new JsonObject().put("typ", "JWT").put("alg", "RS256").put("kid", kid);
        JsonObject claims = new JsonObject()
                .put("iss", assertionIssuer)
                .put("sub", subject)
                .put("aud", audience)
                .put("iat", now.getEpochSecond())
                .put("exp", end.getEpochSecond());
        return sign(header, claims);
    }

    /** RFC 7515 section 7.1, with RS256 of RFC 7518 section 3.3. */
    private String sign(JsonObject header, JsonObject claims) {
        String input = BASE64URL.encodeToString(header.encode().getBytes(UTF_8))
                + "."
                + BASE64URL.encodeToString(claims.encode().getBytes(UTF_8));
        try {
            Signature signature = Signature.getInstance("SHA256withRSA");
            signature.initSign(key);
            signature.update(input.getBytes(UTF_8));
            return input + "." + BASE64URL.encodeToString(signature.sign());
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("the JDK cannot sign with RSA", e);
        }
    }

    private String uniqueId() {
        byte[] id = new byte[UNIQUE_ID_BYTES];
        random.nextBytes(id);
        return BASE64URL.encodeToString(id);
    }

    private static RSAPublicKey publicKeyOf(RSAPrivateCrtKey key) {
        try {
            return (RSAPublicKey) KeyFactory.getInstance("RSA")
                    .generatePublic(new RSAPublicKeySpec(key.getModulus(), key.getPublicExponent()));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("the JDK refuses an RSA public key", e);
        }
    }

    /** RFC 7638 section 3: SHA-256 over the required members in lexical order, without white space. */
    private static String thumbprint(RSAPublicKey key) {
        String members = "{\"e\":\"" + unsigned(key.getPublicExponent()) + "\",\"kty\":\"RSA\",\"n\":\""
                + unsigned(key.getModulus()) + "\"}";
        try {
            return BASE64URL.encodeToString(MessageDigest.getInstance("SHA-256").digest(members.getBytes(UTF_8)));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("the JDK has no SHA-256", e);
        }
    }

    /** Base64urlUInt of RFC 7518 section 2: big-endian, without the sign's zero byte. */
    private static String unsigned(BigInteger value) {
        byte[] bytes = value.toByteArray();
        return BASE64URL.encodeToString(bytes[0] == 0 ? Arrays.copyOfRange(bytes, 1, bytes.length) : bytes);
    }
}
