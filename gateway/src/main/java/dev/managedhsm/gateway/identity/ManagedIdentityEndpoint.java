// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.identity;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.vertx.core.MultiMap;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.file.FileSystemOptions;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.json.JsonObject;
import io.vertx.core.net.HostAndPort;
import java.io.IOException;
import java.net.BindException;
import java.net.URI;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * Hands out tokens of one managed identity on loopback, in plain HTTP, by two of Azure's protocols.
 *
 * <ul>
 *   <li>App Service, version 2019-08-01: {@code GET /msi/token?api-version=2019-08-01&resource=…} with the secret of
 *       {@code IDENTITY_HEADER} in the header {@code X-IDENTITY-HEADER};
 *   <li>instance metadata (IMDS), version 2018-02-01 and later:
 *       {@code GET /metadata/identity/oauth2/token?api-version=…&resource=…} with {@code Metadata: true}. As in Azure,
 *       whoever can connect gets a token, so every process of this machine is trusted.
 * </ul>
 *
 * <p>It listens on 127.0.0.1 and nowhere else, answers only requests that name a loopback host, and gives tokens for
 * one audience: the HSM's. Starting and closing block; call them from no event loop. It has an event loop of its own,
 * which is why a request may sign on it: nobody else waits there.
 */
public final class ManagedIdentityEndpoint implements AutoCloseable {
    /** Path of the App Service protocol. */
    public static final String APP_SERVICE_PATH = "/msi/token";

    /** Path of the instance metadata protocol. */
    public static final String IMDS_PATH = "/metadata/identity/oauth2/token";

    private static final String LOOPBACK = "127.0.0.1";
    private static final String APP_SERVICE_VERSION = "2019-08-01";
    private static final String IMDS_VERSION_FIRST = "2018-02-01";
    private static final Duration START_LIMIT = Duration.ofSeconds(10);
    private static final int IDLE_SECONDS = 30;

    private final DevIssuer issuer;
    private final ManagedIdentity identity;
    private final String audience;
    private final byte[] headerSecret;
    private final Vertx vertx;
    private volatile int port;

    private ManagedIdentityEndpoint(DevIssuer issuer, ManagedIdentity identity, String audience, String headerSecret) {
        this.issuer = issuer;
        this.identity = identity;
        this.audience = audience;
        this.headerSecret = headerSecret.getBytes(UTF_8);
        this.vertx = Vertx.vertx(new VertxOptions()
                .setEventLoopPoolSize(1)
                .setWorkerPoolSize(1)
                .setInternalBlockingPoolSize(1)
                .setFileSystemOptions(new FileSystemOptions()
                        .setClassPathResolvingEnabled(false)
                        .setFileCachingEnabled(false)));
    }

    /**
     * Starts an endpoint.
     *
     * @param issuer who signs the tokens
     * @param identity whom they name
     * @param audience the only resource for which tokens are given, compared exactly
     * @param headerSecret what {@code X-IDENTITY-HEADER} must say
     * @param preferredPort the port to listen on when it is free; another free one is taken when it is not, or when 0
     * @return the endpoint, listening
     * @throws IOException when it can listen on no port of 127.0.0.1
     */
    public static ManagedIdentityEndpoint start(
            DevIssuer issuer, ManagedIdentity identity, String audience, String headerSecret, int preferredPort)
            throws IOException {
        ManagedIdentityEndpoint endpoint = new ManagedIdentityEndpoint(issuer, identity, audience, headerSecret);
        try {
            endpoint.port = endpoint.listenNear(preferredPort);
            return endpoint;
        } catch (IOException e) {
            endpoint.close();
            throw e;
        }
    }

    /** The port it listens on. */
    public int port() {
        return port;
    }

    /** What {@code IDENTITY_ENDPOINT} says: the URL of the App Service protocol, without query. */
    public URI url() {
        return URI.create("http://" + LOOPBACK + ":" + port + APP_SERVICE_PATH);
    }

    /** Stops listening and ends its event loop; waits for both. */
    @Override
    public void close() {
        try {
            vertx.close().toCompletionStage().toCompletableFuture().get(START_LIMIT.toSeconds(), TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (ExecutionException | TimeoutException e) {
            throw new IllegalStateException("the managed-identity endpoint did not close", e);
        }
    }

    private int listenNear(int preferredPort) throws IOException {
        try {
            return listen(preferredPort);
        } catch (BindException e) {
            if (preferredPort == 0) {
                throw e;
            }
            return listen(0);
        }
    }

    private int listen(int wantedPort) throws IOException {
        HttpServerOptions options = new HttpServerOptions()
                .setHost(LOOPBACK)
                .setPort(wantedPort)
                .setHttp2ClearTextEnabled(false)
                .setIdleTimeout(IDLE_SECONDS);
        HttpServer server = vertx.createHttpServer(options).requestHandler(this::handle);
        try {
            return server.listen()
                    .toCompletionStage()
                    .toCompletableFuture()
                    .get(START_LIMIT.toSeconds(), TimeUnit.SECONDS)
                    .actualPort();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while starting to listen", e);
        } catch (ExecutionException e) {
            throw e.getCause() instanceof IOException cause ? cause : new IOException("cannot listen", e);
        } catch (TimeoutException e) {
            throw new IOException("cannot listen within " + START_LIMIT, e);
        }
    }

    private void handle(HttpServerRequest request) {
        Answer answer = answer(request);
        request.response()
                .setStatusCode(answer.status())
                .putHeader(HttpHeaders.CONTENT_TYPE, "application/json; charset=utf-8")
                .putHeader(HttpHeaders.CACHE_CONTROL, "no-store")
                .end(answer.body().toBuffer());
    }

    private Answer answer(HttpServerRequest request) {
        String path = request.path() == null ? "" : request.path();
        boolean appService = path.equals(APP_SERVICE_PATH);
        // The JavaScript SDK ends the IMDS path with a slash.
        boolean imds = path.equals(IMDS_PATH) || path.equals(IMDS_PATH + "/");
        if (!appService && !imds) {
            return refusal(404, "not_found", "Tokens are at " + APP_SERVICE_PATH + " and " + IMDS_PATH + ".");
        }
        if (!request.method().equals(HttpMethod.GET)) {
            return refusal(405, "invalid_request", "Only GET is answered here.");
        }
        if (!loopback(request.authority())) {
            return refusal(400, "invalid_request", "The Host header must name " + LOOPBACK + " or localhost.");
        }
        MultiMap query;
        try {
            query = request.params();
        } catch (IllegalArgumentException e) {
            return refusal(400, "invalid_request", "The query is not well-formed.");
        }
        return appService ? appService(request, query) : imds(request, query);
    }

    private Answer appService(HttpServerRequest request, MultiMap query) {
        String secret = request.getHeader("X-IDENTITY-HEADER");
        if (secret == null || !MessageDigest.isEqual(secret.getBytes(UTF_8), headerSecret)) {
            return refusal(401, "unauthorized", "X-IDENTITY-HEADER must carry the value of IDENTITY_HEADER.");
        }
        if (!APP_SERVICE_VERSION.equals(only(query, "api-version"))) {
            return refusal(400, "invalid_request", "api-version must be " + APP_SERVICE_VERSION + ".");
        }
        return token(query, false);
    }

    private Answer imds(HttpServerRequest request, MultiMap query) {
        if (!"true".equalsIgnoreCase(request.getHeader("Metadata"))) {
            return refusal(400, "invalid_request", "Required metadata header not specified: send Metadata: true.");
        }
        // As in Azure: a request that came through a proxy is not of this machine.
        if (request.headers().contains("X-Forwarded-For")) {
            return refusal(400, "invalid_request", "X-Forwarded-For is not answered here.");
        }
        String version = only(query, "api-version");
        if (version == null
                || version.length() != IMDS_VERSION_FIRST.length()
                || version.compareTo(IMDS_VERSION_FIRST) < 0) {
            return refusal(400, "invalid_request", "api-version must be " + IMDS_VERSION_FIRST + " or later.");
        }
        return token(query, true);
    }

    private Answer token(MultiMap query, boolean imds) {
        String resource = only(query, "resource");
        if (resource == null) {
            return refusal(400, "invalid_request", "The query must name one resource.");
        }
        if (!resource.equals(audience)) {
            return refusal(400, "invalid_request", "Tokens are given for " + audience + " only.");
        }
        if (!namesTheIdentity(query)) {
            return refusal(400, "invalid_request", "Identity not found: only the system-assigned one exists.");
        }
        IssuedToken token = issuer.mint(identity, audience);
        JsonObject body = new JsonObject()
                .put("access_token", token.text())
                .put("client_id", identity.clientId())
                .put("expires_on", Long.toString(token.expiresOn().getEpochSecond()))
                .put("not_before", Long.toString(token.notBefore().getEpochSecond()))
                .put("resource", audience)
                .put("token_type", "Bearer");
        if (imds) {
            String life = Long.toString(DevIssuer.TOKEN_LIFE.toSeconds());
            body.put("expires_in", life).put("ext_expires_in", life);
        }
        return new Answer(200, body);
    }

    /** A query may name a user-assigned identity; ours answers when it is named by its own ids, or not at all. */
    private boolean namesTheIdentity(MultiMap query) {
        return namesOrOmits(query, List.of("client_id"), identity.clientId())
                && namesOrOmits(query, List.of("object_id", "principal_id"), identity.objectId())
                && namesOrOmits(query, List.of("mi_res_id", "msi_res_id"), identity.resourceId());
    }

    private static boolean namesOrOmits(MultiMap query, List<String> names, String value) {
        return names.stream().flatMap(name -> query.getAll(name).stream()).allMatch(value::equalsIgnoreCase);
    }

    private static @Nullable String only(MultiMap query, String name) {
        List<String> values = query.getAll(name);
        return values.size() == 1 ? values.getFirst() : null;
    }

    /** A page in a browser can make a name of its own resolve to loopback; then the Host header tells. */
    private static boolean loopback(@Nullable HostAndPort authority) {
        return authority != null
                && (authority.host().equals(LOOPBACK) || authority.host().equalsIgnoreCase("localhost"));
    }

    /** The protocols' error body. */
    private static Answer refusal(int status, String error, String description) {
        return new Answer(status, new JsonObject().put("error", error).put("error_description", description));
    }

    private record Answer(int status, JsonObject body) {}
}
