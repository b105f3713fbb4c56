// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.managedhsm.gateway.StartRefused;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.CertPathValidator;
import java.security.cert.CertPathValidatorException;
import java.security.cert.CertificateFactory;
import java.security.cert.PKIXParameters;
import java.security.cert.TrustAnchor;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Arrays;
import java.util.Date;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLServerSocket;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DevCertificatesTest {
    private static final DevNames NAMES = DevNames.of("hsm1.hsm.example", "192.0.2.7", 8443);
    private static final char[] NO_PASSWORD = new char[0];

    @TempDir
    private Path temporary;

    private DevFolder folder;

    @BeforeEach
    void openFolder() {
        folder = DevFolder.open(temporary.resolve("dev"));
        DevCertificates.issue(folder, NAMES, Clock.systemUTC());
    }

    @AfterEach
    void closeFolder() {
        folder.close();
    }

    @Test
    void chainToTheirCa() throws Exception {
        validate(server(), ca(), Instant.now());
    }

    @Test
    void endWithin398DaysAndTheCaAfterTenYears() {
        X509Certificate server = server();
        Duration life = Duration.between(
                server.getNotBefore().toInstant(), server.getNotAfter().toInstant());

        assertTrue(life.compareTo(Duration.ofDays(398)) <= 0, () -> "lives " + life);
        assertThrows(
                CertPathValidatorException.class,
                () -> validate(server, ca(), Instant.now().plus(Duration.ofDays(398))));
        assertTrue(ca().getNotAfter().toInstant().isAfter(Instant.now().plus(Duration.ofDays(3649))));
    }

    @Test
    void nameTheServer() throws Exception {
        Set<String> names = server().getSubjectAlternativeNames().stream()
                .map(name -> name.get(0) + " " + name.get(1))
                .collect(Collectors.toSet());

        assertEquals(
                Set.of("2 hsm1.hsm.example", "2 localhost", "7 127.0.0.1", "7 0:0:0:0:0:0:0:1", "7 192.0.2.7"), names);
    }

    @Test
    void areForServersOnly() throws Exception {
        assertEquals(List.of("1.3.6.1.5.5.7.3.1"), server().getExtendedKeyUsage());
        assertEquals(-1, server().getBasicConstraints());
        assertEquals(0, ca().getBasicConstraints());
        assertTrue(ca().getKeyUsage()[5], "may sign certificates");
        assertFalse(server().getKeyUsage()[5], "may not sign certificates");
    }

    @Test
    void pointToTheirCaByKey() {
        byte[] authority = server().getExtensionValue("2.5.29.35");
        byte[] subject = ca().getExtensionValue("2.5.29.14");

        assertNotNull(server().getExtensionValue("2.5.29.14"));
        // The last 20 bytes of both are the SHA-1 of the CA's public key.
        assertArrayEquals(tail(subject), tail(authority));
    }

    @ParameterizedTest
    @ValueSource(strings = {"hsm1.hsm.example", "localhost", "127.0.0.1"})
    void areBelievedByTheJdkForTheirNames(String host) throws Exception {
        assertEquals("CN=Managed HSM (development)", handshake(host));
    }

    @Test
    void areNotBelievedForAnotherName() {
        assertThrows(SSLException.class, () -> handshake("other.example"));
    }

    @Test
    void keepTheCaAndChangeTheServerAtTheNextStart() throws Exception {
        X509Certificate ca = ca();
        X509Certificate server = server();

        DevCertificates.issue(folder, DevNames.of("localhost", "127.0.0.1", 1), Clock.systemUTC());

        assertEquals(ca, ca());
        assertNotEquals(server.getSerialNumber(), server().getSerialNumber());
        assertNotEquals(server.getPublicKey(), server().getPublicKey());
        validate(server(), ca, Instant.now());
    }

    @Test
    void replaceACaThatEndsSoon() throws Exception {
        X509Certificate old = ca();
        Instant late = Instant.now().plus(Duration.ofDays(3650 - 29));

        DevCertificates.issue(folder, NAMES, Clock.fixed(late, ZoneOffset.UTC));

        assertNotEquals(old, ca());
        validate(server(), ca(), late);
    }

    @Test
    void neverOutliveTheirCa() {
        Instant late = Instant.now().plus(Duration.ofDays(3650 - 100));

        DevCertificates.issue(folder, NAMES, Clock.fixed(late, ZoneOffset.UTC));

        assertEquals(ca().getNotAfter(), server().getNotAfter());
    }

    @ParameterizedTest
    @ValueSource(strings = {"ca.pem", "tls/ca.key"})
    void refuseADamagedCa(String file) {
        folder.writePrivate(file, folder.read(file).substring(0, 60));

        StartRefused refused =
                assertThrows(StartRefused.class, () -> DevCertificates.issue(folder, NAMES, Clock.systemUTC()));

        assertEquals(
                folder.at(file) + " is damaged: restore it, or name another folder with --data.", refused.sentence());
    }

    private X509Certificate ca() {
        return Pem.readCertificate(folder, DevCertificates.CA);
    }

    private X509Certificate server() {
        return Pem.readCertificate(folder, DevCertificates.SERVER);
    }

    private static byte[] tail(byte[] extension) {
        return Arrays.copyOfRange(extension, extension.length - 20, extension.length);
    }

    private static void validate(X509Certificate server, X509Certificate ca, Instant at) throws Exception {
        PKIXParameters parameters = new PKIXParameters(Set.of(new TrustAnchor(ca, null)));
        parameters.setRevocationEnabled(false);
        parameters.setDate(Date.from(at));
        CertPathValidator.getInstance("PKIX")
                .validate(CertificateFactory.getInstance("X.509").generateCertPath(List.of(server)), parameters);
    }

    /** A TLS handshake on loopback with a JDK client that trusts only the CA; returns who it met. */
    private String handshake(String host) throws Exception {
        InetAddress loopback = InetAddress.ofLiteral("127.0.0.1");
        try (SSLServerSocket listening =
                (SSLServerSocket) serverContext().getServerSocketFactory().createServerSocket(0, 1, loopback)) {
            Thread server = Thread.ofVirtual().start(() -> accept(listening));
            try (Socket plain = new Socket(loopback, listening.getLocalPort());
                    SSLSocket socket = (SSLSocket) clientContext()
                            .getSocketFactory()
                            .createSocket(plain, host, listening.getLocalPort(), true)) {
                SSLParameters parameters = socket.getSSLParameters();
                parameters.setEndpointIdentificationAlgorithm("HTTPS");
                socket.setSSLParameters(parameters);
                socket.startHandshake();
                return socket.getSession().getPeerPrincipal().getName();
            } finally {
                server.join();
            }
        }
    }

    /** Serves one client until it leaves; whether it was content is for the client's side to say. */
    private static void accept(SSLServerSocket listening) {
        try (SSLSocket socket = (SSLSocket) listening.accept()) {
            socket.startHandshake();
            socket.getInputStream().transferTo(OutputStream.nullOutputStream());
        } catch (IOException refused) {
            return;
        }
    }

    private SSLContext serverContext() throws Exception {
        PrivateKey key = Pem.readPrivateKey(folder, DevCertificates.SERVER_KEY, "EC");
        KeyStore keys = emptyStore();
        keys.setKeyEntry("server", key, NO_PASSWORD, new X509Certificate[] {server()});
        KeyManagerFactory factory = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        factory.init(keys, NO_PASSWORD);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(factory.getKeyManagers(), null, null);
        return context;
    }

    private SSLContext clientContext() throws Exception {
        KeyStore trusted = emptyStore();
        trusted.setCertificateEntry("ca", ca());
        TrustManagerFactory factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        factory.init(trusted);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, factory.getTrustManagers(), null);
        return context;
    }

    private static KeyStore emptyStore() throws Exception {
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, NO_PASSWORD);
        return store;
    }
}
