// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.resource;

import dev.managedhsm.crypto.key.PublicPart;
import dev.managedhsm.crypto.lifecycle.AttestationKey;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.math.BigInteger;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.Date;
import java.util.HexFormat;
import org.bouncycastle.asn1.ASN1Integer;
import org.bouncycastle.asn1.DERSequence;
import org.bouncycastle.asn1.sec.SECObjectIdentifiers;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.AlgorithmIdentifier;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.bouncycastle.asn1.x509.SubjectKeyIdentifier;
import org.bouncycastle.asn1.x509.SubjectPublicKeyInfo;
import org.bouncycastle.asn1.x9.X9ObjectIdentifiers;
import org.bouncycastle.cert.X509v3CertificateBuilder;
import org.bouncycastle.operator.ContentSigner;

/**
 * The certificate of the key that signs attestations (profile of RFC 5280): signed by that key itself, so a verifier trusts
 * it because somebody told them to. Its subject says that this is software.
 */
public final class AttestationCertificate {
    private static final Duration CLOCK_SKEW = Duration.ofHours(1);
    /** No well-defined end (RFC 5280 section 4.1.2.5). */
    private static final Instant NO_END = Instant.parse("9999-12-31T23:59:59Z");

    private static final int SERIAL_LENGTH = 16;
    private static final int KEY_ID_LENGTH = 20;
    private static final int POINT_UNCOMPRESSED = 4;

    private AttestationCertificate() {}

    /**
     * Issues.
     *
     * @param key the public key, on P-256
     * @param signer signs with its private key
     * @param clock wall clock
     * @return the certificate, DER
     */
    public static byte[] issue(PublicPart.Point key, AttestationKey.Signer signer, Clock clock) {
        byte[] point = new byte[1 + key.x().length + key.y().length];
        point[0] = POINT_UNCOMPRESSED;
        System.arraycopy(key.x(), 0, point, 1, key.x().length);
        System.arraycopy(key.y(), 0, point, 1 + key.x().length, key.y().length);
        byte[] print = sha256(point);
        X500Name name = new X500Name("CN=Software key attestation "
                + HexFormat.of().formatHex(print, 0, 4)
                + ",OU=Software\\, not a hardware security module,O=Managed HSM gateway");
        SubjectPublicKeyInfo info = new SubjectPublicKeyInfo(
                new AlgorithmIdentifier(X9ObjectIdentifiers.id_ecPublicKey, SECObjectIdentifiers.secp256r1), point);
        X509v3CertificateBuilder builder = new X509v3CertificateBuilder(
                name,
                new BigInteger(1, Arrays.copyOf(print, SERIAL_LENGTH)).setBit(8 * SERIAL_LENGTH - 2),
                Date.from(clock.instant().minus(CLOCK_SKEW)),
                Date.from(NO_END),
                name,
                info);
        try {
            builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(false));
            builder.addExtension(Extension.keyUsage, true, new KeyUsage(KeyUsage.digitalSignature));
            builder.addExtension(
                    Extension.subjectKeyIdentifier,
                    false,
                    new SubjectKeyIdentifier(Arrays.copyOf(print, KEY_ID_LENGTH)));
            return builder.build(new Signing(signer)).getEncoded();
        } catch (IOException e) {
            throw new UncheckedIOException(e); // nothing here is read or written
        }
    }

    private static byte[] sha256(byte[] bytes) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(bytes);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }

    /** Lets the HSM sign what is certified. */
    private static final class Signing implements ContentSigner {
        private final AttestationKey.Signer signer;
        private final ByteArrayOutputStream content = new ByteArrayOutputStream();

        Signing(AttestationKey.Signer signer) {
            this.signer = signer;
        }

        @Override
        public AlgorithmIdentifier getAlgorithmIdentifier() {
            return new AlgorithmIdentifier(X9ObjectIdentifiers.ecdsa_with_SHA256);
        }

        @Override
        public OutputStream getOutputStream() {
            return content;
        }

        /** The signature as certificates have it: a sequence of r and s (RFC 3279 section 2.2.3). */
        @Override
        public byte[] getSignature() {
            byte[] raw = signer.sign(content.toByteArray());
            int half = raw.length / 2;
            try {
                return new DERSequence(new ASN1Integer[] {
                            new ASN1Integer(new BigInteger(1, Arrays.copyOf(raw, half))),
                            new ASN1Integer(new BigInteger(1, Arrays.copyOfRange(raw, half, raw.length)))
                        })
                        .getEncoded();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }
}
