// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.identity;

import dev.managedhsm.auth.token.AssertionVerifier;
import dev.managedhsm.gateway.identity.IdentityServer.JsonAnswer;
import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.core.net.PemKeyCertOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Hands out tokens of managed identities by OAuth 2.0's client credentials (RFC 6749 section 4.4), over TLS, to whoever
 * proves to be one: by a client secret, or by the token of a federated issuer (RFC 7523 section 2.2), as workloads of a
 * cluster have it. Besides it answers the documents that clients ask for before (OpenID Connect Discovery 1.0).
 *
 * <pre>
 *   POST /{tenant}/oauth2/v2.0/token                          scope=…/.default
 *   GET  /{tenant}[/v2.0]/.well-known/openid-configuration
 *   GET  /{tenant}/discovery/v2.0/keys
 *   GET  /common/discovery/instance                           for clients that ask whether they know the host
 * </pre>
 *
 * <p>Starting and closing block; call them from no event loop.
 */
public final class TokenEndpoint implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(TokenEndpoint.class);
    private static final String ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
    private static final String DEFAULT_SCOPE = "/.default";
    private static final int KEYS_LENGTH_MAX = 256 * 1024;

    private final DevIssuer issuer;
    private final IdentityDirectory directory;
    private final String tenantId;
    private final String audience;
    private final String hostName;
    private final Clock clock;
    private final IdentityServer server;

    /**
     * Starts an endpoint.
     *
     * @param issuer who signs the tokens
     * @param directory whom they name
     * @param tenantId the tenant in paths, a GUID in lower case
     * @param audience the only resource for which tokens are given, compared exactly
     * @param hostName under which clients find it; the certificate has it
     * @param clock tells whether a federated token holds
     * @param address the address to listen on
     * @param wantedPort the port to listen on; 0 takes a free one
     * @param keyPair the certificate for the host name
     * @param orAnother whether another free port is taken when the wanted one is not free
     * @throws IOException when it cannot listen there
     */
    public TokenEndpoint(
            DevIssuer issuer,
            IdentityDirectory directory,
            String tenantId,
            String audience,
            String hostName,
            Clock clock,
            String address,
            int wantedPort,
            PemKeyCertOptions keyPair,
            boolean orAnother)
            throws IOException {
        this.issuer = issuer;
        this.directory = directory;
        this.tenantId = tenantId;
        this.audience = audience;
        this.hostName = hostName;
        this.clock = clock;
        HttpServerOptions options = new HttpServerOptions()
                .setHost(address)
                .setPort(wantedPort)
                .setSsl(true)
                .setKeyCertOptions(keyPair);
        this.server = IdentityServer.start(options, orAnother, this::answer);
    }

    /** The port it listens on. */
    public int port() {
        return server.port();
    }

    /** What {@code AZURE_AUTHORITY_HOST} says, without a slash at the end. */
    public String authority() {
        return "https://" + hostName + ":" + server.port();
    }

    /** Speaks TLS to new connections with another certificate; waits until it does. */
    public void use(PemKeyCertOptions keyPair) {
        server.use(keyPair);
    }

    /** Stops listening and ends its event loop; waits for both. */
    @Override
    public void close() {
        server.close();
    }

    private JsonAnswer answer(HttpServerRequest request, String body) {
        String path = request.path() == null ? "" : request.path();
        String own = "/" + tenantId;
        if (path.equals(own + "/oauth2/v2.0/token")) {
            return request.method().equals(HttpMethod.POST) ? token(request, body) : notAllowed();
        }
        JsonObject document = path.equals(own + "/v2.0/.well-known/openid-configuration")
                        || path.equals(own + "/.well-known/openid-configuration")
                ? metadata()
                : path.equals(own + "/discovery/v2.0/keys")
                        ? new JsonObject(issuer.jwks())
                        : path.equals("/common/discovery/instance") ? instance() : null;
        if (document != null) {
            return request.method().equals(HttpMethod.GET) ? new JsonAnswer(200, document) : notAllowed();
        }
        return path.endsWith("/oauth2/v2.0/token")
                ? JsonAnswer.refusal(
                        400, "invalid_request", "The path names another tenant; this one is " + tenantId + ".")
                : JsonAnswer.refusal(404, "not_found", "Nothing is here; tokens are at " + own + "/oauth2/v2.0/token.");
    }

    private static JsonAnswer notAllowed() {
        return JsonAnswer.refusal(405, "invalid_request", "The method is not answered here.");
    }

    /**
     * Clients want the issuer to be of the host that they asked. Its tokens are of version 1 and name another one, as the
     * directory's do.
     */
    private JsonObject metadata() {
        String base = authority() + "/" + tenantId;
        return new JsonObject()
                .put("issuer", base + "/v2.0")
                .put("authorization_endpoint", base + "/oauth2/v2.0/authorize")
                .put("token_endpoint", base + "/oauth2/v2.0/token")
                .put("jwks_uri", base + "/discovery/v2.0/keys")
                .put("response_types_supported", new JsonArray().add("token"))
                .put("subject_types_supported", new JsonArray().add("pairwise"))
                .put("id_token_signing_alg_values_supported", new JsonArray().add("RS256"))
                .put("grant_types_supported", new JsonArray().add("client_credentials"))
                .put(
                        "token_endpoint_auth_methods_supported",
                        new JsonArray().add("client_secret_post").add("private_key_jwt"));
    }

    private JsonObject instance() {
        return new JsonObject()
                .put(
                        "tenant_discovery_endpoint",
                        authority() + "/" + tenantId + "/v2.0/.well-known/openid-configuration")
                .put("api-version", "1.1")
                .put("metadata", new JsonArray());
    }

    private JsonAnswer token(HttpServerRequest request, String body) {
        MultiMap form = Form.read(body);
        if (form == null) {
            return JsonAnswer.refusal(400, "invalid_request", "The body is no well-formed form.");
        }
        if (!"client_credentials".equals(Form.only(form, "grant_type"))) {
            return JsonAnswer.refusal(400, "unsupported_grant_type", "grant_type must be client_credentials.");
        }
        String clientId = Form.only(form, "client_id");
        if (clientId == null) {
            return JsonAnswer.refusal(400, "invalid_request", "The form must name one client_id.");
        }
        NamedIdentity client = directory.ofClient(clientId);
        String secret = Form.only(form, "client_secret");
        String assertion = Form.only(form, "client_assertion");
        if ((secret == null) == (assertion == null)) {
            return JsonAnswer.refusal(
                    400, "invalid_request", "The form must have either client_secret or client_assertion.");
        }
        boolean proven = client != null
                && (secret != null ? client.hasSecret(secret) : assertion != null && asserts(client, form, assertion));
        if (client == null || !proven) {
            LOG.info("no token for client {} from {}: not proven", shown(clientId), request.remoteAddress());
            return JsonAnswer.refusal(
                    401, "invalid_client", "There is no such client, or what it brings does not prove it.");
        }
        String scope = Form.only(form, "scope");
        if (scope == null || !scopes(scope)) {
            return JsonAnswer.refusal(
                    400, "invalid_scope", "scope must hold " + audience + DEFAULT_SCOPE + " and no other resource.");
        }
        IssuedToken token = issuer.mint(client.identity(), audience);
        long life = DevIssuer.TOKEN_LIFE.toSeconds();
        return new JsonAnswer(
                200,
                new JsonObject()
                        .put("token_type", "Bearer")
                        .put("expires_in", life)
                        .put("ext_expires_in", life)
                        .put("access_token", token.text()));
    }

    /** Some clients send the scopes of a sign-in along, which mean nothing here. */
    private boolean scopes(String scope) {
        List<String> resources = List.of(scope.split(" +", -1)).stream()
                .filter(one -> one.endsWith(DEFAULT_SCOPE))
                .toList();
        return resources.equals(List.of(audience + DEFAULT_SCOPE));
    }

    private boolean asserts(NamedIdentity client, MultiMap form, String assertion) {
        if (!ASSERTION_TYPE.equals(Form.only(form, "client_assertion_type"))) {
            return false;
        }
        for (FederatedCredential credential : client.federated()) {
            String jwks = keys(credential.keys());
            if (jwks != null && credential.subject().equals(subject(credential, jwks, assertion))) {
                return true;
            }
        }
        return false;
    }

    private @Nullable String subject(FederatedCredential credential, String jwks, String assertion) {
        try {
            return new AssertionVerifier(credential.issuer(), credential.audiences(), jwks, clock).subject(assertion);
        } catch (IllegalArgumentException unusable) {
            LOG.error("keys of a federated issuer cannot be used: {}", unusable.getMessage());
            return null;
        }
    }

    /** Read each time, because the issuer's keys change; a small file, and nobody else waits for this event loop. */
    private static @Nullable String keys(Path file) {
        try {
            return Files.size(file) > KEYS_LENGTH_MAX ? null : Files.readString(file);
        } catch (IOException e) {
            LOG.error("keys of a federated issuer cannot be read: {} ({})", file, e.toString());
            return null;
        }
    }

    /** A client id goes to the log only in the form of one. */
    private static String shown(String clientId) {
        return clientId.matches("[0-9a-fA-F-]{1,36}") ? clientId : "(not a GUID)";
    }
}
