// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.identity;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.managedhsm.gateway.identity.IdentityServer.JsonAnswer;
import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.json.JsonObject;
import io.vertx.core.net.HostAndPort;
import java.io.IOException;
import java.net.URI;
import java.security.MessageDigest;
import org.jspecify.annotations.Nullable;

/**
 * Hands out tokens of managed identities to programs of this machine, in plain HTTP, by Azure's protocols.
 *
 * <ul>
 *   <li>App Service, version 2019-08-01: {@code GET /msi/token?api-version=2019-08-01&resource=…} with the secret of
 *       {@code IDENTITY_HEADER} in the header {@code X-IDENTITY-HEADER};
 *   <li>instance metadata (IMDS), version 2018-02-01 and later:
 *       {@code GET /metadata/identity/oauth2/token?api-version=…&resource=…} with {@code Metadata: true};
 *   <li>Cloud Shell: {@code GET /oauth2/token?resource=…}, or {@code POST} with {@code resource} in a form, with
 *       {@code Metadata: true}.
 * </ul>
 *
 * <p>By the last two whoever can connect gets a token, as in Azure, so every process of this machine is trusted. A
 * request may name a user-assigned identity by {@code client_id}, {@code object_id} or {@code principal_id}, {@code
 * mi_res_id} or {@code msi_res_id}; without a name the system-assigned one is meant.
 *
 * <p>It answers only requests that name the address it listens on, or localhost, and gives tokens for one audience: the
 * HSM's. Starting and closing block; call them from no event loop.
 */
public final class ManagedIdentityEndpoint implements AutoCloseable {
    /** Path of the App Service protocol. */
    public static final String APP_SERVICE_PATH = "/msi/token";

    /** Path of the instance metadata protocol. */
    public static final String IMDS_PATH = "/metadata/identity/oauth2/token";

    /** Path of the Cloud Shell protocol. */
    public static final String CLOUD_SHELL_PATH = "/oauth2/token";

    private static final String APP_SERVICE_VERSION = "2019-08-01";
    private static final String IMDS_VERSION_FIRST = "2018-02-01";

    private final DevIssuer issuer;
    private final IdentityDirectory directory;
    private final String audience;
    private final byte[] headerSecret;
    private final String address;
    private final IdentityServer server;

    private ManagedIdentityEndpoint(
            DevIssuer issuer,
            IdentityDirectory directory,
            String audience,
            byte[] headerSecret,
            String address,
            int wantedPort,
            boolean orAnother)
            throws IOException {
        this.issuer = issuer;
        this.directory = directory;
        this.audience = audience;
        this.headerSecret = headerSecret.clone();
        this.address = address;
        this.server = IdentityServer.start(
                new HttpServerOptions().setHost(address).setPort(wantedPort), orAnother, this::answer);
    }

    /**
     * Starts an endpoint.
     *
     * @param issuer who signs the tokens
     * @param directory whom they name
     * @param audience the only resource for which tokens are given, compared exactly
     * @param headerSecret what {@code X-IDENTITY-HEADER} must say, in UTF-8; copied
     * @param address the address to listen on
     * @param wantedPort the port to listen on; 0 takes a free one
     * @return the endpoint, listening
     * @throws IOException when it cannot listen there
     */
    public static ManagedIdentityEndpoint start(
            DevIssuer issuer,
            IdentityDirectory directory,
            String audience,
            byte[] headerSecret,
            String address,
            int wantedPort)
            throws IOException {
        return new ManagedIdentityEndpoint(issuer, directory, audience, headerSecret, address, wantedPort, false);
    }

    /**
     * Starts one on 127.0.0.1, on the preferred port when it is free, on another free one when not.
     *
     * @throws IOException when it can listen on no port of 127.0.0.1
     */
    public static ManagedIdentityEndpoint startNear(
            DevIssuer issuer, IdentityDirectory directory, String audience, String headerSecret, int preferredPort)
            throws IOException {
        return new ManagedIdentityEndpoint(
                issuer, directory, audience, headerSecret.getBytes(UTF_8), "127.0.0.1", preferredPort, true);
    }

    /** The port it listens on. */
    public int port() {
        return server.port();
    }

    /** What {@code IDENTITY_ENDPOINT} says: the URL of the App Service protocol, without query. */
    public URI url() {
        String host = address.indexOf(':') < 0 ? address : "[" + address + "]";
        return URI.create("http://" + host + ":" + server.port() + APP_SERVICE_PATH);
    }

    /** Stops listening and ends its event loop; waits for both. */
    @Override
    public void close() {
        server.close();
    }

    private JsonAnswer answer(HttpServerRequest request, String body) {
        String path = request.path() == null ? "" : request.path();
        boolean appService = path.equals(APP_SERVICE_PATH);
        // The JavaScript SDK ends the IMDS path with a slash.
        boolean imds = path.equals(IMDS_PATH) || path.equals(IMDS_PATH + "/");
        boolean cloudShell = path.equals(CLOUD_SHELL_PATH);
        if (!appService && !imds && !cloudShell) {
            return JsonAnswer.refusal(
                    404,
                    "not_found",
                    "Tokens are at " + APP_SERVICE_PATH + ", " + IMDS_PATH + " and " + CLOUD_SHELL_PATH + ".");
        }
        boolean form = cloudShell && request.method().equals(HttpMethod.POST);
        if (!form && !request.method().equals(HttpMethod.GET)) {
            return JsonAnswer.refusal(405, "invalid_request", "The method is not answered here.");
        }
        if (!namesThisPlace(request.authority())) {
            return JsonAnswer.refusal(
                    400, "invalid_request", "The Host header must name " + address + " or localhost.");
        }
        MultiMap fields;
        try {
            fields = form ? Form.read(body) : request.params();
        } catch (IllegalArgumentException e) {
            fields = null;
        }
        if (fields == null) {
            return JsonAnswer.refusal(400, "invalid_request", "The query is not well-formed.");
        }
        return appService ? appService(request, fields) : metadata(request, fields, imds);
    }

    private JsonAnswer appService(HttpServerRequest request, MultiMap query) {
        String secret = request.getHeader("X-IDENTITY-HEADER");
        if (secret == null || !MessageDigest.isEqual(secret.getBytes(UTF_8), headerSecret)) {
            return JsonAnswer.refusal(
                    401, "unauthorized", "X-IDENTITY-HEADER must carry the value of IDENTITY_HEADER.");
        }
        if (!APP_SERVICE_VERSION.equals(Form.only(query, "api-version"))) {
            return JsonAnswer.refusal(400, "invalid_request", "api-version must be " + APP_SERVICE_VERSION + ".");
        }
        return token(query, false);
    }

    /** IMDS and Cloud Shell. */
    private JsonAnswer metadata(HttpServerRequest request, MultiMap fields, boolean imds) {
        if (!"true".equalsIgnoreCase(request.getHeader("Metadata"))) {
            return JsonAnswer.refusal(
                    400, "invalid_request", "Required metadata header not specified: send Metadata: true.");
        }
        // As in Azure: a request that came through a proxy is not of this machine.
        if (request.headers().contains("X-Forwarded-For")) {
            return JsonAnswer.refusal(400, "invalid_request", "X-Forwarded-For is not answered here.");
        }
        String version = Form.only(fields, "api-version");
        if (imds
                && (version == null
                        || version.length() != IMDS_VERSION_FIRST.length()
                        || version.compareTo(IMDS_VERSION_FIRST) < 0)) {
            return JsonAnswer.refusal(
                    400, "invalid_request", "api-version must be " + IMDS_VERSION_FIRST + " or later.");
        }
        return token(fields, true);
    }

    private JsonAnswer token(MultiMap fields, boolean withLife) {
        String resource = Form.only(fields, "resource");
        if (resource == null) {
            return JsonAnswer.refusal(400, "invalid_request", "The request must name one resource.");
        }
        if (!resource.equals(audience)) {
            return JsonAnswer.refusal(400, "invalid_resource", "Tokens are given for " + audience + " only.");
        }
        ManagedIdentity identity = directory.meant(fields);
        if (identity == null) {
            return JsonAnswer.refusal(
                    400, "invalid_request", "Identity not found: none has this id, or none is meant without one.");
        }
        IssuedToken token = issuer.mint(identity, audience);
        JsonObject body = new JsonObject()
                .put("access_token", token.text())
                .put("client_id", identity.clientId())
                .put("expires_on", Long.toString(token.expiresOn().getEpochSecond()))
                .put("not_before", Long.toString(token.notBefore().getEpochSecond()))
                .put("resource", audience)
                .put("token_type", "Bearer");
        if (withLife) {
            String life = Long.toString(DevIssuer.TOKEN_LIFE.toSeconds());
            body.put("expires_in", life).put("ext_expires_in", life);
        }
        return new JsonAnswer(200, body);
    }

    /** A page in a browser can make a name of its own resolve to loopback; then the Host header tells. */
    private boolean namesThisPlace(@Nullable HostAndPort authority) {
        if (authority == null) {
            return false;
        }
        String host = authority.host().replace("[", "").replace("]", "");
        return host.equals(address) || host.equalsIgnoreCase("localhost");
    }
}
