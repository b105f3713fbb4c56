// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.http;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.managedhsm.gateway.fixture.TestCertificate;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TlsFilesTest {
    @TempDir
    private Path folder;

    private Path chain;
    private Path key;

    @BeforeEach
    void writeAPair() throws Exception {
        chain = folder.resolve("chain.pem");
        key = folder.resolve("server.key");
        write(TestCertificate.ec("a.test"));
    }

    @Test
    void readsPairsOfBothKindsOfKey() throws Exception {
        assertEquals("CN=a.test", subject(TlsFiles.read(config(null), Instant.now())));
        write(TestCertificate.rsa("b.test"));
        assertEquals("CN=b.test", subject(TlsFiles.read(config(null), Instant.now())));
    }

    @Test
    void opensAnEncryptedKeyWithItsPassphraseOnly() throws Exception {
        TestCertificate certificate = TestCertificate.rsa("c.test");
        certificate.writeChain(chain);
        certificate.writeKey(key, "pässphrase");

        assertEquals("CN=c.test", subject(TlsFiles.read(config("pässphrase"), Instant.now())));
        assertRefused("does not open with its passphrase", config("other"));
        assertRefused("is encrypted: name its passphrase", config(null));
    }

    @Test
    void refusesAPassphraseThatNobodyNeeds() {
        assertRefused("is not encrypted", config("x"));
    }

    @Test
    void refusesAnotherCertificatesKey() throws Exception {
        TestCertificate.ec("other.test").writeKey(key);
        assertRefused("does not belong to the first certificate", config(null));

        TestCertificate.rsa("other.test").writeKey(key);
        assertRefused("does not belong to the first certificate", config(null));
    }

    @Test
    void refusesACertificateThatHasEndedOrNotBegun() throws Exception {
        write(TestCertificate.ended("a.test"));
        assertRefused("ended at", config(null));

        write(TestCertificate.ec("a.test"));
        IllegalArgumentException refused = assertThrows(
                IllegalArgumentException.class,
                () -> TlsFiles.read(config(null), Instant.now().minusSeconds(1_000_000)));
        assertTrue(String.valueOf(refused.getMessage()).contains("check this machine's clock"));
    }

    @Test
    void refusesFilesThatHoldSomethingElse() throws Exception {
        Files.writeString(chain, "junk");
        assertRefused("no certificate", config(null));

        write(TestCertificate.ec("a.test"));
        Files.writeString(key, "-----BEGIN EC PRIVATE KEY-----\nAAAA\n-----END EC PRIVATE KEY-----\n");
        assertRefused("is no private key in PKCS#8", config(null));

        Files.delete(chain);
        assertRefused("cannot be read (NoSuchFileException)", config(null));
    }

    @Test
    void refusesAKeyThatEveryUserCanRead() throws Exception {
        Files.setPosixFilePermissions(key, PosixFilePermissions.fromString("rw----r--"));

        assertRefused("run chmod o= on it", config(null));
    }

    @Test
    void marksEachContentDifferently() throws Exception {
        String first = TlsFiles.mark(config(null));
        assertEquals(first, TlsFiles.read(config(null), Instant.now()).mark());

        write(TestCertificate.ec("a.test"));

        assertNotEquals(first, TlsFiles.mark(config(null)));
    }

    private void write(TestCertificate certificate) throws Exception {
        certificate.writeChain(chain);
        certificate.writeKey(key);
    }

    private TlsConfig config(@Nullable String passphrase) {
        return new TlsConfig(
                chain,
                key,
                passphrase == null ? null : () -> passphrase.getBytes(UTF_8),
                TlsConfig.Version.TLS_1_2,
                TlsConfig.ClientCertificates.NONE,
                null,
                TlsConfig.LOOK_EVERY_DEFAULT);
    }

    private static String subject(TlsFiles files) {
        return files.server().getSubjectX500Principal().getName();
    }

    private static void assertRefused(String words, TlsConfig config) {
        IllegalArgumentException refused =
                assertThrows(IllegalArgumentException.class, () -> TlsFiles.read(config, Instant.now()));
        assertTrue(String.valueOf(refused.getMessage()).contains(words), refused.getMessage());
    }
}
