// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.cli;

import java.io.IOException;
import java.math.BigInteger;
import java.net.InetAddress;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import java.util.List;
import java.util.stream.Stream;
import javax.security.auth.x500.X500Principal;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.ExtendedKeyUsage;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509ExtensionUtils;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;

/**
 * The CA of a development HSM, made once, and its server certificate, issued anew at every start (profile of RFC 5280).
 *
 * <p>Both keys are EC P-256 keys of the JDK on the heap, and files of mode 0600: they protect the way to a development
 * HSM, not its keys.
 */
final class DevCertificates {
    /** The CA's certificate, which clients trust. */
    static final String CA = "ca.pem";

    /** The server's certificate. */
    static final String SERVER = "tls/server.pem";

    /** The server's private key. */
    static final String SERVER_KEY = "tls/server.key";

    private static final String CA_KEY = "tls/ca.key";
    private static final Duration CA_LIFE = Duration.ofDays(3650);
    // Clients refuse server certificates of more than 398 days.
    private static final Duration SERVER_LIFE = Duration.ofDays(397);
    private static final Duration CA_REST_MIN = Duration.ofDays(30);
    private static final Duration CLOCK_SKEW = Duration.ofHours(1);
    private static final int SERIAL_BITS = 127;

    private final DevFolder folder;
    private final Clock clock;
    private final SecureRandom random = new SecureRandom();

    private DevCertificates(DevFolder folder, Clock clock) {
        this.folder = folder;
        this.clock = clock;
    }

    /**
     * Writes {@link #CA} if there is none that still holds, and a new {@link #SERVER} with its key.
     *
     * @param folder where they go
     * @param names the names and addresses of the server
     * @param clock where time comes from
     */
    static void issue(DevFolder folder, DevNames names, Clock clock) {
        try {
            new DevCertificates(folder, clock).issue(names);
        } catch (GeneralSecurityException | OperatorCreationException | IOException e) {
            throw new IllegalStateException("the JDK cannot issue an EC certificate", e);
        }
    }

    private void issue(DevNames names) throws GeneralSecurityException, OperatorCreationException, IOException {
        if (!folder.has(CA) || !folder.has(CA_KEY) || endsSoon(Pem.readCertificate(folder, CA))) {
            makeCa();
        }
        X509Certificate ca = Pem.readCertificate(folder, CA);
        PrivateKey caKey = Pem.readPrivateKey(folder, CA_KEY, "EC");
        issueServer(names, ca, caKey);
    }

    private boolean endsSoon(X509Certificate ca) {
        return ca.getNotAfter().toInstant().isBefore(clock.instant().plus(CA_REST_MIN));
    }

    private void makeCa() throws GeneralSecurityException, OperatorCreationException, IOException {
        KeyPair keys = newKeys();
        BigInteger serial = serial();
        // The serial in the name tells CAs of several folders apart in one trust store.
        X500Principal subject = new X500Principal("CN=Managed HSM development CA "
                + serial.toString(16).substring(0, 8) + ", O=Managed HSM gateway (development)");
        JcaX509v3CertificateBuilder builder = new JcaX509v3CertificateBuilder(
                subject, serial, start(), Date.from(clock.instant().plus(CA_LIFE)), subject, keys.getPublic());
        JcaX509ExtensionUtils identifiers = new JcaX509ExtensionUtils();
        builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(0));
        builder.addExtension(Extension.keyUsage, true, new KeyUsage(KeyUsage.keyCertSign | KeyUsage.cRLSign));
        builder.addExtension(
                Extension.subjectKeyIdentifier, false, identifiers.createSubjectKeyIdentifier(keys.getPublic()));
        folder.writePrivate(CA_KEY, Pem.privateKey(keys.getPrivate()));
        folder.writePublic(CA, Pem.certificate(signed(builder, keys.getPrivate())));
    }

    private void issueServer(DevNames names, X509Certificate ca, PrivateKey caKey)
            throws GeneralSecurityException, OperatorCreationException, IOException {
        KeyPair keys = newKeys();
        Instant wanted = clock.instant().plus(SERVER_LIFE).minus(CLOCK_SKEW);
        Instant caEnd = ca.getNotAfter().toInstant();
        JcaX509v3CertificateBuilder builder = new JcaX509v3CertificateBuilder(
                ca.getSubjectX500Principal(),
                serial(),
                start(),
                Date.from(wanted.isBefore(caEnd) ? wanted : caEnd),
                new X500Principal("CN=Managed HSM (development)"),
                keys.getPublic());
        JcaX509ExtensionUtils identifiers = new JcaX509ExtensionUtils();
        builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(false));
        builder.addExtension(Extension.keyUsage, true, new KeyUsage(KeyUsage.digitalSignature));
        builder.addExtension(Extension.extendedKeyUsage, false, new ExtendedKeyUsage(KeyPurposeId.id_kp_serverAuth));
        builder.addExtension(Extension.subjectAlternativeName, false, alternativeNames(names));
        builder.addExtension(
                Extension.subjectKeyIdentifier, false, identifiers.createSubjectKeyIdentifier(keys.getPublic()));
        builder.addExtension(
                Extension.authorityKeyIdentifier, false, identifiers.createAuthorityKeyIdentifier(ca.getPublicKey()));
        folder.writePrivate(SERVER_KEY, Pem.privateKey(keys.getPrivate()));
        folder.writePublic(SERVER, Pem.certificate(signed(builder, caKey)));
    }

    private static GeneralNames alternativeNames(DevNames names) {
        Stream<GeneralName> dnsNames =
                names.certificateNames().stream().map(name -> new GeneralName(GeneralName.dNSName, name));
        List<InetAddress> addresses = names.certificateAddresses();
        Stream<GeneralName> ipAddresses =
                addresses.stream().map(address -> new GeneralName(GeneralName.iPAddress, DevNames.plain(address)));
        return new GeneralNames(Stream.concat(dnsNames, ipAddresses).toArray(GeneralName[]::new));
    }

    private static X509Certificate signed(JcaX509v3CertificateBuilder builder, PrivateKey key)
            throws GeneralSecurityException, OperatorCreationException {
        return new JcaX509CertificateConverter()
                .getCertificate(builder.build(new JcaContentSignerBuilder("SHA256withECDSA").build(key)));
    }

    private static KeyPair newKeys() throws GeneralSecurityException {
        KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
        generator.initialize(new ECGenParameterSpec("secp256r1"));
        return generator.generateKeyPair();
    }

    private Date start() {
        return Date.from(clock.instant().minus(CLOCK_SKEW));
    }

    /** Positive, and never short, so that its first eight digits exist. */
    private BigInteger serial() {
        return new BigInteger(SERIAL_BITS, random).setBit(SERIAL_BITS - 1);
    }
}
