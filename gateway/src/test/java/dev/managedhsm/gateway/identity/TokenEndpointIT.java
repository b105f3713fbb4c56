// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.identity;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.managedhsm.gateway.fixture.TestCertificate;
import dev.managedhsm.gateway.http.TlsConfig;
import dev.managedhsm.gateway.http.TlsFiles;
import io.vertx.core.json.JsonObject;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Real sockets and TLS on loopback. */
class TokenEndpointIT {
    private static final String TENANT = "6c7d6a3c-2f4e-4f7b-9a55-3e8d1f0c2b11";
    private static final String AUDIENCE = "https://hsm.example:8443";
    private static final String SECRET = "a secret of 28 bytes & =%+ü";
    private static final String ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
    private static final String CLUSTER = "https://cluster.example";
    private static final String SUBJECT = "system:serviceaccount:a:b";
    private static final ManagedIdentity IDENTITY = new ManagedIdentity(
            TENANT,
            "0b9f1d53-9d36-4f0e-8f0e-2a7d5f4f6f01",
            "1f4f6a80-77a1-4b6c-8b51-9d1f0f3a2c02",
            "/subscriptions/s/a");
    private static final ManagedIdentity BARE = new ManagedIdentity(
            TENANT,
            "0b9f1d53-9d36-4f0e-8f0e-2a7d5f4f6f02",
            "1f4f6a80-77a1-4b6c-8b51-9d1f0f3a2c03",
            "/subscriptions/s/b");
    private static final DevIssuer ISSUER = new DevIssuer(DevIssuer.newKey(), "https://sts.x/t/", Clock.systemUTC());
    private static final DevIssuer CLUSTER_ISSUER = new DevIssuer(DevIssuer.newKey(), CLUSTER, Clock.systemUTC());

    @TempDir
    private static Path folder;

    private static TokenEndpoint endpoint;
    private static HttpClient client;

    @BeforeAll
    static void startEndpoint() throws Exception {
        TestCertificate certificate = TestCertificate.ec("localhost");
        certificate.writeChain(folder.resolve("chain.pem"));
        certificate.writeKey(folder.resolve("server.key"));
        Path keys = Files.writeString(folder.resolve("jwks.json"), CLUSTER_ISSUER.jwks());
        FederatedCredential workload = new FederatedCredential(CLUSTER, SUBJECT, Set.of("api://exchange"), keys);
        IdentityDirectory directory = new IdentityDirectory(List.of(
                new NamedIdentity(IDENTITY, true, SECRET.getBytes(UTF_8), List.of(workload)),
                new NamedIdentity(BARE, false, null, List.of())));
        TlsFiles files =
                TlsFiles.read(new TlsConfig(folder.resolve("chain.pem"), folder.resolve("server.key")), Instant.now());
        endpoint = new TokenEndpoint(
                ISSUER,
                directory,
                TENANT,
                AUDIENCE,
                "localhost",
                Clock.systemUTC(),
                "127.0.0.1",
                0,
                files.keyPair(),
                false);
        client = HttpClient.newBuilder().sslContext(certificate.trust(null)).build();
    }

    @AfterAll
    static void closeEndpoint() {
        client.close();
        endpoint.close();
    }

    @Test
    void givesATokenForAClientSecret() throws Exception {
        HttpResponse<String> answer = post(form());

        assertEquals(200, answer.statusCode(), answer.body());
        assertEquals("no-store", answer.headers().firstValue("cache-control").orElseThrow());
        JsonObject body = new JsonObject(answer.body());
        assertEquals("Bearer", body.getString("token_type"));
        assertEquals(3600, body.getInteger("expires_in"));
        JsonObject claims = claims(body.getString("access_token"));
        assertEquals(IDENTITY.objectId(), claims.getString("oid"));
        assertEquals(AUDIENCE, claims.getString("aud"));
    }

    @Test
    void givesATokenForAWorkloadsToken() throws Exception {
        HttpResponse<String> answer = post(assertion(CLUSTER_ISSUER, CLUSTER, SUBJECT, "api://exchange", 60));

        assertEquals(200, answer.statusCode(), answer.body());
        String token = new JsonObject(answer.body()).getString("access_token");
        assertEquals(IDENTITY.clientId(), claims(token).getString("appid"));
    }

    @ParameterizedTest
    @CsvSource({
        "https://cluster.example/, system:serviceaccount:a:b, api://exchange, 60",
        "https://cluster.example, system:serviceaccount:a:c, api://exchange, 60",
        "https://cluster.example, system:serviceaccount:a:b, https://hsm.example:8443, 60",
        "https://cluster.example, system:serviceaccount:a:b, api://exchange, -120"
    })
    void refusesAnotherWorkload(String issuer, String subject, String audience, long lifeSeconds) throws Exception {
        assertRefused(401, "invalid_client", post(assertion(CLUSTER_ISSUER, issuer, subject, audience, lifeSeconds)));
    }

    @Test
    void refusesAWorkloadThatSomebodyElseVouchesFor() throws Exception {
        assertRefused(401, "invalid_client", post(assertion(ISSUER, CLUSTER, SUBJECT, "api://exchange", 60)));
        Map<String, String> others = assertion(CLUSTER_ISSUER, CLUSTER, SUBJECT, "api://exchange", 60);
        others.put("client_id", BARE.clientId());
        assertRefused(401, "invalid_client", post(others));
        others.put("client_id", IDENTITY.clientId());
        others.put("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:saml2-bearer");
        assertRefused(401, "invalid_client", post(others));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            client_secret | a secret of 28 bytes | 401 | invalid_client
            client_id | 1f4f6a80-77a1-4b6c-8b51-9d1f0f3a2c03 | 401 | invalid_client
            client_id | ffffffff-77a1-4b6c-8b51-9d1f0f3a2c03 | 401 | invalid_client
            grant_type | authorization_code | 400 | unsupported_grant_type
            scope | https://hsm.example:8443 | 400 | invalid_scope
            scope | https://management.azure.com/.default | 400 | invalid_scope
            scope | https://hsm.example:8443/.default https://b/.default | 400 | invalid_scope
            client_assertion | e30.e30.e30 | 400 | invalid_request
            """)
    void refusesAnotherValue(String name, String value, int status, String error) throws Exception {
        Map<String, String> form = form();
        form.put(name, value);

        assertRefused(status, error, post(form));
    }

    @ParameterizedTest
    @CsvSource({
        "client_secret, 400, invalid_request",
        "client_id, 400, invalid_request",
        "grant_type, 400, unsupported_grant_type",
        "scope, 400, invalid_scope"
    })
    void refusesAFormThatLacksOne(String name, int status, String error) throws Exception {
        Map<String, String> form = form();
        form.remove(name);

        assertRefused(status, error, post(form));
    }

    @Test
    void takesTheScopesOfASignInAlong() throws Exception {
        Map<String, String> form = form();
        form.put("scope", "openid profile offline_access " + AUDIENCE + "/.default");

        assertEquals(200, post(form).statusCode());
    }

    @Test
    void refusesAFormThatIsTooLongOrNotWellFormed() throws Exception {
        HttpResponse<String> malformed = send(tokenRequest("a=%zz"));
        assertRefused(400, "invalid_request", malformed);
        Map<String, String> form = form();
        form.put("padding", "x".repeat(20_000));
        assertEquals(200, post(form).statusCode());
        form.put("padding", "x".repeat(200_000));
        boolean ended;
        try {
            ended = post(form).statusCode() == 413;
        } catch (java.io.IOException cutOff) {
            ended = true;
        }
        assertTrue(ended);
    }

    @ParameterizedTest
    @ValueSource(strings = {"/v2.0/.well-known/openid-configuration", "/.well-known/openid-configuration"})
    void publishesMetadataOfItsOwnAddress(String path) throws Exception {
        JsonObject metadata = new JsonObject(get("/" + TENANT + path).body());

        String base = "https://localhost:" + endpoint.port() + "/" + TENANT;
        assertEquals(base + "/v2.0", metadata.getString("issuer"));
        assertEquals(base + "/oauth2/v2.0/token", metadata.getString("token_endpoint"));
        assertTrue(metadata.getString("authorization_endpoint").startsWith(base));
        HttpResponse<String> keys = send(HttpRequest.newBuilder(URI.create(metadata.getString("jwks_uri"))));
        assertEquals(new JsonObject(ISSUER.jwks()), new JsonObject(keys.body()));
        assertFalse(keys.body().contains("\"d\""));
    }

    @Test
    void leadsClientsThatAskAboutTheHostToIt() throws Exception {
        JsonObject instance =
                new JsonObject(get("/common/discovery/instance?api-version=1.0").body());

        assertEquals(
                endpoint.authority() + "/" + TENANT + "/v2.0/.well-known/openid-configuration",
                instance.getString("tenant_discovery_endpoint"));
    }

    @Test
    void refusesOtherTenantsMethodsAndPaths() throws Exception {
        assertRefused(404, "not_found", get("/"));
        assertRefused(405, "invalid_request", get("/" + TENANT + "/oauth2/v2.0/token"));
        HttpRequest.Builder other = HttpRequest.newBuilder(
                        URI.create(endpoint.authority() + "/" + BARE.clientId() + "/oauth2/v2.0/token"))
                .POST(HttpRequest.BodyPublishers.ofString(""));
        assertRefused(400, "invalid_request", send(other));
    }

    @Test
    void refusesAShortClientSecret() {
        byte[] secret = "fifteen bytes..".getBytes(UTF_8);

        assertThrows(IllegalArgumentException.class, () -> new NamedIdentity(BARE, false, secret, List.of()));
    }

    private static Map<String, String> form() {
        Map<String, String> form = new LinkedHashMap<>();
        form.put("client_id", IDENTITY.clientId());
        form.put("grant_type", "client_credentials");
        form.put("scope", AUDIENCE + "/.default");
        form.put("client_secret", SECRET);
        return form;
    }

    private static Map<String, String> assertion(
            DevIssuer signer, String issuer, String subject, String audience, long lifeSeconds) {
        Map<String, String> form = form();
        form.remove("client_secret");
        form.put("client_assertion_type", ASSERTION_TYPE);
        form.put(
                "client_assertion",
                signer.assertion(issuer, subject, audience, Instant.now().plusSeconds(lifeSeconds)));
        return form;
    }

    private static HttpResponse<String> post(Map<String, String> form) throws Exception {
        return send(tokenRequest(form.entrySet().stream()
                .map(field -> field.getKey() + "=" + URLEncoder.encode(field.getValue(), UTF_8))
                .collect(Collectors.joining("&"))));
    }

    private static HttpRequest.Builder tokenRequest(String body) {
        return HttpRequest.newBuilder(URI.create(endpoint.authority() + "/" + TENANT + "/oauth2/v2.0/token"))
                .header("Content-Type", "application/x-www-form-urlencoded")
                .POST(HttpRequest.BodyPublishers.ofString(body));
    }

    private static HttpResponse<String> get(String path) throws Exception {
        return send(HttpRequest.newBuilder(URI.create(endpoint.authority() + path)));
    }

    private static HttpResponse<String> send(HttpRequest.Builder request) throws Exception {
        return client.send(request.build(), HttpResponse.BodyHandlers.ofString());
    }

    private static JsonObject claims(String token) {
        return new JsonObject(new String(Base64.getUrlDecoder().decode(token.split("\\.", -1)[1]), UTF_8));
    }

    private static void assertRefused(int status, String error, HttpResponse<String> answer) {
        assertEquals(status, answer.statusCode(), answer.body());
        JsonObject body = new JsonObject(answer.body());
        assertEquals(error, body.getString("error"));
        assertFalse(body.getString("error_description").isEmpty());
    }
}
