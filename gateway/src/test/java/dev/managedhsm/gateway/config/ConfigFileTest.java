// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.managedhsm.auth.token.KeySource;
import dev.managedhsm.auth.token.TokenIssuer;
import dev.managedhsm.gateway.GatewayConfig;
import dev.managedhsm.gateway.RootKeySource;
import dev.managedhsm.gateway.audit.ForwardConfig;
import dev.managedhsm.gateway.fixture.ServeFolder;
import dev.managedhsm.gateway.fixture.TestCertificate;
import dev.managedhsm.gateway.http.Plane;
import dev.managedhsm.gateway.http.TlsConfig;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ConfigFileTest {
    private static final String ISSUERS = """
              issuers:
                - name: entra
                  issuer_urls: [https://sts.windows.net/t/]
                  keys: {file: jwks.json}
            """;

    private static final String FETCHED = """
              issuers:
                - name: entra
                  issuer_urls: [https://sts.windows.net/t/]
                  keys: {url: 'https://k.example/jwks'}
                  algorithms: [PS256, ES256]
                  refresh_every: 30m
                  stale_after: 2d
                  missing_kept_for: 0s
                  clock_skew: 0s
            """;

    @TempDir
    private Path temporary;

    private ServeFolder folder;

    @BeforeEach
    void fillTheFolder() throws Exception {
        folder = new ServeFolder(temporary);
        folder.writeUnreadSecrets();
        Files.writeString(folder.at("jwks.json"), "{}");
    }

    @Test
    void readsWhatItSays() throws Exception {
        folder.replace("  login_authority", ISSUERS + "  login_authority");

        ServeConfig config = faultless();

        GatewayConfig gateway = config.gateway();
        assertEquals("https://hsm1.hsm.test:" + folder.dataPort(), gateway.baseUrl());
        assertEquals(folder.at("data"), gateway.dataFolder());
        assertEquals(90, gateway.deletion().retentionDays());
        assertEquals(List.of(ServeFolder.ADMINISTRATOR), gateway.administrators());
        assertEquals(
                List.of(Set.of(Plane.DATA), Set.of(Plane.MANAGEMENT)),
                gateway.listeners().stream().map(listener -> listener.planes()).toList());
        assertEquals("127.0.0.1", gateway.listeners().getFirst().bindAddress());
        TokenIssuer issuer = gateway.issuers().getFirst();
        assertEquals(Set.of(folder.audience()), issuer.audiences());
        assertEquals(new KeySource.InFile(folder.at("jwks.json")), issuer.keys());
        assertEquals(Duration.ofSeconds(1), gateway.tls().lookEvery());
        assertTrue(gateway.rootKey() instanceof RootKeySource.Passphrase);
        IdentitySettings identity = config.identity();
        assertNotNull(identity);
        assertEquals("https://sts.hsm1.hsm.test/" + ServeFolder.TENANT + "/", identity.issuerUrl());
        assertTrue(identity.members().getFirst().systemAssigned());
    }

    @Test
    void readsEveryKindOfValue() throws Exception {
        folder.replace("  name: hsm1", "  name: hsm1\n  region: north\n  retention_days: 7\n  purge_protection: true")
                .replace("data: {port", "data: {address: \"::1\", allow: [10.0.0.0/8, \"2001:db8::/32\"], port")
                .replace(
                        "look_every: 1s",
                        "oldest_version: tls_1_3\n  client_certificates: optional\n  client_authorities: chain.pem")
                .replace("  login_authority", FETCHED + "  login_authority")
                .append("""
                        threads: {fast_workers: 2, slow_workers: 1, fast_capacity: 64, idle: blocking, pinned: false}
                        refused_tokens: {file_size: 64KiB, files: 3, memory: 1 MiB}
                        """);

        GatewayConfig gateway = faultless().gateway();

        assertEquals("north", gateway.region());
        assertEquals(7, gateway.deletion().retentionDays());
        assertTrue(gateway.deletion().purgeProtection());
        assertEquals(
                "[10.0.0.0/8, 2001:db8::/32]",
                gateway.listeners().getFirst().allowed().toString());
        assertEquals(TlsConfig.Version.TLS_1_3, gateway.tls().oldest());
        assertEquals(TlsConfig.ClientCertificates.OPTIONAL, gateway.tls().clients());
        TokenIssuer issuer = gateway.issuers().getFirst();
        assertEquals(Duration.ofDays(2), issuer.schedule().staleAfter());
        assertEquals(0, issuer.clockSkewSeconds());
        assertEquals(2, issuer.algorithms().size());
        assertEquals(2, gateway.threads().ring().fastWorkers());
        assertEquals(64, gateway.threads().ring().fastCapacity());
        assertEquals(1 << 20, gateway.refusals().memoryBytesMax());
        assertEquals(65_536, gateway.refusals().fileBytesMax());
    }

    /** Each line of the table: what is changed, to what, the line of the fault, and words of its reason. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            name: hsm1             | name: HSM_1                     |  2 | is not a name of 3 to 24
            name: hsm1             | nam: hsm1                       |  2 | hsm.nam: is not known; known here: name, url
            name: hsm1             | name: hsm1\\n  name: hsm2       |  3 | the key is there already, in line 2
            name: hsm1             | name:                           |  2 | hsm.name: has no value
            name: hsm1             | name: [hsm1]                    |  2 | must be one value
            name: hsm1             | name: &a hsm1                   |  2 | anchors and aliases are not used here
            name: hsm1             | name: !x hsm1                   |  2 | tags are not used here
            name: hsm1             | name: hsm1\\n  region: Nörd     |  3 | is not a region
            name: hsm1             | name: hsm1\\n  retention_days: 6|  3 | not a number from 7 to 90
            name: hsm1             | name: hsm1\\n  retention_days: 07| 3 | not a number from 7 to 90
            name: hsm1             | name: hsm1\\n  purge_protection: yes | 3 | is neither true nor false
            url: https             | url: http                       |  3 | is not an https URL
            url: https://hsm1      | url: https://u@hsm1             |  3 | without user name
            tenant: 6f0f4e30       | tenant: 6f0f                    |  4 | is not a GUID
            passphrase: file:passphrase | passphrase: hunter2-hunter2 | 7 | a secret is not written here
            passphrase: file:passphrase | passphrase: env:1A         |  7 | a secret is not written here
            passphrase: file:passphrase | passphrase: file:passphrase\\n  key_file: k | 8 | name exactly one of the two
            passphrase: file:passphrase | file: data/root.key        |  6 | name exactly one of the two
            data: {port            | data: {address: localhost, port |  9 | is not an IPv4 or IPv6 address
            data: {port            | data: {allow: [10.0.0.1/8], port|  9 | has bits set behind its prefix length
            data: {port            | data: {allow: [10.0.0/8], port  |  9 | is no IPv4 or IPv6 network
            data: {port            | data: {allow: [], port          |  9 | lets nobody in
            data: {port            | data: {colour: red, port        |  9 | listeners.data.colour: is not known
            look_every: 1s         | look_every: 1                   | 14 | is not a duration with a unit
            look_every: 1s         | look_every: 2h                  | 14 | is not between 1s and 1h
            look_every: 1s         | oldest_version: tls_1_1         | 14 | is none of tls_1_2, tls_1_3
            look_every: 1s         | client_certificates: required   | 14 | client_authorities, which is missing
            look_every: 1s         | client_authorities: chain.pem   | 14 | clients are not asked for certificates
            https://hsm.test       | https://other.test              | 16 | must be a parent domain
            https://hsm.test       | https://hsm.test:1/x?y=         | 16 | must be scheme, host and port only
            login_authority: https://localhost | login_authority: https://localhost/x# | 17 | is not an https URL
            administrators: [5a4c  | administrators: [0000, 5a4c     | 18 | administrators[0]: "0000" is not a GUID
            managed_identity: {port| managed_identity: {address: 0.0.0.0, port | 21 | other machines could get tokens
            header: file:header    | header: 0123456789abcdef        | 24 | a secret is not written here
            object_id: 5a4c        | object_id: 91c7d1b2-8e4f-4a5c-b1d7-2f6e8a9b0c13 #| 28 | or this one, has it too
            name: admin            | name: admin admin               | 26 | is not a name of small letters
            subject: system        | subject: two words #            | 33 | is not a text without spaces
            """)
    void saysWhatIsWrongAndWhere(String from, String to, int line, String words) throws Exception {
        folder.replace(from, to.replace("\\n", "\n"));

        ConfigFile read = read();

        assertNull(read.config());
        List<Fault> meant = read.faults().stream()
                .filter(fault -> fault.text("hsm.yaml").contains(words))
                .toList();
        assertEquals(1, meant.size(), read.faults().toString());
        assertEquals(line, meant.getFirst().line(), read.faults().toString());
        assertFalse(read.faults().toString().contains("hunter2"), "secrets are not repeated");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            keys: {file: jwks.json} | keys: {file: jwks.json, url: 'https://k.example/'} | exactly one of file, url
            keys: {file: jwks.json} | keys: {}                                | exactly one of file, url
            keys: {file: jwks.json} | keys: {url: 'http://k.example/'}        | is not an https URL
            keys: {file: jwks.json} | keys: {file: jwks.json, trusted_certificates: chain.pem} | needs no trusted
            name: entra             | name: entra\\n      algorithms: [HS256] | is none of [RS256
            name: entra             | name: entra\\n      audiences: []       | names nothing
            name: entra             | name: entra\\n      clock_skew: 10m     | is not between 0s and 5m
            name: entra             | name: entra\\n      stale_after: 30m    | is shorter than refresh_every
            name: entra             | name: entra\\n      missing_kept_for: 2d| is longer than stale_after
            issuer_urls: [https://sts.windows.net/t/] | issuer_urls: []      | names nothing
            """)
    void saysWhatIsWrongWithAnIssuer(String from, String to, String words) throws Exception {
        folder.replace("  login_authority", ISSUERS.replace(from, to.replace("\\n", "\n")) + "  login_authority");

        assertFault(words);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            threads: {fast_workers: 0}           | is not a number from 1
            threads: {fast_workers: 60, slow_workers: 60} | workers
            threads: {slow_capacity: 48}         | is not a power of two
            threads: {idle: lazy}                | is none of brief, phased, busy_spin, blocking
            refused_tokens: {memory: 8}          | is not a size with a unit
            refused_tokens: {memory: 1GiB}       | is not between 64KiB and 64MiB
            engine: {libcrypto: [a]}             | must be one value
            attestation_authorities: [{issuer: 'http://a.example'}] | is not an https URL
            attestation_authorities: {}          | must be a list
            colour: red                          | colour: is not known
            engine: red                          | here must be keys with values
            audit: {forward: {port: 6514}}       | audit.forward.host: is missing
            audit: {forward: {host: siem.test, tls: false}} | without TLS they go to an address of this machine only
            audit: {forward: {host: 10.1.2.3, tls: false}}  | without TLS they go to an address of this machine only
            audit: {forward: {host: siem.test, format: xml}} | is none of json, cef
            audit: {forward: {host: 'a b'}}      | is not a host's name or address
            audit: {forward: {host: siem.test, confirm_every: 1h}} | is not between 1s and 10m
            audit: {forward: {host: siem.test, udp: true}}   | is not known
            """)
    void saysWhatIsWrongWithARareSection(String section, String words) throws Exception {
        folder.append(section + "\n");

        assertFault(words);
    }

    @Test
    void refusesTwoIssuersOfOneNameOrUrl() throws Exception {
        String second = ISSUERS.substring(ISSUERS.indexOf('\n') + 1);
        folder.replace("  login_authority", ISSUERS + second + "  login_authority");

        assertEquals(2, read().faults().size());
        assertFault("another issuer");
    }

    @Test
    void refusesAConfigurationThatBelievesNobody() throws Exception {
        folder.replace("identity:\n", "identity:\n  enabled: false\n");

        assertFault("no token would be believed");
    }

    @Test
    void refusesOnePortForTwoPlanes() throws Exception {
        folder.replace("{port: " + folder.managementPort() + "}", "{port: " + folder.dataPort() + "}");

        assertFault("is the data plane's port too");
    }

    @Test
    void saysAllFaultsAtOnceInTheOrderOfLines() throws Exception {
        folder.replace("name: hsm1", "name: X")
                .replace("look_every: 1s", "look_every: soon")
                .append("colour: red\n");

        List<Integer> lines = read().faults().stream().map(Fault::line).toList();

        assertEquals(3, lines.size());
        assertEquals(lines.stream().sorted().toList(), lines);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"", "# nothing\n", "a: b: c\n", "- list\n", "\"open", "a: *b\n", "a: 1\n---\nb: 2\n", "\t- x"})
    void refusesWhatIsNoConfiguration(String text) throws Exception {
        Files.writeString(folder.config(), text);

        ConfigFile read = read();

        assertNull(read.config());
        assertFalse(read.faults().isEmpty());
    }

    @Test
    void neverQuotesALineThatIsNoYaml() throws Exception {
        Files.writeString(folder.config(), "passphrase: \"hunter2\n  : x: y\n");

        assertFalse(read().faults().toString().contains("hunter2"));
    }

    @Test
    void saysThatTheFileIsNotThere() throws Exception {
        Files.delete(folder.config());

        assertFault("the file cannot be read (NoSuchFileException)");
    }

    @Test
    void refusesAFileThatIsTooLongOrNotUtf8() throws Exception {
        Files.write(folder.config(), new byte[] {'a', ':', ' ', (byte) 0xff});
        assertFault("is not UTF-8");

        Files.writeString(folder.config(), "#".repeat(300_000));
        assertFault("the file is longer than");
    }

    @ParameterizedTest
    @ValueSource(strings = {"chain.pem", "server.key", "passphrase", "header", "identity.key", "data/root.key"})
    void saysWhichNamedFileIsMissing(String name) throws Exception {
        Files.delete(folder.at(name));

        assertWorld(folder.at(name) + " is not there");
    }

    @Test
    void leavesOutWhatInitMakesBeforeInit() throws Exception {
        Files.delete(folder.at("identity.key"));
        Files.delete(folder.at("data/root.key"));

        assertEquals(
                List.of(),
                ConfigFile.readForInit(folder.config(), Map.of(), Instant.now()).faults());
    }

    @ParameterizedTest
    @ValueSource(strings = {"server.key", "passphrase", "header", "client-secret"})
    void refusesSecretsThatEveryUserCanRead(String name) throws Exception {
        Files.setPosixFilePermissions(folder.at(name), PosixFilePermissions.fromString("rw-r--r--"));

        assertWorld("run chmod o= on it");

        Files.setPosixFilePermissions(folder.at(name), PosixFilePermissions.fromString("rw-r-----"));
        faultless();
    }

    @ParameterizedTest
    @ValueSource(strings = {"data/root.key", "identity.key"})
    void refusesARootKeyThatAGroupCanRead(String name) throws Exception {
        Files.setPosixFilePermissions(folder.at(name), PosixFilePermissions.fromString("rw-r-----"));

        assertWorld("run chmod 600 on it");
    }

    @Test
    void saysWhichVariableIsMissing() throws Exception {
        folder.replace("file:passphrase", "env:ROOT_PASSPHRASE");

        assertWorld("the environment has no ROOT_PASSPHRASE");
        assertEquals(
                List.of(),
                ConfigFile.read(folder.config(), Map.of("ROOT_PASSPHRASE", "x"), Instant.now())
                        .faults());
    }

    @Test
    void refusesAKeyThatIsNotTheCertificates() throws Exception {
        TestCertificate.ec("other").writeKey(folder.at("server.key"));

        assertWorld("does not belong to the first certificate");
    }

    @Test
    void refusesADataFolderThatIsAFile() throws Exception {
        folder.replace("data: data", "data: passphrase");

        assertTrue(read().faults().toString().contains("passphrase is not a folder"));
    }

    /** The example that operators copy: nothing is wrong with it but that its files are not on this machine. */
    @Test
    void findsNothingWrongWithTheExample() {
        ConfigFile read = ConfigFile.read(Path.of("..", "config", "hsm.yaml"), Map.of(), Instant.now());

        assertNotNull(read.config(), read.faults().toString());
        for (Fault fault : read.faults()) {
            assertEquals(Fault.Kind.WORLD, fault.kind(), fault.toString());
            assertTrue(fault.reason().contains(" is not there"), fault.toString());
        }
        assertEquals(
                Set.of("root_key", "root_key.passphrase", "tls.certificate_chain", "tls.private_key"),
                Set.copyOf(read.faults().stream().map(Fault::key).toList()));
    }

    @Test
    void readsWhereCopiesOfRecordsGo() throws Exception {
        folder.append(
                "audit: {forward: {host: \"::1\", port: 514, tls: false, close_notify: false, format: cef, confirm_every: 5s}}\n");
        assertEquals(
                new ForwardConfig("::1", 514, false, null, false, ForwardConfig.Format.CEF, Duration.ofSeconds(5)),
                faultless().gateway().audit().forward());
    }

    /** Every default that the example shows behind a comment sign can be written out, and changes nothing. */
    @Test
    void knowsEveryKeyOfTheExample() throws Exception {
        String example = Files.readString(Path.of("..", "config", "hsm.yaml"));
        String written = example.replace("enabled: false", "enabled: true")
                .replaceAll(
                        "(?m)^( *)# (name|retention_days|port|address|oldest_version|look_every|client_certificates"
                                + "|audiences|algorithms|refresh_every|stale_after|missing_kept_for|clock_skew|region"
                                + "|reachable_by_others|file_size|files|memory|alert_rules"
                                + "|operations|time|enabled|period|file_age|size):",
                        "$1$2:");
        assertFalse(written.equals(example));
        Path file = Files.writeString(temporary.resolve("written.yaml"), written);

        ConfigFile read = ConfigFile.read(file, Map.of(), Instant.now());

        assertNotNull(read.config(), read.faults().toString());
    }

    private ConfigFile read() {
        return ConfigFile.read(folder.config(), Map.of(), Instant.now());
    }

    private ServeConfig faultless() {
        ConfigFile read = read();
        assertEquals(List.of(), read.faults());
        ServeConfig config = read.config();
        assertNotNull(config);
        return config;
    }

    private void assertFault(String words) {
        ConfigFile read = read();
        assertNull(read.config());
        assertTrue(
                read.faults().stream().anyMatch(fault -> fault.text("f").contains(words)),
                read.faults().toString());
    }

    private void assertWorld(String words) {
        ConfigFile read = read();
        assertNotNull(read.config(), read.faults().toString());
        assertEquals(1, read.faults().size(), read.faults().toString());
        assertEquals(Fault.Kind.WORLD, read.faults().getFirst().kind());
        assertTrue(
                read.faults().getFirst().reason().contains(words), read.faults().toString());
    }
}
