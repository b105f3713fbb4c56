// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.cli;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.managedhsm.gateway.StartRefused;
import java.io.ByteArrayInputStream;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Arrays;
import java.util.Base64;
import org.jspecify.annotations.Nullable;

/**
 * Keys and certificates as text (RFC 7468). The private keys that pass here are those of the development issuer, of
 * its TLS certificates and of custodians at their own machine, never a key of the HSM.
 */
final class Pem {
    private static final String KEY_HEADER = "-----BEGIN PRIVATE KEY-----";
    private static final String KEY_FOOTER = "-----END PRIVATE KEY-----";
    private static final int LINE_LENGTH = 64;

    private Pem() {}

    /** A certificate as text. */
    static String certificate(X509Certificate certificate) {
        try {
            return "-----BEGIN CERTIFICATE-----\n" + lines(certificate.getEncoded()) + "\n-----END CERTIFICATE-----\n";
        } catch (CertificateException e) {
            throw new IllegalStateException("a certificate has no encoding", e);
        }
    }

    /** A private key as text: PKCS#8, not encrypted. */
    static String privateKey(PrivateKey key) {
        byte[] encoded = key.getEncoded();
        try {
            return KEY_HEADER + "\n" + lines(encoded) + "\n" + KEY_FOOTER + "\n";
        } finally {
            Arrays.fill(encoded, (byte) 0);
        }
    }

    /** The first certificate of a text, or null when there is none. */
    static @Nullable X509Certificate certificate(String pem) {
        try {
            return (X509Certificate) CertificateFactory.getInstance("X.509")
                    .generateCertificate(new ByteArrayInputStream(pem.getBytes(US_ASCII)));
        } catch (CertificateException e) {
            return null;
        }
    }

    /** The first certificate of a file of the folder. */
    static X509Certificate readCertificate(DevFolder folder, String name) {
        byte[] text = folder.read(name).getBytes(US_ASCII);
        try {
            return (X509Certificate)
                    CertificateFactory.getInstance("X.509").generateCertificate(new ByteArrayInputStream(text));
        } catch (CertificateException e) {
            throw damaged(folder, name, e);
        }
    }

    /**
     * The private key of a file of the folder.
     *
     * @param algorithm "RSA" or "EC"
     */
    static PrivateKey readPrivateKey(DevFolder folder, String name, String algorithm) {
        PrivateKey key = privateKey(folder.read(name), algorithm);
        if (key == null) {
            throw damaged(folder, name, null);
        }
        return key;
    }

    /**
     * The private key of a text: PKCS#8, not encrypted.
     *
     * @param algorithm "RSA" or "EC"
     * @return the key, or null when the text holds none of this algorithm; why is not told, because that may quote it
     */
    static @Nullable PrivateKey privateKey(String pem, String algorithm) {
        String text = pem.strip();
        if (!text.startsWith(KEY_HEADER) || !text.endsWith(KEY_FOOTER)) {
            return null;
        }
        byte[] encoded = new byte[0];
        try {
            encoded = Base64.getMimeDecoder()
                    .decode(text.substring(KEY_HEADER.length(), text.length() - KEY_FOOTER.length()));
            return KeyFactory.getInstance(algorithm).generatePrivate(new PKCS8EncodedKeySpec(encoded));
        } catch (GeneralSecurityException | IllegalArgumentException e) {
            return null;
        } finally {
            Arrays.fill(encoded, (byte) 0);
        }
    }

    private static String lines(byte[] encoded) {
        return Base64.getMimeEncoder(LINE_LENGTH, new byte[] {'\n'}).encodeToString(encoded);
    }

    private static StartRefused damaged(DevFolder folder, String name, @Nullable Exception e) {
        String sentence = folder.at(name) + " is damaged: restore it, or name another folder with --data.";
        return e == null ? new StartRefused(sentence) : new StartRefused(sentence, e);
    }
}
