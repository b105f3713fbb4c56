// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.resource;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.managedhsm.auth.role.BuiltInRoles;
import dev.managedhsm.gateway.fixture.Answer;
import dev.managedhsm.gateway.fixture.RunningHsm;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What one principal has on more keys than a page holds. */
class RolePagingIT {
    private static final int KEYS = 108;

    private static RunningHsm hsm;
    private static Caller admin;
    private static Caller somebody;
    private static final Set<String> GIVEN = new HashSet<>();

    @BeforeAll
    static void start() {
        hsm = RunningHsm.start();
        admin = Caller.administrator(hsm);
        somebody = Caller.fresh(hsm);
        for (int i = 0; i < KEYS; i++) {
            Answer answer = admin.assign("/keys/k" + i, BuiltInRoles.CRYPTO_USER.id(), somebody.objectId);
            assertEquals(201, answer.status(), answer.body());
            GIVEN.add(answer.json().getString("name"));
        }
    }

    @AfterAll
    static void stop() {
        RunningHsm.end(hsm);
    }

    private static String first() {
        return Caller.assignments("") + "?api-version=7.4&$filter=principalId%20eq%20'" + somebody.objectId + "'";
    }

    private static List<String> names(JsonObject page) {
        List<String> names = new ArrayList<>();
        page.getJsonArray("value").forEach(item -> names.add(((JsonObject) item).getString("name")));
        return names;
    }

    private static String next(JsonObject page) {
        String link = page.getString("nextLink");
        assertTrue(link.startsWith(hsm.url() + "/providers/"), link);
        return link.substring(hsm.url().length());
    }

    @Test
    void pagesShowEachAssignmentOnceAlsoWhenTheLastOneShownGoes() {
        JsonObject page = admin.get(first()).ok();
        List<String> shown = new ArrayList<>(names(page));
        assertEquals(100, shown.size());
        JsonObject last = page.getJsonArray("value").getJsonObject(99);
        String scope = last.getJsonObject("properties").getString("scope");
        admin.delete(Caller.assignments(scope) + "/" + last.getString("name")).ok();

        JsonObject rest = admin.get(next(page)).ok();

        shown.addAll(names(rest));
        assertFalse(rest.containsKey("nextLink"));
        assertEquals(KEYS, shown.size());
        assertEquals(GIVEN, new HashSet<>(shown));
    }

    @Test
    void aMarkIsGoodForItsOwnListOnly() {
        String next = next(admin.get(first()).ok());
        String mark = next.replaceAll(".*skiptoken=([^&]*).*", "$1");

        admin.get(next.replace(mark, mark.substring(1))).refused(400, "BadParameter");
        admin.get(Caller.assignments("/keys") + "?api-version=7.4&$skiptoken=" + mark)
                .refused(400, "BadParameter");
    }

    @Test
    void limitsOfAKeyAreItsOwn() {
        Answer answer = admin.assign("/keys/k0", BuiltInRoles.CRYPTO_USER.id(), admin.objectId);
        assertEquals(201, answer.status(), answer.body());
        for (int i = 2; i < 10; i++) {
            assertEquals(
                    201,
                    admin.assign("/keys/K0", BuiltInRoles.CRYPTO_USER.id(), admin.objectId)
                            .status());
        }
        assertEquals(
                "A key has at most 10 role assignments",
                admin.assign("/keys/k0", BuiltInRoles.CRYPTO_USER.id(), admin.objectId)
                        .refused(400, "RoleAssignmentLimitExceeded"));
    }
}
