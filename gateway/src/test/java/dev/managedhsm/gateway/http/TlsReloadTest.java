// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.http;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.managedhsm.gateway.fixture.TestCertificate;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Looks by hand: the reload's own thread sleeps through the test. */
class TlsReloadTest {
    @TempDir
    private Path folder;

    private final List<String> used = new ArrayList<>();
    private TlsReload reload;

    @BeforeEach
    void start() throws Exception {
        write(TestCertificate.ec("first.test"));
        TlsConfig config = new TlsConfig(
                folder.resolve("chain.pem"),
                folder.resolve("server.key"),
                null,
                TlsConfig.Version.TLS_1_2,
                TlsConfig.ClientCertificates.NONE,
                null,
                Duration.ofDays(1));
        Clock clock = Clock.systemUTC();
        reload = new TlsReload(config, TlsFiles.read(config, Instant.now()), clock, files -> {
            String subject = files.server().getSubjectX500Principal().getName();
            if (subject.equals("CN=unwelcome.test")) {
                throw new IllegalStateException("nobody takes it");
            }
            used.add(subject);
        });
    }

    @AfterEach
    void close() {
        reload.close();
    }

    @Test
    void doesNothingWhileNothingChanges() throws Exception {
        reload.look();
        Files.write(folder.resolve("chain.pem"), Files.readAllBytes(folder.resolve("chain.pem")));
        reload.look();

        assertEquals(List.of(), used);
    }

    @Test
    void usesAnotherPairOnce() throws Exception {
        write(TestCertificate.rsa("second.test"));
        reload.look();
        reload.look();

        assertEquals(List.of("CN=second.test"), used);
    }

    @Test
    void waitsForTheKeyOfACertificateThatIsWrittenFirst() throws Exception {
        TestCertificate second = TestCertificate.ec("second.test");
        second.writeChain(folder.resolve("chain.pem"));
        reload.look();
        assertEquals(List.of(), used);

        second.writeKey(folder.resolve("server.key"));
        reload.look();
        assertEquals(List.of("CN=second.test"), used);
    }

    @Test
    void keepsTheOldOneWhenTheNewOneIsBrokenGoneOrEnded() throws Exception {
        Files.writeString(folder.resolve("chain.pem"), "junk");
        reload.look();
        Files.delete(folder.resolve("chain.pem"));
        reload.look();
        write(TestCertificate.ended("second.test"));
        reload.look();
        assertEquals(List.of(), used);

        write(TestCertificate.ec("third.test"));
        reload.look();
        assertEquals(List.of("CN=third.test"), used);
    }

    @Test
    void goesOnAfterAPairThatNobodyTakes() throws Exception {
        write(TestCertificate.ec("unwelcome.test"));
        reload.look();
        write(TestCertificate.ec("second.test"));
        reload.look();

        assertEquals(List.of("CN=second.test"), used);
    }

    private void write(TestCertificate certificate) throws Exception {
        certificate.writeChain(folder.resolve("chain.pem"));
        certificate.writeKey(folder.resolve("server.key"));
    }
}
