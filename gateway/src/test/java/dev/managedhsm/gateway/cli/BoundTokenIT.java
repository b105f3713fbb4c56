// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.managedhsm.gateway.OfflineDomain;
import dev.managedhsm.gateway.config.ConfigFile;
import dev.managedhsm.gateway.config.ServeConfig;
import dev.managedhsm.gateway.fixture.Custodian;
import dev.managedhsm.gateway.fixture.ServeFolder;
import dev.managedhsm.gateway.fixture.TestCertificate;
import io.vertx.core.json.JsonObject;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Tokens that are bound to a client certificate (RFC 8705 section 3), over TLS with real client certificates. */
@SuppressWarnings("NullAway.Init") // JUnit calls open() first
class BoundTokenIT {
    private static final TestCertificate OWN = TestCertificate.ec("client.test");
    private static final TestCertificate OTHER = TestCertificate.ec("other.test");
    private static final String ISSUER = """
              issuers:
                - name: directory
                  issuer_urls: [https://sts.test/]
                  keys: {file: cluster-jwks.json}
            """;

    @TempDir
    private static Path temporary;

    private static ServeFolder folder;
    private static ServingHsm hsm;

    /** Trusts the issuer, and asks clients for certificates of two authorities, which they may refuse. */
    @BeforeAll
    static void open() throws Exception {
        folder = new ServeFolder(temporary).replace("passphrase: file:passphrase", "key_file: unlock.key");
        OWN.writeChain(folder.at("own.pem"));
        OTHER.writeChain(folder.at("other.pem"));
        Files.writeString(
                folder.at("clients.pem"),
                Files.readString(folder.at("own.pem")) + Files.readString(folder.at("other.pem")));
        folder.replace("look_every: 1s", "client_certificates: optional\n  client_authorities: clients.pem")
                .replace("  login_authority", ISSUER + "  login_authority");
        ServeConfig made =
                ConfigFile.readForInit(folder.config(), Map.of(), Instant.now()).config();
        assertNotNull(made);
        new NewHsm(made).make();
        ConfigFile read = ConfigFile.read(folder.config(), Map.of(), Instant.now());
        assertNotNull(read.config(), read.faults().toString());
        OfflineDomain.download(
                read.config().gateway(),
                Custodian.some(3).stream().map(Custodian::certificate).toList(),
                2);
        hsm = ServingHsm.start(read.config());
    }

    @AfterAll
    static void close() {
        hsm.close();
    }

    private static String bound(TestCertificate certificate) throws Exception {
        byte[] sha256 = MessageDigest.getInstance("SHA-256")
                .digest(certificate.certificate().getEncoded());
        return Base64.getUrlEncoder().withoutPadding().encodeToString(sha256);
    }

    @ParameterizedTest
    @EnumSource(
            value = HttpClient.Version.class,
            names = {"HTTP_1_1", "HTTP_2"})
    void isGoodWithItsCertificateOnly(HttpClient.Version version) throws Exception {
        String token = folder.accessToken(new JsonObject().put("cnf", new JsonObject().put("x5t#S256", bound(OWN))));
        SSLContext own = folder.certificate().trust(OWN);
        for (int i = 0; i < 3; i++) { // verified; found in the cache; on a TLS session that is resumed
            assertEquals("200", asked(version, own, token, 2));
        }
        assertEquals(
                "401 certificate_mismatch", asked(version, folder.certificate().trust(OTHER), token, 2));
        assertEquals(
                "401 certificate_required", asked(version, folder.certificate().trust(null), token, 2));
        assertEquals("200", asked(version, own, token, 2));
    }

    @ParameterizedTest
    @EnumSource(
            value = HttpClient.Version.class,
            names = {"HTTP_1_1", "HTTP_2"})
    void othersTokensAreGoodWithAnyCertificateAndWithNone(HttpClient.Version version) throws Exception {
        String token = folder.accessToken(new JsonObject());

        for (TestCertificate certificate : List.of(OWN, OTHER)) {
            assertEquals("200", asked(version, folder.certificate().trust(certificate), token, 1));
        }
        assertEquals("200", asked(version, folder.certificate().trust(null), token, 1));
    }

    @ParameterizedTest
    @EnumSource(
            value = HttpClient.Version.class,
            names = {"HTTP_1_1", "HTTP_2"})
    void whatNobodyCanCheckIsRefusedEvenWithACertificate(HttpClient.Version version) throws Exception {
        SSLContext own = folder.certificate().trust(OWN);
        for (JsonObject cnf : List.of(
                new JsonObject().put("jkt", bound(OWN)),
                new JsonObject().put("x5t#S256", bound(OWN)).put("jwk", new JsonObject()),
                new JsonObject())) {
            String token = folder.accessToken(new JsonObject().put("cnf", cnf));
            assertEquals("401 proof_not_supported", asked(version, own, token, 1));
        }
        String cut = folder.accessToken(new JsonObject().put("cnf", new JsonObject().put("x5t#S256", "AAAA")));
        assertEquals("401 token_malformed", asked(version, own, cut, 1));
    }

    /** The status and the hint of several requests on one connection, which must agree. */
    private static String asked(HttpClient.Version version, SSLContext tls, String token, int times) throws Exception {
        try (HttpClient client =
                HttpClient.newBuilder().version(version).sslContext(tls).build()) {
            String first = "";
            for (int i = 0; i < times; i++) {
                HttpRequest request = HttpRequest.newBuilder(
                                URI.create("https://localhost:" + folder.dataPort() + "/keys?api-version=7.6"))
                        .header("authorization", "Bearer " + token)
                        .build();
                HttpResponse<String> answer = client.send(request, HttpResponse.BodyHandlers.ofString());
                assertEquals(version, answer.version());
                String hint = answer.headers()
                        .firstValue("www-authenticate")
                        .map(challenge ->
                                " " + challenge.substring(challenge.lastIndexOf("=\"") + 2, challenge.length() - 1))
                        .orElse("");
                assertTrue(first.isEmpty() || first.equals(answer.statusCode() + hint), first);
                first = answer.statusCode() + hint;
            }
            return first;
        }
    }
}
