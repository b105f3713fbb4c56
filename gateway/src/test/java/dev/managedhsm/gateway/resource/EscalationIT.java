// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.resource;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.managedhsm.auth.role.BuiltInRoles;
import dev.managedhsm.gateway.fixture.Answer;
import dev.managedhsm.gateway.fixture.RawClient;
import dev.managedhsm.gateway.fixture.RunningHsm;
import io.vertx.core.json.JsonObject;
import java.net.http.HttpClient;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/**
 * Nobody gives himself what he has not. Who has a role that does not administer roles tries everything that could make him
 * an administrator, in every spelling of a scope; who administers roles below the HSM stays there.
 */
class EscalationIT {
    private static final UUID ADMINISTRATOR = BuiltInRoles.ADMINISTRATOR.id();

    /** The widest scopes as somebody might write them who hopes that two readers of a path disagree. */
    private static final List<String> WIDE = List.of(
            "",
            "/",
            "//",
            "///",
            "/keys",
            "/KEYS",
            "//keys",
            "/keys/",
            "/%6beys",
            "/keys%2f",
            "/keys/..",
            "/keys/subject/..");

    private static RunningHsm hsm;
    private static Caller admin;

    @BeforeAll
    static void start() {
        hsm = RunningHsm.start();
        admin = Caller.administrator(hsm);
        admin.post("/keys/subject/create", new JsonObject().put("kty", "EC-HSM"))
                .ok();
    }

    @AfterAll
    static void stop() {
        RunningHsm.end(hsm);
    }

    private static String created(Answer answer) {
        assertEquals(201, answer.status(), answer.body());
        return answer.json().getString("name");
    }

    @TestFactory
    Stream<DynamicTest> whoDoesNotAdministerRolesStaysWhatHeIs() {
        return BuiltInRights.all().stream()
                .filter(role -> !role.administersRoles())
                .map(role -> dynamicTest(role.name(), () -> staysWhatHeIs(role)));
    }

    private static void staysWhatHeIs(BuiltInRights.Role role) {
        try (RawClient client = hsm.newClient(HttpClient.Version.HTTP_2)) {
            Caller caller = Caller.fresh(hsm, client);
            UUID own = UUID.randomUUID();
            created(admin.put(Caller.definitions("") + "/" + own, everything("own of " + role.name(), "")));
            String assignment = created(admin.assign("", role.id(), caller.objectId));
            String byOwnRole = created(admin.assign("", own, caller.objectId));
            List<Answer> attempts = attempts(caller, own, assignment);

            for (Answer attempt : attempts) {
                assertTrue(
                        attempt.status() == 403 || attempt.status() == 400 || attempt.status() == 404,
                        attempt.response().request() + ": " + attempt.status());
            }
            assertEquals(List.of(role.id().toString(), own.toString()), roles(caller), "what he has in the end");
            for (String name : List.of(assignment, byOwnRole)) {
                admin.delete(Caller.assignments("") + "/" + name).ok();
            }
            admin.delete(Caller.definitions("") + "/" + own).ok();
        }
    }

    /** Everything that could widen somebody's rights, by himself. */
    private static List<Answer> attempts(Caller caller, UUID ownRole, String ownAssignment) {
        List<Answer> attempts = new ArrayList<>();
        for (String scope : WIDE) {
            attempts.add(caller.assign(scope, ADMINISTRATOR, caller.objectId));
            attempts.add(caller.put(
                    Caller.assignments(scope) + "/" + ownAssignment, Caller.body(ADMINISTRATOR, caller.objectId)));
            attempts.add(caller.put(Caller.definitions(scope) + "/" + ownRole, everything("mine", "\"*\"")));
        }
        attempts.add(caller.assign("/keys/subject", ADMINISTRATOR, caller.objectId));
        attempts.add(caller.put(Caller.definitions("") + "/" + UUID.randomUUID(), everything("new", "\"*\"")));
        attempts.add(caller.put(Caller.definitions("") + "/" + ADMINISTRATOR, everything("new", "\"*\"")));
        attempts.add(caller.delete(Caller.assignments("") + "/" + ownAssignment));
        attempts.add(caller.delete(Caller.definitions("") + "/" + ownRole));
        return attempts;
    }

    private static String everything(String name, String actions) {
        return "{\"properties\":{\"roleName\":\"" + name + "\",\"permissions\":[{\"dataActions\":[" + actions + "]}]}}";
    }

    /** Ids of the roles that somebody has anywhere, and that his own role still grants nothing. */
    private static List<String> roles(Caller caller) {
        String filter = "?api-version=7.4&$filter=principalId%20eq%20'" + caller.objectId + "'";
        List<String> roles = new ArrayList<>();
        admin.get(Caller.assignments("") + filter).ok().getJsonArray("value").forEach(item -> {
            String id = ((JsonObject) item).getJsonObject("properties").getString("roleDefinitionId");
            roles.add(id.substring(id.lastIndexOf('/') + 1));
        });
        return roles;
    }

    /** Roles may be administered below the HSM; nothing leads from there to another key or upwards. */
    @Test
    void whoAdministersRolesOfOneKeyGivesNothingBeyondIt() {
        try (RawClient client = hsm.newClient(HttpClient.Version.HTTP_2)) {
            Caller officer = Caller.fresh(hsm, client);
            created(admin.assign("/keys/subject", BuiltInRoles.POLICY_ADMINISTRATOR.id(), officer.objectId));
            created(officer.assign("/keys/subject", ADMINISTRATOR, officer.objectId));

            for (String scope : WIDE) {
                Answer answer = officer.assign(scope, ADMINISTRATOR, officer.objectId);
                assertTrue(answer.status() == 403 || answer.status() == 400 || answer.status() == 404, scope);
            }
            officer.assign("/keys/another", ADMINISTRATOR, officer.objectId).refused(403, "AccessDenied");
            officer.put(Caller.definitions("") + "/" + UUID.randomUUID(), everything("new", "\"*\""))
                    .refused(403, "AccessDenied");
            officer.get("/keys").refused(403, "AccessDenied");
            officer.get(Caller.assignments("")).refused(403, "AccessDenied");
            officer.get("/keys/subject").refused(403, "AccessDenied");
        }
    }

    /** As in Azure, roles at the widest scope are administered by people who could give themselves any; nobody else can. */
    @Test
    void onlyWhoAdministersRolesAtTheWidestScopeCanMakeAdministrators() {
        List<String> makers = BuiltInRights.all().stream()
                .filter(BuiltInRights.Role::administersRoles)
                .map(BuiltInRights.Role::name)
                .toList();

        assertEquals(
                List.of("Managed HSM Administrator", "Managed HSM Crypto Officer", "Managed HSM Policy Administrator"),
                makers);
    }
}
