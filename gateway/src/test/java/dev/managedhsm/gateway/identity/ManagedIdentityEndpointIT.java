// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.identity;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vertx.core.json.JsonObject;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Clock;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Real sockets on loopback. */
class ManagedIdentityEndpointIT {
    private static final String AUDIENCE = "https://hsm.example:8443";
    private static final String SECRET = "3f1c9a7e5b2d";
    private static final ManagedIdentity IDENTITY = new ManagedIdentity(
            "6c7d6a3c-2f4e-4f7b-9a55-3e8d1f0c2b11",
            "0b9f1d53-9d36-4f0e-8f0e-2a7d5f4f6f01",
            "1f4f6a80-77a1-4b6c-8b51-9d1f0f3a2c02",
            "/subscriptions/s/resourcegroups/dev/providers/Microsoft.Web/sites/dev");
    private static final ManagedIdentity ASSIGNED = new ManagedIdentity(
            IDENTITY.tenantId(),
            "2c1c5a0e-1111-4f0e-8f0e-2a7d5f4f6f02",
            "3d2d6b1f-2222-4b6c-8b51-9d1f0f3a2c03",
            "/subscriptions/s/resourcegroups/dev/providers/Microsoft.ManagedIdentity/userAssignedIdentities/other");
    private static final IdentityDirectory DIRECTORY = new IdentityDirectory(
            List.of(NamedIdentity.systemAssigned(IDENTITY), new NamedIdentity(ASSIGNED, false, null, List.of())));
    private static final String IMDS_QUERY =
            "/metadata/identity/oauth2/token?api-version=2018-02-01&resource=" + AUDIENCE;

    private static final DevIssuer ISSUER = new DevIssuer(DevIssuer.newKey(), "https://sts.x/t/", Clock.systemUTC());
    private static final HttpClient CLIENT = HttpClient.newHttpClient();
    private static ManagedIdentityEndpoint endpoint;

    @BeforeAll
    static void startEndpoint() throws IOException {
        endpoint = ManagedIdentityEndpoint.startNear(ISSUER, DIRECTORY, AUDIENCE, SECRET, 0);
    }

    @AfterAll
    static void closeEndpoint() {
        endpoint.close();
        CLIENT.close();
    }

    @Test
    void answersTheAppServiceProtocol() throws Exception {
        long before = Instant.now().getEpochSecond();

        HttpResponse<String> response = get(appServiceQuery(), "X-IDENTITY-HEADER", SECRET);

        assertEquals(200, response.statusCode());
        assertEquals("no-store", response.headers().firstValue("cache-control").orElseThrow());
        JsonObject body = new JsonObject(response.body());
        assertEquals("Bearer", body.getString("token_type"));
        assertEquals(AUDIENCE, body.getString("resource"));
        assertEquals(IDENTITY.clientId(), body.getString("client_id"));
        long end = Long.parseLong(body.getString("expires_on"));
        assertTrue(end >= before + 3600 && end <= before + 3660, "ends in an hour");
        JsonObject claims = claims(body.getString("access_token"));
        assertEquals(AUDIENCE, claims.getString("aud"));
        assertEquals(IDENTITY.objectId(), claims.getString("oid"));
        assertEquals(end, claims.getLong("exp"));
    }

    @Test
    void answersTheInstanceMetadataProtocol() throws Exception {
        JsonObject body = new JsonObject(get(IMDS_QUERY, "Metadata", "true").body());

        assertEquals("3600", body.getString("expires_in"));
        assertEquals(IDENTITY.objectId(), claims(body.getString("access_token")).getString("oid"));
    }

    @Test
    void answersTheInstanceMetadataPathWithATrailingSlash() throws Exception {
        assertEquals(
                200,
                get(IMDS_QUERY.replace("token?", "token/?"), "Metadata", "true").statusCode());
    }

    @Test
    void refusesARequestWithoutTheHeaderSecret() throws Exception {
        assertRefused(401, get(appServiceQuery()));
    }

    @ParameterizedTest
    @ValueSource(strings = {"wrong", "3f1c9a7e5b2", "3f1c9a7e5b2d0", "3F1C9A7E5B2D"})
    void refusesAnotherHeaderSecret(String secret) throws Exception {
        assertRefused(401, get(appServiceQuery(), "X-IDENTITY-HEADER", secret));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "https://management.azure.com",
                "https://hsm.example:8443/",
                "https://hsm.example",
                "https://hsm.example:8443&resource=https://hsm.example:8443"
            })
    void refusesAnotherAudience(String resource) throws Exception {
        assertRefused(400, get("/msi/token?api-version=2019-08-01&resource=" + resource, "X-IDENTITY-HEADER", SECRET));
    }

    @Test
    void refusesARequestWithoutResource() throws Exception {
        assertRefused(400, get("/msi/token?api-version=2019-08-01", "X-IDENTITY-HEADER", SECRET));
    }

    @ParameterizedTest
    @ValueSource(strings = {"api-version=2017-09-01", "api-version=", "x=y"})
    void refusesAnotherApiVersion(String version) throws Exception {
        assertRefused(400, get("/msi/token?" + version + "&resource=" + AUDIENCE, "X-IDENTITY-HEADER", SECRET));
    }

    @Test
    void refusesInstanceMetadataWithoutItsHeader() throws Exception {
        assertRefused(400, get(IMDS_QUERY));
        assertRefused(400, get(IMDS_QUERY, "Metadata", "false"));
    }

    @Test
    void refusesForwardedInstanceMetadata() throws Exception {
        assertRefused(400, get(IMDS_QUERY, "Metadata", "true", "X-Forwarded-For", "10.0.0.1"));
    }

    @Test
    void refusesAnOldInstanceMetadataVersion() throws Exception {
        assertRefused(400, get(IMDS_QUERY.replace("2018-02-01", "2017-12-01"), "Metadata", "true"));
    }

    @Test
    void answersTheIdentityNamedByItsOwnIds() throws Exception {
        assertEquals(
                200,
                get(appServiceQuery() + "&client_id=" + IDENTITY.clientId(), "X-IDENTITY-HEADER", SECRET)
                        .statusCode());
        assertEquals(
                200,
                get(appServiceQuery() + "&object_id=" + IDENTITY.objectId(), "X-IDENTITY-HEADER", SECRET)
                        .statusCode());
    }

    @Test
    void answersAUserAssignedIdentityByEachOfItsNames() throws Exception {
        for (String name : List.of(
                "client_id=" + ASSIGNED.clientId(),
                "object_id=" + ASSIGNED.objectId(),
                "principal_id=" + ASSIGNED.objectId().toUpperCase(Locale.ROOT),
                "mi_res_id=" + ASSIGNED.resourceId(),
                "msi_res_id=" + ASSIGNED.resourceId())) {
            JsonObject body = new JsonObject(
                    get(IMDS_QUERY + "&" + name, "Metadata", "true").body());
            assertEquals(ASSIGNED.clientId(), body.getString("client_id"), name);
            assertEquals(
                    ASSIGNED.objectId(), claims(body.getString("access_token")).getString("oid"), name);
        }
    }

    @Test
    void refusesNamesOfTwoIdentities() throws Exception {
        assertRefused(
                400,
                get(
                        IMDS_QUERY + "&client_id=" + ASSIGNED.clientId() + "&object_id=" + IDENTITY.objectId(),
                        "Metadata",
                        "true"));
    }

    @Test
    void answersTheCloudShellProtocolByGetAndByForm() throws Exception {
        String path = "/oauth2/token?resource=" + AUDIENCE;
        assertEquals(
                IDENTITY.clientId(),
                new JsonObject(get(path, "Metadata", "true").body()).getString("client_id"));
        HttpRequest.Builder post = HttpRequest.newBuilder(at("/oauth2/token"))
                .header("Content-Type", "application/x-www-form-urlencoded")
                .POST(HttpRequest.BodyPublishers.ofString("resource=" + AUDIENCE.replace(":", "%3A")));
        assertRefused(400, CLIENT.send(post.build(), HttpResponse.BodyHandlers.ofString()));
        post.header("Metadata", "true");
        HttpResponse<String> answer = CLIENT.send(post.build(), HttpResponse.BodyHandlers.ofString());
        assertEquals(200, answer.statusCode(), answer.body());
        assertEquals(AUDIENCE, new JsonObject(answer.body()).getString("resource"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"client_id", "object_id", "principal_id", "mi_res_id", "msi_res_id", "CLIENT_ID", "Object_Id"})
    void refusesAnotherIdentity(String name) throws Exception {
        assertRefused(400, get(appServiceQuery() + "&" + name + "=other", "X-IDENTITY-HEADER", SECRET));
    }

    @Test
    void refusesOtherMethodsAndPaths() throws Exception {
        assertRefused(404, get("/"));
        assertRefused(404, get("/msi/token/"));
        HttpRequest post = HttpRequest.newBuilder(at(appServiceQuery()))
                .header("X-IDENTITY-HEADER", SECRET)
                .POST(HttpRequest.BodyPublishers.noBody())
                .build();
        assertRefused(405, CLIENT.send(post, HttpResponse.BodyHandlers.ofString()));
    }

    @Test
    void refusesANameThatOnlyResolvesToLoopback() throws Exception {
        assertEquals("HTTP/1.1 400 Bad Request", statusLine("Host: rebound.example"));
        assertEquals("HTTP/1.1 200 OK", statusLine("Host: localhost:" + endpoint.port()));
    }

    @Test
    void listensOnLoopbackOnly() throws Exception {
        List<InetAddress> others = NetworkInterface.networkInterfaces()
                .flatMap(NetworkInterface::inetAddresses)
                .filter(address -> !address.isLoopbackAddress())
                .toList();
        for (InetAddress other : others) {
            try (Socket socket = new Socket()) {
                assertThrows(
                        IOException.class,
                        () -> socket.connect(new InetSocketAddress(other, endpoint.port()), 1000),
                        () -> "answers on " + other);
            }
        }
    }

    @Test
    void takesThePreferredPortWhenItIsFreeAndAnotherWhenNot() throws Exception {
        int wanted;
        try (ManagedIdentityEndpoint first =
                ManagedIdentityEndpoint.startNear(ISSUER, DIRECTORY, AUDIENCE, SECRET, 0)) {
            wanted = first.port();
        }
        try (ManagedIdentityEndpoint again =
                ManagedIdentityEndpoint.startNear(ISSUER, DIRECTORY, AUDIENCE, SECRET, wanted)) {
            assertEquals(wanted, again.port());
        }
        try (ServerSocket holder = new ServerSocket(0, 1, InetAddress.ofLiteral("127.0.0.1"));
                ManagedIdentityEndpoint other =
                        ManagedIdentityEndpoint.startNear(ISSUER, DIRECTORY, AUDIENCE, SECRET, holder.getLocalPort())) {
            assertNotEquals(holder.getLocalPort(), other.port());
        }
    }

    @Test
    void answersNobodyOnceClosed() throws Exception {
        ManagedIdentityEndpoint closed = ManagedIdentityEndpoint.startNear(ISSUER, DIRECTORY, AUDIENCE, SECRET, 0);
        closed.close();

        HttpRequest request = HttpRequest.newBuilder(closed.url()).build();
        assertThrows(ConnectException.class, () -> CLIENT.send(request, HttpResponse.BodyHandlers.ofString()));
    }

    private static String appServiceQuery() {
        return "/msi/token?api-version=2019-08-01&resource=" + AUDIENCE;
    }

    private static URI at(String pathAndQuery) {
        return endpoint.url().resolve(pathAndQuery);
    }

    private static HttpResponse<String> get(String pathAndQuery, String... headers) throws Exception {
        HttpRequest.Builder request = HttpRequest.newBuilder(at(pathAndQuery));
        if (headers.length > 0) {
            request.headers(headers);
        }
        return CLIENT.send(request.build(), HttpResponse.BodyHandlers.ofString());
    }

    /** By hand, because the JDK's client writes the Host header itself. */
    private static String statusLine(String hostHeader) throws IOException {
        try (Socket socket = new Socket(InetAddress.ofLiteral("127.0.0.1"), endpoint.port())) {
            String request = "GET " + appServiceQuery() + " HTTP/1.1\r\n" + hostHeader + "\r\nX-IDENTITY-HEADER: "
                    + SECRET + "\r\nConnection: close\r\n\r\n";
            socket.getOutputStream().write(request.getBytes(UTF_8));
            return new BufferedReader(new InputStreamReader(socket.getInputStream(), UTF_8)).readLine();
        }
    }

    private static JsonObject claims(String token) {
        return new JsonObject(new String(Base64.getUrlDecoder().decode(token.split("\\.", -1)[1]), UTF_8));
    }

    private static void assertRefused(int status, HttpResponse<String> response) {
        assertEquals(status, response.statusCode(), response.body());
        JsonObject body = new JsonObject(response.body());
        assertFalse(body.getString("error").isEmpty());
        assertFalse(body.getString("error_description").isEmpty());
        assertFalse(response.body().contains("access_token"));
    }
}
