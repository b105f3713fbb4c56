// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import dev.managedhsm.gateway.OfflineDomain;
import dev.managedhsm.gateway.config.ConfigFile;
import dev.managedhsm.gateway.config.ServeConfig;
import dev.managedhsm.gateway.fixture.Custodian;
import dev.managedhsm.gateway.fixture.ServeFolder;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An HSM in production says that it is ready when it is activated and warm, and not before; on both its listeners. */
class ReadinessIT {
    private static final long LIMIT_NANOS = 60_000_000_000L;

    @TempDir
    private Path temporary;

    private ServeFolder folder;
    private @Nullable ServingHsm running;

    @BeforeEach
    void makeAnHsm() throws Exception {
        folder = new ServeFolder(temporary);
        new NewHsm(config()).make();
    }

    @AfterEach
    void end() {
        if (running != null) {
            running.close();
        }
    }

    private ServeConfig config() {
        ConfigFile read = ConfigFile.read(folder.config(), Map.of(), Instant.now());
        ServeConfig config = read.config();
        assertNotNull(config, read.faults().toString());
        return config;
    }

    private HttpResponse<String> get(int port, String path) throws Exception {
        try (HttpClient client = HttpClient.newBuilder()
                .sslContext(folder.certificate().trust(null))
                .build()) {
            HttpRequest request = HttpRequest.newBuilder(URI.create("https://localhost:" + port + path))
                    .build();
            return client.send(request, HttpResponse.BodyHandlers.ofString());
        }
    }

    @Test
    void oneThatNobodyHasActivatedIsAliveAndNotReady() throws Exception {
        running = ServingHsm.start(config());
        assertEquals(200, get(folder.managementPort(), "/health/live").statusCode());
        HttpResponse<String> ready = get(folder.managementPort(), "/health/ready");
        assertEquals(503, ready.statusCode());
        assertEquals(
                new JsonArray().add("condition").add("warm-up"),
                new JsonObject(ready.body()).getJsonArray("waitingFor"));
        HttpResponse<String> health = get(folder.managementPort(), "/health");
        assertEquals(503, health.statusCode());
        assertEquals("provisioned", new JsonObject(health.body()).getString("condition"));
        assertTrue(get(folder.managementPort(), "/metrics").body().contains("\nhsm_ready 0.0\n"));
    }

    @Test
    void oneThatIsActivatedIsReadyWhenItIsWarmAndTellsApplicationsNoReasons() throws Exception {
        OfflineDomain.download(
                config().gateway(),
                Custodian.make(2, 2048).stream().map(Custodian::certificate).toList(),
                2);
        running = ServingHsm.start(config());
        long endNanos = System.nanoTime() + LIMIT_NANOS;
        HttpResponse<String> ready = get(folder.dataPort(), "/health/ready");
        while (ready.statusCode() != 200) {
            assertEquals(new JsonObject().put("ready", false), new JsonObject(ready.body()));
            assertTrue(System.nanoTime() - endNanos < 0, () -> why());
            LockSupport.parkNanos(50_000_000);
            ready = get(folder.dataPort(), "/health/ready");
        }
        assertEquals(new JsonObject().put("ready", true), new JsonObject(ready.body()));
        assertEquals(200, get(folder.dataPort(), "/health/live").statusCode());
        assertFalse(get(folder.dataPort(), "/health").body().contains("checks"), "reasons are for operators");
        assertEquals(404, get(folder.dataPort(), "/metrics").statusCode());
        assertEquals(200, get(folder.managementPort(), "/health/ready").statusCode());
    }

    private String why() {
        try {
            return get(folder.managementPort(), "/health").body();
        } catch (Exception e) {
            return fail(e);
        }
    }
}
