// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.managedhsm.gateway.fixture.Answer;
import dev.managedhsm.gateway.fixture.PublicKeys;
import dev.managedhsm.gateway.fixture.RawClient;
import dev.managedhsm.gateway.fixture.RunningHsm;
import io.vertx.core.json.JsonObject;
import java.net.http.HttpRequest.BodyPublishers;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Deque;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Operations that are under way on a key while it is deleted, purged, recovered and made anew: each ends as if it had come
 * before or after, with a result that the key version it names has made.
 */
class LeavingKeyStress {
    private static final int IN_FLIGHT = 32;
    private static final long NANOS = TimeUnit.MILLISECONDS.toNanos(1_200);
    private static final byte[] MESSAGE = {1, 2, 3};
    private static final String DIGEST =
            Base64.getUrlEncoder().withoutPadding().encodeToString(PublicKeys.digest("ES256", MESSAGE));

    /** How an operation ended. */
    private enum End {
        DONE,
        NOT_FOUND,
        DISABLED
    }

    private static RunningHsm hsm;

    private final RawClient client;
    private final Map<String, JsonObject> versions = new ConcurrentHashMap<>();
    private final Map<End, Integer> ends = new EnumMap<>(End.class);
    private final Map<String, String> macs = new HashMap<>();
    private final List<JsonObject> signed = new ArrayList<>();

    LeavingKeyStress() {
        client = hsm.client();
    }

    @BeforeAll
    static void startHsm() {
        hsm = RunningHsm.start();
    }

    @AfterAll
    static void endHsm() {
        RunningHsm.end(hsm);
    }

    @ParameterizedTest
    @CsvSource({"EC, ES256", "oct, HS256"})
    void everyOperationEndsAsOneOrTheOther(String type, String algorithm) {
        String name = "leaving-" + type;
        create(name, type);
        String ask = "{\"alg\":\"" + algorithm + "\",\"value\":\"" + DIGEST + "\"}";
        Deque<CompletableFuture<Answer>> underWay = new ArrayDeque<>();
        CompletableFuture<Void> changes =
                CompletableFuture.runAsync(() -> change(name, type, System.nanoTime() + NANOS));

        while (!changes.isDone() || !underWay.isEmpty()) {
            if (!changes.isDone() && underWay.size() < IN_FLIGHT) {
                underWay.add(client.sendAsync(client.posting("/keys/" + name + "/sign", BodyPublishers.ofString(ask))));
            } else {
                ends.merge(ended(underWay.remove().join()), 1, Integer::sum);
            }
        }
        changes.join();

        signed.forEach(one -> assertMadeByWhatTheyName(one, algorithm));
        assertEquals(macs.size(), new HashSet<>(macs.values()).size(), "every version has a secret of its own");
        assertTrue(ends.getOrDefault(End.DONE, 0) > 0, () -> "some find the key: " + ends);
        assertTrue(ends.getOrDefault(End.NOT_FOUND, 0) > 0, () -> "some do not: " + ends);
        client.post("/keys/" + name + "/sign", ask).ok();
    }

    private void create(String name, String type) {
        JsonObject key = client.create(name, new JsonObject().put("kty", type)).getJsonObject("key");
        versions.put(key.getString("kid"), key);
    }

    /** Leaves with a living, enabled key. */
    private void change(String name, String type, long untilNanos) {
        while (System.nanoTime() < untilNanos) {
            client.delete("/keys/" + name).ok();
            client.post("/deletedkeys/" + name + "/recover", "").ok();
            create(name, type);
            client.delete("/keys/" + name).ok();
            assertEquals(204, client.delete("/deletedkeys/" + name).status());
            create(name, type);
        }
    }

    private End ended(Answer answer) {
        if (answer.status() == 404) {
            answer.refused(404, "KeyNotFound");
            return End.NOT_FOUND;
        }
        if (answer.status() == 403) {
            answer.refused(403, "Forbidden");
            assertEquals("KeyDisabled", answer.innerCode());
            return End.DISABLED;
        }
        signed.add(answer.ok());
        return End.DONE;
    }

    /** Looked at when all versions are known: one can be used before its maker has the answer. */
    private void assertMadeByWhatTheyName(JsonObject one, String algorithm) {
        JsonObject key = versions.get(one.getString("kid"));
        assertNotNull(key, one::encode);
        String signature = one.getString("value");
        if (algorithm.equals("HS256")) {
            assertEquals(signature, macs.computeIfAbsent(one.getString("kid"), kid -> signature));
        } else {
            byte[] bytes = Base64.getUrlDecoder().decode(signature);
            assertTrue(PublicKeys.verified(PublicKeys.of(key), algorithm, MESSAGE, bytes), one::encode);
        }
    }
}
