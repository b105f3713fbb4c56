// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.config;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.managedhsm.gateway.backup.BackupConfig;
import dev.managedhsm.gateway.backup.StorageIdentity;
import dev.managedhsm.gateway.fixture.ServeFolder;
import java.net.URI;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Where the configuration lets backups go, and as whom. */
class BackupsSectionTest {
    @TempDir
    private Path temporary;

    private ServeFolder folder;

    @BeforeEach
    void fillTheFolder() throws Exception {
        folder = new ServeFolder(temporary);
        folder.writeUnreadSecrets();
    }

    private ConfigFile read() {
        return ConfigFile.read(folder.config(), Map.of(), Instant.now());
    }

    private BackupConfig backups() {
        ConfigFile read = read();
        ServeConfig config = read.config();
        assertNotNull(config, read.faults().toString());
        assertEquals(List.of(), read.faults());
        return config.gateway().custody().backups();
    }

    private StorageIdentity identity() {
        StorageIdentity identity = backups().identity();
        assertNotNull(identity);
        return identity;
    }

    @Test
    void allowsNothingByItself() {
        assertEquals(BackupConfig.NONE, backups());
    }

    @Test
    void comesToItsHostsAsNobodyUnlessItIsSaid() throws Exception {
        folder.append("backups: {hosts: [\"https://account.blob.core.windows.net\", \"http://127.0.0.1:10000\"]}\n");

        assertEquals(
                List.of(URI.create("https://account.blob.core.windows.net"), URI.create("http://127.0.0.1:10000")),
                backups().hosts());
        assertNull(backups().identity());
    }

    @Test
    void takesTheIdentityOfItsMachine() throws Exception {
        folder.append("backups:\n  hosts: [\"https://a.example\"]\n  managed_identity: {}\n");

        assertEquals(
                new StorageIdentity(
                        URI.create("http://169.254.169.254/metadata/identity/oauth2/token"),
                        null,
                        null,
                        "https://storage.azure.com/"),
                identity());
    }

    @Test
    void takesAUserAssignedIdentityOfAppService() throws Exception {
        folder.append("""
                backups:
                  hosts: ["https://a.example"]
                  managed_identity:
                    endpoint: http://127.0.0.1:41741/msi/token
                    header: file:header
                    client_id: 7d1f2b36-0c58-4d0a-9b7e-55a1c2d3e4f5
                    resource: https://a.example
                """);

        StorageIdentity identity = identity();

        assertEquals(URI.create("http://127.0.0.1:41741/msi/token"), identity.endpoint());
        assertNotNull(identity.header());
        assertArrayEquals(ServeFolder.HEADER.getBytes(UTF_8), identity.header().get());
        assertEquals("7d1f2b36-0c58-4d0a-9b7e-55a1c2d3e4f5", identity.clientId());
        assertEquals("https://a.example", identity.resource());
    }

    @ParameterizedTest
    @ValueSource(strings = {"http://[::1]:50/msi/token", "http://169.254.169.254/metadata", "https://id.example/token"})
    void asksForTokensOnThisMachineItsLinkOrByTls(String endpoint) throws Exception {
        folder.append("backups:\n  managed_identity: {endpoint: \"" + endpoint + "\"}\n");

        assertEquals(URI.create(endpoint), identity().endpoint());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "endpoint: 'http://192.0.2.1/token'|is not an https URL",
                "endpoint: 'http://localhost/token'|is not an https URL",
                "endpoint: 'http://169.254.169.254.example/token'|is not an https URL",
                "endpoint: 'https://id.example/token?x=y'|names a query",
                "endpoint: 'http://169.254.169/metadata'|is not an https URL",
                "endpoint: 'http://127.0.0.300/metadata'|is not an https URL",
                "endpoint: 'http://[::1:1/metadata'|is not an https URL",
                "header: file:header|needs endpoint",
                "header: secret|a secret is not written here",
                "client_id: me|is not a GUID",
                "resource: storage|what tokens are for",
                "colour: red|colour"
            })
    void saysWhatIsWrong(String line, String words) throws Exception {
        folder.append("backups:\n  managed_identity:\n    " + line + "\n");

        ConfigFile read = read();

        assertNull(read.config());
        assertTrue(read.faults().toString().contains(words), read.faults().toString());
    }

    @ParameterizedTest
    @ValueSource(strings = {"http://127.0.0.300:10000", "http://127.0.0:10000", "http://1:2", "http://192.0.2.1:10000"})
    void comesWithoutTlsToThisMachineOnly(String host) throws Exception {
        folder.append("backups: {hosts: [\"" + host + "\"]}\n");

        ConfigFile read = read();

        assertNull(read.config());
        assertTrue(
                read.faults().toString().contains("is not an https URL"),
                read.faults().toString());
    }
}
