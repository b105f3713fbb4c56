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
import io.vertx.core.json.JsonObject;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * The HSM of a configuration folder in this process, as {@code hsm serve} runs it, and an administrator who asks it. It can be
 * started again after it was closed.
 */
final class ServedHsm implements AutoCloseable {
    private static final long LIMIT_NANOS = TimeUnit.SECONDS.toNanos(60);
    private static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(5);

    /** What it is configured by. */
    final ServeFolder folder;

    private @Nullable ServingHsm running;
    private @Nullable HttpClient client;
    private volatile @Nullable String token;

    ServedHsm(ServeFolder folder) {
        this.folder = folder;
    }

    /** Does what {@code hsm init} does. */
    void init() {
        ConfigFile read = ConfigFile.readForInit(folder.config(), Map.of(), Instant.now());
        ServeConfig config = read.config();
        assertNotNull(config, read.faults().toString());
        new NewHsm(config).make();
    }

    /** Gives its root key to custodians while it does not run, which activates it; answers their domain. */
    String activate(List<Custodian> custodians, int quorum) {
        return OfflineDomain.download(
                config().gateway(),
                custodians.stream().map(Custodian::certificate).toList(),
                quorum);
    }

    /** Its configuration, which has no faults. */
    ServeConfig config() {
        ConfigFile read = ConfigFile.read(folder.config(), Map.of(), Instant.now());
        assertEquals(List.of(), read.faults());
        ServeConfig config = read.config();
        assertNotNull(config);
        return config;
    }

    void start() {
        token = null;
        running = ServingHsm.start(config());
        client = HttpClient.newBuilder()
                .sslContext(folder.certificate().trust(null))
                .build();
    }

    /** What it says when it has started. */
    String readyLine() {
        ServingHsm hsm = running;
        assertNotNull(hsm);
        return hsm.readyLine();
    }

    /** Makes a key that signs; answers its id. */
    String create(String name) throws Exception {
        return json(post("/keys/" + name + "/create", "{\"kty\":\"EC-HSM\",\"crv\":\"P-256\"}"), 200)
                .getJsonObject("key")
                .getString("kid");
    }

    /** The id of a key that is there. */
    String kid(String name) throws Exception {
        return json(get("/keys/" + name), 200).getJsonObject("key").getString("kid");
    }

    /** The body of an answer that has this status. */
    static JsonObject json(HttpResponse<String> answer, int status) {
        assertEquals(status, answer.statusCode(), answer.body());
        return new JsonObject(answer.body());
    }

    HttpResponse<String> get(String path) throws Exception {
        return send(authorised("?api-version=7.6", path).GET());
    }

    HttpResponse<String> post(String path, String body) throws Exception {
        return send("POST", path, body);
    }

    HttpResponse<String> put(String path, JsonObject body) throws Exception {
        return send("PUT", path, body.encode());
    }

    HttpResponse<String> delete(String path) throws Exception {
        return send(authorised("?api-version=7.6", path).DELETE());
    }

    private HttpResponse<String> send(String method, String path, String body) throws Exception {
        return send(authorised("?api-version=7.6", path)
                .header("content-type", "application/json")
                .method(method, BodyPublishers.ofString(body)));
    }

    /** A request with the administrator's token, without method. */
    HttpRequest.Builder authorised(String query, String path) throws Exception {
        return HttpRequest.newBuilder(URI.create("https://localhost:" + folder.dataPort() + path + query))
                .header("authorization", "Bearer " + token());
    }

    /** A request without token and method. */
    HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(URI.create("https://localhost:" + folder.dataPort() + path + "?api-version=7.6"));
    }

    HttpResponse<String> send(HttpRequest.Builder request) throws Exception {
        HttpClient http = client;
        assertNotNull(http);
        return http.send(request.build(), HttpResponse.BodyHandlers.ofString());
    }

    /** One for as long as an HSM runs: the record of refused ones stays short, and the test fast. */
    private String token() throws Exception {
        String known = token;
        if (known == null) {
            known = folder.token();
            token = known;
        }
        return known;
    }

    /** Waits until what was uploaded has opened it. */
    void awaitUploaded() throws Exception {
        assertEquals("Success", status("/securitydomain/upload/pending").getString("status"));
    }

    /** Waits until a backup or restore has ended; answers its last status. */
    JsonObject ended(HttpResponse<String> begun) throws Exception {
        json(begun, 202);
        return status(
                URI.create(begun.headers().firstValue("azure-asyncoperation").orElseThrow())
                        .getPath());
    }

    private JsonObject status(String path) throws Exception {
        long deadline = System.nanoTime() + LIMIT_NANOS;
        JsonObject status = json(send(authorised("", path).GET()), 200);
        while (status.getString("status").equals("InProgress")) {
            assertTrue(System.nanoTime() < deadline, "not ended in time");
            LockSupport.parkNanos(PAUSE_NANOS);
            status = json(send(authorised("", path).GET()), 200);
        }
        return status;
    }

    @Override
    public void close() {
        if (client != null) {
            client.close();
            client = null;
        }
        if (running != null) {
            running.close();
            running = null;
        }
    }
}
