// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.attestation;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.MessageDigest;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.interfaces.ECPublicKey;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Signs this HSM's statements about released keys with the key of its TLS certificate, so that whoever can check the one
 * can check the other: compact JWS (RFC 7515) whose header carries the certificate chain. Any thread.
 *
 * <p>The key is the edge's, on the heap as the JDK keeps it; it protects the way to the HSM and is none of its keys.
 */
public final class StatementSigner {
    private static final Logger LOG = LoggerFactory.getLogger(StatementSigner.class);
    private static final String KEY_HEADER = "-----BEGIN PRIVATE KEY-----";
    private static final String KEY_FOOTER = "-----END PRIVATE KEY-----";
    private static final Base64.Encoder BASE64_URL = Base64.getUrlEncoder().withoutPadding();

    private final Path certificateChain;
    private final Path privateKey;
    private Pair pair;

    /** @param changed the later of the two files' times of change */
    private record Pair(PrivateKey key, JwsAlgorithm algorithm, String header, FileTime changed) {
        byte[] signature(byte[] bytes) throws GeneralSecurityException {
            Signature signature = algorithm.signature();
            signature.initSign(key);
            signature.update(bytes);
            return signature.sign();
        }
    }

    private StatementSigner(Path certificateChain, Path privateKey) {
        this.certificateChain = certificateChain;
        this.privateKey = privateKey;
        this.pair = pair();
    }

    /**
     * Reads the key pair of the edge and makes sure that both halves belong together.
     *
     * @param certificateChain PEM file: the certificate, then its intermediates
     * @param privateKey PEM file: PKCS#8, RSA or one of the curves P-256, P-384, P-521
     * @throws IllegalArgumentException with a sentence for the operator, if it cannot be used
     */
    public static StatementSigner read(Path certificateChain, Path privateKey) {
        return new StatementSigner(certificateChain, privateKey);
    }

    private Pair pair() {
        try {
            FileTime changed = changed();
            List<? extends Certificate> chain = chain(certificateChain);
            PublicKey publicKey = chain.getFirst().getPublicKey();
            JwsAlgorithm algorithm = algorithm(publicKey);
            PrivateKey key = key(privateKey, publicKey.getAlgorithm());
            Pair read = new Pair(key, algorithm, header(algorithm, chain), changed);
            byte[] probe = certificateChain.toString().getBytes(StandardCharsets.UTF_8);
            if (!algorithm.verified(publicKey, probe, read.signature(probe))) {
                throw new IllegalArgumentException(
                        privateKey + " is not the key of the certificate in " + certificateChain + "; correct one.");
            }
            return read;
        } catch (IOException | GeneralSecurityException e) {
            // The cause is left out: it may quote what it read.
            throw new IllegalArgumentException(
                    certificateChain + " and " + privateKey + " cannot be read as a PEM certificate and PKCS#8 key.");
        }
    }

    private FileTime changed() throws IOException {
        FileTime chain = Files.getLastModifiedTime(certificateChain);
        FileTime key = Files.getLastModifiedTime(privateKey);
        return chain.compareTo(key) < 0 ? key : chain;
    }

    /** Certificates are renewed while the HSM runs; half-written ones are left for the next time. */
    private synchronized Pair current() {
        try {
            if (!changed().equals(pair.changed)) {
                pair = pair();
            }
        } catch (IOException | IllegalArgumentException notYet) {
            LOG.warn("released keys are signed with the certificate as it was: {}", notYet.getMessage());
        }
        return pair;
    }

    private static List<? extends Certificate> chain(Path file) throws IOException, GeneralSecurityException {
        try (InputStream in = Files.newInputStream(file)) {
            List<? extends Certificate> chain =
                    List.copyOf(CertificateFactory.getInstance("X.509").generateCertificates(in));
            if (chain.isEmpty()) {
                throw new IOException("no certificate");
            }
            return chain;
        }
    }

    private static PrivateKey key(Path file, String type) throws IOException, GeneralSecurityException {
        String text = Files.readString(file, StandardCharsets.US_ASCII);
        int start = text.indexOf(KEY_HEADER);
        int end = text.indexOf(KEY_FOOTER);
        if (start < 0 || end < start) {
            throw new IOException("no key");
        }
        byte[] encoded = new byte[0];
        try {
            encoded = Base64.getMimeDecoder().decode(text.substring(start + KEY_HEADER.length(), end));
            return KeyFactory.getInstance(type).generatePrivate(new PKCS8EncodedKeySpec(encoded));
        } catch (IllegalArgumentException notBase64) {
            throw new IOException("no key", null);
        } finally {
            Arrays.fill(encoded, (byte) 0);
        }
    }

    private static JwsAlgorithm algorithm(PublicKey key) {
        for (JwsAlgorithm algorithm :
                List.of(JwsAlgorithm.RS256, JwsAlgorithm.ES256, JwsAlgorithm.ES384, JwsAlgorithm.ES512)) {
            if (algorithm.fits(key)) {
                return algorithm;
            }
        }
        throw new IllegalArgumentException("The server's certificate has a key that is neither RSA of 2048 bits or more"
                + " nor on P-256, P-384 or P-521" + (key instanceof ECPublicKey ? " (another curve)" : "")
                + "; use one that is, because released keys are signed with it.");
    }

    private static String header(JwsAlgorithm algorithm, List<? extends Certificate> chain)
            throws GeneralSecurityException {
        JsonArray certificates = new JsonArray();
        for (Certificate certificate : chain) {
            certificates.add(Base64.getEncoder().encodeToString(certificate.getEncoded()));
        }
        String thumbprint = BASE64_URL.encodeToString(
                MessageDigest.getInstance("SHA-256").digest(chain.getFirst().getEncoded()));
        JsonObject header = new JsonObject()
                .put("alg", algorithm.name())
                .put("kid", thumbprint)
                .put("x5c", certificates)
                .put("x5t#S256", thumbprint);
        return BASE64_URL.encodeToString(header.encode().getBytes(StandardCharsets.UTF_8));
    }

    /** The statement in compact form. Computes for up to some milliseconds. */
    public String sign(JsonObject payload) {
        Pair signer = current();
        String signed =
                signer.header + '.' + BASE64_URL.encodeToString(payload.encode().getBytes(StandardCharsets.UTF_8));
        try {
            byte[] signature = signer.signature(signed.getBytes(StandardCharsets.US_ASCII));
            return signed + '.' + BASE64_URL.encodeToString(signature);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("a key that has signed cannot sign any more", e);
        }
    }
}
