// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import dev.managedhsm.gateway.OfflineDomain;
import dev.managedhsm.gateway.config.ConfigFile;
import dev.managedhsm.gateway.config.ServeConfig;
import dev.managedhsm.gateway.fixture.Custodian;
import dev.managedhsm.gateway.fixture.EventStream;
import dev.managedhsm.gateway.fixture.ServeFolder;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
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
        folder = new ServeFolder(temporary).replace("passphrase: file:passphrase", "key_file: unlock.key");
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
                Custodian.some(2).stream().map(Custodian::certificate).toList(),
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

    @Test
    void oneThatIsClosedIsLookedAtByItsAdministrators() throws Exception {
        running = ServingHsm.start(config());
        int management = folder.managementPort();
        String url = "https://localhost:" + management;
        assertEquals(200, get(management, "/dashboard").statusCode());
        assertEquals(401, get(management, "/dashboard/stream?api-version=7.6").statusCode());
        try (EventStream stream = EventStream.open(url, folder.certificate().trust(null), folder.token())) {
            stream.next("hello");
            JsonObject outlook = stream.next("outlook");
            assertEquals("PROVISIONED", outlook.getString("condition"));
            assertFalse(outlook.containsKey("calendar"), "no keys are open");
            JsonObject health = outlook.getJsonObject("more").getJsonObject("health");
            assertFalse(health.getBoolean("ready"));
            assertFalse(held(health, "condition"));
            assertTrue(held(health, "store"));
            JsonObject second = stream.next("second");
            assertEquals("PROVISIONED", second.getString("condition"));
            assertEquals(new JsonArray(), second.getJsonArray("lanes"), "no lane runs");
        }
        String metrics = get(management, "/metrics").body();
        assertTrue(metrics.contains("\nhsm_condition{hsm_condition=\"provisioned\"} 1"), metrics);
        for (String family : List.of("hsm_keys ", "hsm_keys_loaded ", "hsm_witness_healthy ")) {
            assertFalse(metrics.contains("\n" + family), family + "is absent");
        }
        assertTrue(metrics.contains("\nhsm_health_check_passed{check=\"condition\"} 0.0\n"), metrics);
        assertTrue(metrics.contains("\nhsm_health_check_passed{check=\"store\"} 1.0\n"), metrics);
    }

    @Test
    void whatOperatorsLookAtIsNotWhereApplicationsCome() throws Exception {
        running = ServingHsm.start(config());
        for (String path : List.of(
                "/dashboard",
                "/dashboard/",
                "/dashboard/main.js",
                "/dashboard/stream",
                "/metrics",
                "/health",
                "/latency",
                "/latency.hlog")) {
            HttpResponse<String> data = get(folder.dataPort(), path + "?api-version=7.6");
            assertEquals(404, data.statusCode(), path);
            assertNotEquals(404, get(folder.managementPort(), path).statusCode(), path);
        }
    }

    private static boolean held(JsonObject health, String name) {
        return health.getJsonArray("checks").stream()
                .map(JsonObject.class::cast)
                .filter(check -> check.getString("name").equals(name))
                .findFirst()
                .orElseThrow()
                .getBoolean("held");
    }

    private String why() {
        try {
            return get(folder.managementPort(), "/health").body();
        } catch (Exception e) {
            return fail(e);
        }
    }
}
