// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.attestation;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.cert.Certificate;
import java.security.interfaces.ECPublicKey;
import java.util.Base64;
import java.util.List;

/**
 * Signs this HSM's statements about released keys with the key of its TLS certificate, so that whoever can check the one
 * can check the other: compact JWS (RFC 7515) whose header carries the certificate chain. Any thread.
 *
 * <p>The key is the edge's, on the heap as the JDK keeps it; it protects the way to the HSM and is none of its keys.
 */
public final class StatementSigner {
    private static final Base64.Encoder BASE64_URL = Base64.getUrlEncoder().withoutPadding();

    private volatile Pair pair;

    private record Pair(PrivateKey key, JwsAlgorithm algorithm, String header) {
        byte[] signature(byte[] bytes) throws GeneralSecurityException {
            Signature signature = algorithm.signature();
            signature.initSign(key);
            signature.update(bytes);
            return signature.sign();
        }
    }

    /**
     * @param chain the edge's certificate, then its intermediates
     * @param key the certificate's key: RSA or one of the curves P-256, P-384, P-521
     * @throws IllegalArgumentException with a sentence for the operator, if it cannot be used
     */
    public StatementSigner(List<? extends Certificate> chain, PrivateKey key) {
        this.pair = pair(chain, key);
    }

    /**
     * Signs with a renewed certificate from now on.
     *
     * @throws IllegalArgumentException with a sentence for the operator, if it cannot be used; the old one stays
     */
    public void use(List<? extends Certificate> chain, PrivateKey key) {
        pair = pair(chain, key);
    }

    private static Pair pair(List<? extends Certificate> chain, PrivateKey key) {
        JwsAlgorithm algorithm = algorithm(chain.getFirst().getPublicKey());
        try {
            return new Pair(key, algorithm, header(algorithm, chain));
        } catch (GeneralSecurityException e) {
            throw new IllegalArgumentException("The server's certificate cannot be written down: use another one.", e);
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
        Pair signer = pair;
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
