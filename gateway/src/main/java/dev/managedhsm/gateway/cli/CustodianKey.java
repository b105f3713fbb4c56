// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.cli;

import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import javax.security.auth.x500.X500Principal;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;

/**
 * A custodian's key, made at the custodian's own machine, with a certificate that it signs itself: the certificate only
 * carries the public key.
 *
 * @param key RSA, 4096 bits
 * @param certificate its certificate
 */
record CustodianKey(PrivateKey key, X509Certificate certificate) {
    private static final int BITS = 4096;
    private static final int SERIAL_BITS = 126;
    private static final Duration LIFE = Duration.ofDays(20 * 365);

    /** Makes one. Takes some seconds. */
    static CustodianKey make(String name) {
        try {
            KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA");
            generator.initialize(BITS);
            KeyPair pair = generator.generateKeyPair();
            X500Principal subject =
                    new X500Principal("CN=" + name.replaceAll("[^A-Za-z0-9 ._-]", "") + ",OU=Custodian");
            Instant now = Instant.now();
            JcaX509v3CertificateBuilder builder = new JcaX509v3CertificateBuilder(
                    subject,
                    new BigInteger(SERIAL_BITS, new SecureRandom()).setBit(SERIAL_BITS),
                    Date.from(now),
                    Date.from(now.plus(LIFE)),
                    subject,
                    pair.getPublic());
            X509Certificate certificate = new JcaX509CertificateConverter()
                    .getCertificate(
                            builder.build(new JcaContentSignerBuilder("SHA256withRSA").build(pair.getPrivate())));
            return new CustodianKey(pair.getPrivate(), certificate);
        } catch (GeneralSecurityException | OperatorCreationException e) {
            throw new IllegalStateException("the JDK cannot make a certificate", e);
        }
    }
}
