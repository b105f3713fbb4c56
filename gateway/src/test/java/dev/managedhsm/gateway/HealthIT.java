// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import dev.managedhsm.gateway.fixture.Answer;
import dev.managedhsm.gateway.fixture.RunningHsm;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Whether a running HSM says that it is well; {@link dev.managedhsm.gateway.observe.HealthTest} has each condition alone. */
class HealthIT {
    private static final long WARM_NANOS_MAX = 30_000_000_000L;

    private static RunningHsm hsm;

    @BeforeAll
    static void startHsm() {
        hsm = RunningHsm.start();
    }

    @AfterAll
    static void endHsm() {
        RunningHsm.end(hsm);
    }

    /** Nobody says who he is. */
    private static Answer get(String path) {
        return hsm.client().send(hsm.client().bare(path).GET());
    }

    static Answer untilReady(RunningHsm hsm) {
        long endNanos = System.nanoTime() + WARM_NANOS_MAX;
        Answer answer;
        do {
            answer = hsm.client().send(hsm.client().bare("/health/ready").GET());
            if (answer.status() == 200) {
                return answer;
            }
            LockSupport.parkNanos(5_000_000);
        } while (System.nanoTime() - endNanos < 0);
        return fail("not ready: " + answer.body());
    }

    @Test
    void isAliveFromTheFirstMomentAndReadyOnceItIsWarm() {
        assertEquals(200, get("/health/live").status());
        Answer ready = untilReady(hsm);
        assertEquals(
                new JsonObject().put("ready", true).put("waitingFor", new JsonArray()), new JsonObject(ready.body()));
        assertTrue(ready.header("content-type").startsWith("application/json"));
    }

    @Test
    void tellsEveryCheckWithItsReason() {
        untilReady(hsm);
        Answer answer = get("/health");
        assertEquals(200, answer.status());
        JsonObject health = new JsonObject(answer.body());
        assertTrue(health.getBoolean("ready"));
        assertEquals("operational", health.getString("condition"));
        Set<String> names = new TreeSet<>();
        for (Object one : health.getJsonArray("checks")) {
            JsonObject check = (JsonObject) one;
            names.add(check.getString("name"));
            assertFalse(check.getString("why").isBlank(), check.getString("name"));
        }
        assertTrue(
                names.containsAll(Set.of(
                        "condition",
                        "self-tests",
                        "store",
                        "audit",
                        "audit-checkpoints",
                        "disk-audit",
                        "token-keys",
                        "warm-up",
                        "security-domain",
                        "all-secrets-locked",
                        "disk-data",
                        "disk-answers",
                        "issuer-dev",
                        "tls-certificate")),
                names.toString());
    }

    @Test
    void aWarmUpLeavesNothingBehind() {
        untilReady(hsm);
        String latency = hsm.client().get("/latency").body();
        assertEquals(3, latency.lines().count(), "only a head and an end: " + latency);
        JsonObject keys = hsm.client().get("/keys").ok();
        assertEquals(0, keys.getJsonArray("value").size());
    }
}
