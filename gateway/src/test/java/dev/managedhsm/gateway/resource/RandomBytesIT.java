// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.resource;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.managedhsm.auth.role.BuiltInRoles;
import dev.managedhsm.gateway.fixture.RunningHsm;
import io.vertx.core.json.JsonObject;
import java.util.Base64;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Random bytes over a real connection. */
class RandomBytesIT {
    private static RunningHsm hsm;
    private static Caller admin;

    @BeforeAll
    static void start() {
        hsm = RunningHsm.start();
        admin = Caller.administrator(hsm);
    }

    @AfterAll
    static void stop() {
        RunningHsm.end(hsm);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 16, 127, 128})
    void givesAsManyAsWanted(int count) {
        JsonObject answer =
                admin.post("/rng", new JsonObject().put("count", count)).ok();
        assertEquals(List.of("value"), List.copyOf(answer.fieldNames()));
        assertEquals(count, Base64.getUrlDecoder().decode(answer.getString("value")).length);
    }

    @Test
    void givesOthersEachTime() {
        Set<String> seen = new HashSet<>();
        for (int i = 0; i < 50; i++) {
            JsonObject answer =
                    admin.post("/rng", new JsonObject().put("count", 32)).ok();
            assertTrue(seen.add(answer.getString("value")), "the same bytes twice");
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{}",
                "{\"count\":0}",
                "{\"count\":129}",
                "{\"count\":-1}",
                "{\"count\":4294967297}",
                "{\"count\":1.5}",
                "{\"count\":\"1\"}",
                "{\"count\":null}"
            })
    void refusesAnotherCount(String body) {
        String message = admin.post("/rng", new JsonObject(body)).refused(400, "BadParameter");
        assertTrue(message.contains("'count'"), message);
    }

    @Test
    void takesTheRightOnTheWholeHsm() {
        Caller user = Caller.fresh(hsm);
        JsonObject one = new JsonObject().put("count", 1);
        String message = user.post("/rng", one).refused(403, "AccessDenied");
        assertTrue(message.endsWith("rng/action on /"), message);
        admin.assign("/keys", BuiltInRoles.CRYPTO_USER.id(), user.objectId);
        user.post("/rng", one).refused(403, "AccessDenied");
        admin.assign("", BuiltInRoles.CRYPTO_USER.id(), user.objectId);
        user.post("/rng", one).ok();
    }
}
