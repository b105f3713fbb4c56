// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.resource;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.managedhsm.auth.role.BuiltInRoles;
import dev.managedhsm.gateway.fixture.RunningHsm;
import io.vertx.core.json.JsonObject;
import java.nio.file.Path;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the store says holds after a restart, and the configuration's administrators do not come back. */
class RolesRestartIT {
    private static final UUID USER = BuiltInRoles.CRYPTO_USER.id();

    @TempDir
    Path folder;

    @Test
    void rolesOutliveARestartAndSoDoesTheirRemoval() {
        String custom = UUID.randomUUID().toString();
        List<JsonObject> before;
        JsonObject definition;
        String clerk;
        try (RunningHsm hsm = RunningHsm.start(folder, 0)) {
            Caller admin = Caller.administrator(hsm);
            clerk = Caller.fresh(hsm).objectId;
            assertEquals(201, admin.assign("/keys/invoices", USER, clerk).status());
            definition = admin.put(
                            Caller.definitions("") + '/' + custom,
                            "{\"properties\":{\"roleName\":\"Mine\",\"permissions\":[{}]}}")
                    .json();
            assertEquals(6, assignments(admin, "").size(), "four of the administrator, two of other identities");
            for (JsonObject own : assignments(admin, "")) {
                if (own.getJsonObject("properties")
                        .getString("roleDefinitionId")
                        .endsWith(USER.toString())) {
                    admin.delete(Caller.assignments("") + '/' + own.getString("name"))
                            .ok();
                }
            }
            admin.get("/keys").refused(403, "AccessDenied");
            before = assignments(admin, "/keys/invoices");
            assertEquals(1, before.size());
        }
        try (RunningHsm hsm = RunningHsm.start(folder, 0)) {
            Caller admin = Caller.administrator(hsm);
            assertEquals(before, assignments(admin, "/keys/invoices"));
            assertEquals(
                    definition, admin.get(Caller.definitions("") + '/' + custom).ok());
            assertEquals(4, assignments(admin, "").size(), "the removed ones stay removed");
            admin.get("/keys").refused(403, "AccessDenied");
        }
    }

    private static List<JsonObject> assignments(Caller caller, String scope) {
        return caller.get(Caller.assignments(scope)).ok().getJsonArray("value").stream()
                .map(JsonObject.class::cast)
                .toList();
    }
}
