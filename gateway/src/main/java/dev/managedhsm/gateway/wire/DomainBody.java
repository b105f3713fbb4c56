// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.wire;

import dev.managedhsm.crypto.key.PublicPart;
import dev.managedhsm.crypto.seal.SecurityDomain;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.ByteArrayInputStream;
import java.math.BigInteger;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.cert.CertificateEncodingException;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.interfaces.RSAPublicKey;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The bodies of security-domain requests and answers. Any thread. */
public final class DomainBody {
    private static final Base64.Encoder BASE64URL = Base64.getUrlEncoder().withoutPadding();
    private static final int MODULUS_BITS_MIN = 2048;
    private static final int MODULUS_BITS_MAX = 4096;
    private static final int QUORUM_DEFAULT = 2;
    private static final String ALGORITHM = "RSA-OAEP-256";

    private DomainBody() {}

    /**
     * What a download asks for.
     *
     * @param custodians who get a share
     * @param quorum how many of them it takes
     */
    public record Download(List<SecurityDomain.Custodian> custodians, int quorum) {
        /** Copies the list. */
        public Download {
            custodians = List.copyOf(custodians);
        }
    }

    /** Reads the body of a download; every certificate is looked at. */
    public static Download download(JsonObject body) throws Refused {
        Long asked = JsonFields.number(body, "required");
        long quorum = asked == null ? QUORUM_DEFAULT : asked;
        List<SecurityDomain.Custodian> custodians = new ArrayList<>();
        List<JsonObject> certificates = JsonFields.objects(body, "certificates");
        checkCounts(certificates.size(), quorum);
        for (JsonObject certificate : certificates) {
            custodians.add(custodian(certificate, "Certificate " + (custodians.size() + 1)));
        }
        return checked(custodians, quorum);
    }

    private static void checkCounts(int count, long quorum) throws Refused {
        if (count < SecurityDomain.QUORUM_MIN || count > SecurityDomain.CUSTODIANS_MAX) {
            throw new Refused("Property 'certificates' must hold " + SecurityDomain.QUORUM_MIN + " to "
                    + SecurityDomain.CUSTODIANS_MAX + " certificates, and holds " + count);
        }
        if (quorum < SecurityDomain.QUORUM_MIN || quorum > count) {
            throw new Refused("Property 'required' must be at least " + SecurityDomain.QUORUM_MIN
                    + " and at most the number of certificates, " + count + ", and is " + quorum);
        }
    }

    /** A download for custodians that were looked at, each with a key of their own. */
    public static Download checked(List<SecurityDomain.Custodian> custodians, long quorum) throws Refused {
        checkCounts(custodians.size(), quorum);
        Set<BigInteger> moduli = new HashSet<>();
        for (int i = 0; i < custodians.size(); i++) {
            if (!moduli.add(new BigInteger(1, custodians.get(i).key().modulus()))) {
                throw new Refused("Certificate " + (i + 1)
                        + " has the same key as one before it: every custodian needs a key of their own");
            }
        }
        return new Download(custodians, (int) quorum);
    }

    private static SecurityDomain.Custodian custodian(JsonObject jwk, String what) throws Refused {
        if (!"RSA".equals(JsonFields.text(jwk, "kty"))) {
            throw new Refused(what + ": 'kty' must be RSA");
        }
        String use = JsonFields.text(jwk, "use");
        if (use != null && !use.equals("enc")) {
            throw new Refused(what + ": 'use' must be enc");
        }
        String algorithm = JsonFields.text(jwk, "alg");
        if (algorithm != null && !algorithm.equals(ALGORITHM)) {
            throw new Refused(what + ": 'alg' must be " + ALGORITHM);
        }
        JsonFields.texts(jwk, "key_ops");
        List<String> chain = JsonFields.texts(jwk, "x5c");
        byte[] der = chain.isEmpty() ? null : JsonFields.base64(chain.getFirst());
        if (der == null) {
            throw new Refused(what + ": 'x5c' must begin with the certificate, DER in base64");
        }
        return custodian(jwk, what, der);
    }

    private static SecurityDomain.Custodian custodian(JsonObject jwk, String what, byte[] der) throws Refused {
        RSAPublicKey key = publicKey(der, what);
        number(jwk, "n", key.getModulus(), what);
        number(jwk, "e", key.getPublicExponent(), what);
        byte[] thumbprint = digest("SHA-256", der);
        thumbprint(jwk, "x5t#S256", thumbprint, what);
        thumbprint(jwk, "x5t", digest("SHA-1", der), what);
        return new SecurityDomain.Custodian(
                thumbprint, new PublicPart.Rsa(unsigned(key.getModulus()), unsigned(key.getPublicExponent())));
    }

    /**
     * A custodian's certificate, for who has it in a file.
     *
     * @param certificate with an RSA key
     * @param what what it is, for the message
     */
    public static SecurityDomain.Custodian custodian(X509Certificate certificate, String what) throws Refused {
        try {
            return custodian(new JsonObject(), what, certificate.getEncoded());
        } catch (CertificateEncodingException e) {
            throw new Refused(what + ": is not an X.509 certificate");
        }
    }

    private static RSAPublicKey publicKey(byte[] der, String what) throws Refused {
        X509Certificate certificate;
        try {
            certificate = (X509Certificate)
                    CertificateFactory.getInstance("X.509").generateCertificate(new ByteArrayInputStream(der));
            if (!Arrays.equals(der, certificate.getEncoded())) {
                throw new Refused(what + ": 'x5c' holds something beside the certificate");
            }
        } catch (CertificateException | RuntimeException malformed) {
            throw new Refused(what + ": 'x5c' is not an X.509 certificate");
        }
        if (!(certificate.getPublicKey() instanceof RSAPublicKey key)) {
            throw new Refused(what + ": the certificate's key must be an RSA key");
        }
        int bits = key.getModulus().bitLength();
        boolean exponentGood = key.getPublicExponent().testBit(0)
                && key.getPublicExponent().bitLength() >= 2
                && key.getPublicExponent().bitLength() <= 33;
        if (bits < MODULUS_BITS_MIN
                || bits > MODULUS_BITS_MAX
                || !key.getModulus().testBit(0)
                || !exponentGood) {
            throw new Refused(what + ": the key is too weak or of a size that is not known; it must be an RSA key of "
                    + MODULUS_BITS_MIN + " to " + MODULUS_BITS_MAX + " bits, and has " + bits);
        }
        return key;
    }

    private static void number(JsonObject jwk, String name, BigInteger expected, String what) throws Refused {
        String text = JsonFields.text(jwk, name);
        byte[] bytes = text == null ? null : JsonFields.base64(text);
        if (text != null && (bytes == null || !new BigInteger(1, bytes).equals(expected))) {
            throw new Refused(what + ": '" + name + "' is not that of the certificate");
        }
    }

    private static void thumbprint(JsonObject jwk, String name, byte[] expected, String what) throws Refused {
        String text = JsonFields.text(jwk, name);
        if (text != null && !Arrays.equals(expected, JsonFields.base64(text))) {
            throw new Refused(what + ": '" + name + "' is not the thumbprint of the certificate");
        }
    }

    private static byte[] unsigned(BigInteger number) {
        byte[] bytes = number.toByteArray();
        return bytes[0] == 0 ? Arrays.copyOfRange(bytes, 1, bytes.length) : bytes;
    }

    private static byte[] digest(String algorithm, byte[] bytes) {
        try {
            return MessageDigest.getInstance(algorithm).digest(bytes);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has " + algorithm, e);
        }
    }

    /** SHA-256 of a certificate's DER: how custodians and transfer keys are told apart. */
    public static byte[] thumbprint(byte[] der) {
        return digest("SHA-256", der);
    }

    /** The text of the security domain that is to be uploaded. */
    public static String upload(JsonObject body) throws Refused {
        String value = JsonFields.text(body, "value");
        if (value == null) {
            throw new Refused("Property 'value' is required");
        }
        return value;
    }

    /** The answer to a download. */
    public static JsonObject domain(String text) {
        return new JsonObject().put("value", text);
    }

    /**
     * How an operation stands.
     *
     * @param status Success, InProgress or Failed
     * @param details one sentence
     */
    public static JsonObject status(String status, String details) {
        return new JsonObject().put("status", status).put("status_details", details);
    }

    /**
     * The transfer key. Until version 7.5 of the API the key was sent as a text that holds JSON, and clients of that time
     * read it so.
     *
     * @param certificate the certificate of the transfer key, DER
     * @param key its public key
     * @param version what the client speaks, or null
     */
    public static JsonObject transferKey(byte[] certificate, PublicPart.Rsa key, @Nullable String version) {
        JsonObject jwk = new JsonObject()
                .put("alg", ALGORITHM)
                .put("e", BASE64URL.encodeToString(key.exponent()))
                .put("key_ops", new JsonArray().add("encrypt"))
                .put("kid", "transfer-key")
                .put("kty", "RSA")
                .put("n", BASE64URL.encodeToString(key.modulus()))
                .put("x5c", new JsonArray().add(Base64.getEncoder().encodeToString(certificate)))
                .put("x5t", BASE64URL.encodeToString(digest("SHA-1", certificate)))
                .put("x5t#S256", BASE64URL.encodeToString(thumbprint(certificate)));
        return new JsonObject()
                .put("key_format", "jwk")
                .put("transfer_key", ApiVersion.readsKeysAsText(version) ? jwk.encode() : jwk);
    }

    /**
     * The certificate in what {@link #transferKey} made, for who recovers a domain without a stock client.
     *
     * @param answer the text of the answer
     */
    public static X509Certificate transferCertificate(String answer) throws Refused {
        try {
            Object key = new JsonObject(answer).getValue("transfer_key");
            JsonObject jwk = key instanceof String text ? new JsonObject(text) : (JsonObject) key;
            byte[] der = Base64.getDecoder().decode(jwk.getJsonArray("x5c").getString(0));
            return (X509Certificate)
                    CertificateFactory.getInstance("X.509").generateCertificate(new ByteArrayInputStream(der));
        } catch (CertificateException | RuntimeException malformed) {
            throw new Refused("The text does not show a transfer key: fetch it again with GET /securitydomain/upload");
        }
    }
}
