// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;
import static org.junit.jupiter.api.condition.OS.LINUX;

import dev.managedhsm.gateway.fixture.Answer;
import dev.managedhsm.gateway.fixture.EventStream;
import dev.managedhsm.gateway.fixture.HsmProcess;
import dev.managedhsm.gateway.fixture.RawClient;
import dev.managedhsm.gateway.fixture.RunningHsm;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.io.TempDir;

/**
 * A running HSM whose files may not grow any more, the way a full disk or a quota ends writing: what it says of itself. That
 * it waits for a token issuer's keys is in {@link TrustIT}, for its warm-up and its activation in {@code ReadinessIT}.
 */
@Tag("slow")
@EnabledOnOs(LINUX)
class HealthFailuresIT {
    private static final String SIGN = "{\"alg\":\"ES256\",\"value\":\"" + "A".repeat(43) + "\"}";
    private static final long NANOS_MAX = 60_000_000_000L;
    private static final int KEYS = 120;

    /** So much shorter is the longest file of the audit log, with the room behind its last event. */
    private static final long ROOM_BYTES = 1 << 20;

    @TempDir
    private Path folder;

    @Test
    void saysWhichOfItsFilesTakeNothingMore() throws Exception {
        try (HsmProcess process = HsmProcess.start(folder)) {
            RawClient client = process.hsm().client();
            for (int i = 0; i < KEYS; i++) { // the store grows faster than the audit log
                client.create("key" + i, new JsonObject().put("kty", "EC-HSM"));
            }
            awaitReady(client);
            long recorded = largest(process.hsm().folder().resolve("data/audit"), "");
            long stored = largest(process.hsm().folder().resolve("data"), "store.sqlite");
            assertTrue(stored > recorded + ROOM_BYTES, stored + " and " + recorded);
            process.limitFiles((recorded + stored) / 2);
            JsonObject more = new JsonObject().put("kty", "EC-HSM");
            failsUntil(
                    client,
                    "store",
                    () -> client.post("/keys/more/create", more).status());
            tells(process.hsm(), "store");
            tells(process.hsm(), "condition"); // a store that takes nothing ends the HSM's work

            process.limitFiles(0);
            failsUntil(
                    client, "audit", () -> client.post("/keys/key1/sign", SIGN).status());
            tells(process.hsm(), "audit");
            assertEquals(200, get(client, "/health/live").status(), "alive, and not ready");
        }
    }

    private interface Attempt {
        int status();
    }

    private static Answer get(RawClient client, String path) {
        return client.send(client.bare(path).GET());
    }

    private static void awaitReady(RawClient client) {
        long endNanos = System.nanoTime() + NANOS_MAX;
        while (get(client, "/health/ready").status() != 200) {
            assertTrue(System.nanoTime() - endNanos < 0, "not ready");
            LockSupport.parkNanos(20_000_000);
        }
    }

    /** Asks for what has to be written until the HSM waits for this. */
    private static void failsUntil(RawClient client, String check, Attempt attempt) {
        long endNanos = System.nanoTime() + NANOS_MAX;
        while (true) {
            int status = attempt.status();
            Answer ready = get(client, "/health/ready");
            if (ready.status() == 503
                    && new JsonObject(ready.body()).getJsonArray("waitingFor").contains(check)) {
                return;
            }
            if (System.nanoTime() - endNanos > 0) {
                fail(check + " holds: " + status + ", " + get(client, "/health").body());
            }
        }
    }

    /** The same in every place where somebody looks. */
    private static void tells(RunningHsm hsm, String check) throws Exception {
        RawClient client = hsm.client();
        Answer answer = get(client, "/health");
        assertEquals(503, answer.status(), () -> answer.body());
        JsonObject health = new JsonObject(answer.body());
        assertEquals("unready", health.getString("status"));
        assertFalse(check(health, check).getBoolean("held"));
        assertFalse(check(health, check).getString("why").isBlank());
        String metrics = get(client, "/metrics").body();
        assertTrue(metrics.contains("\nhsm_ready 0.0\n"), metrics);
        assertTrue(metrics.contains("\nhsm_health_check_passed{check=\"" + check + "\"} 0.0\n"), metrics);
        try (EventStream stream = EventStream.open(hsm, hsm.token().text())) {
            JsonObject shown = stream.next("outlook").getJsonObject("more").getJsonObject("health");
            assertFalse(check(shown, check).getBoolean("held"), "the dashboard shows it");
        }
    }

    private static JsonObject check(JsonObject health, String name) {
        return health.getJsonArray("checks").stream()
                .map(JsonObject.class::cast)
                .filter(check -> check.getString("name").equals(name))
                .findFirst()
                .orElseThrow();
    }

    /** Bytes of the largest file in a folder whose name begins so. */
    private static long largest(Path of, String prefix) throws IOException {
        try (Stream<Path> files = Files.list(of)) {
            List<Path> all = files.filter(Files::isRegularFile)
                    .filter(file -> file.getFileName().toString().startsWith(prefix))
                    .toList();
            long largest = 0;
            for (Path file : all) {
                largest = Math.max(largest, Files.size(file));
            }
            return largest;
        }
    }
}
