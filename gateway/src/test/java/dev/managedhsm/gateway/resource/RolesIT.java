// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.resource;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.managedhsm.auth.role.BuiltInRoles;
import dev.managedhsm.auth.role.RoleDefinition;
import dev.managedhsm.gateway.fixture.Answer;
import dev.managedhsm.gateway.fixture.RunningHsm;
import dev.managedhsm.gateway.wire.RoleDefinitionBody;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.net.URLEncoder;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Role administration over a real connection, and what it lets others do. */
class RolesIT {
    private static final JsonObject P256 = new JsonObject().put("kty", "EC-HSM").put("crv", "P-256");
    private static final JsonObject AES = new JsonObject().put("kty", "oct-HSM").put("key_size", 256);
    private static final String BYTES = "A".repeat(43); // 32 zero bytes
    private static final UUID USER = BuiltInRoles.CRYPTO_USER.id();
    private static final String UNKNOWN = "11111111-2222-3333-4444-555555555555";

    private static RunningHsm hsm;
    private static Caller admin;

    @BeforeAll
    static void start() {
        hsm = RunningHsm.start();
        admin = Caller.administrator(hsm);
        for (String name : List.of("invoices", "letters", "providers")) {
            admin.post("/keys/" + name + "/create", P256).ok();
        }
        admin.post("/keys/wrapping/create", AES).ok();
    }

    @AfterAll
    static void stop() {
        hsm.close();
    }

    /** Takes back everything that a test has given, so that limits are never met by accident. */
    @AfterEach
    void takeBack() {
        for (String scope : List.of("", "/keys", "/keys/invoices", "/keys/providers")) {
            for (JsonObject assignment : items(admin.get(Caller.assignments(scope)))) {
                if (!assignment
                        .getJsonObject("properties")
                        .getString("principalId")
                        .equals(admin.objectId)) {
                    admin.delete(Caller.assignments(scope) + '/' + assignment.getString("name"))
                            .ok();
                }
            }
        }
    }

    private static List<JsonObject> items(Answer list) {
        JsonArray value = list.ok().getJsonArray("value");
        return value.stream().map(JsonObject.class::cast).toList();
    }

    private static int sign(Caller caller, String key) {
        JsonObject body = new JsonObject().put("alg", "ES256").put("value", BYTES);
        return caller.post("/keys/" + key + "/sign", body).status();
    }

    /** The body of an answer of 201. */
    private static JsonObject created(Answer answer) {
        assertEquals(201, answer.status(), answer.body());
        answer.assertSuccessHeaders();
        return answer.json();
    }

    @Test
    void roleOnOneKeyHoldsForThatKeyUntilItIsTakenBack() {
        Caller clerk = Caller.fresh(hsm);
        assertEquals(403, sign(clerk, "invoices"));

        JsonObject assignment = created(admin.assign("/keys/Invoices", USER, clerk.objectId));
        assertEquals(200, sign(clerk, "invoices"));
        assertEquals(200, sign(clerk, "INVOICES"));
        assertEquals(403, sign(clerk, "letters"));
        assertEquals(403, clerk.get("/keys").status());

        admin.delete(Caller.assignments("/keys/invoices") + '/' + assignment.getString("name"))
                .ok();
        clerk.post("/keys/invoices/sign", new JsonObject().put("alg", "ES256").put("value", BYTES))
                .refused(403, "AccessDenied");
    }

    @ParameterizedTest
    @CsvSource({"'', '', /", "//, '', /", "/keys, /keys, /keys", "/keys/invoices, /keys/invoices, /keys/invoices"})
    void assignmentIsShownAsTheServiceShowsIt(String path, String idPrefix, String scope) {
        String name = UUID.randomUUID().toString();
        String url = Caller.assignments(path) + '/' + name;
        Caller somebody = Caller.fresh(hsm);
        JsonObject expected = new JsonObject()
                .put("id", idPrefix + "/providers/Microsoft.Authorization/roleAssignments/" + name)
                .put("name", name)
                .put(
                        "properties",
                        new JsonObject()
                                .put("principalId", somebody.objectId)
                                .put("roleDefinitionId", RoleDefinitionBody.id(USER))
                                .put("scope", scope))
                .put("type", "Microsoft.Authorization/roleAssignments");

        assertEquals(expected, created(admin.put(url, Caller.body(USER, somebody.objectId))));
        assertEquals(expected, admin.get(url).ok());
        assertTrue(items(admin.get(Caller.assignments(path))).contains(expected));

        assertEquals(
                "The role assignment already exists",
                admin.put(url, Caller.body(USER, somebody.objectId)).refused(400, "RoleAssignmentExists"));

        assertEquals(expected, admin.delete(url).ok());
        assertEquals("Requested role assignment not found", admin.get(url).refused(404, "RoleAssignmentNotFound"));
        admin.delete(url).refused(404, "RoleAssignmentNotFound");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "/", "//", "///", "/keys", "/keys/invoices"})
    void definitionsAreListedEverywhere(String scope) {
        List<JsonObject> listed = items(admin.get(Caller.definitions(scope)));

        List<JsonObject> builtIn = BuiltInRoles.all().stream()
                .map(RoleDefinitionBody::json)
                .map(json -> new JsonObject(json.encode()))
                .toList();
        assertTrue(listed.containsAll(builtIn), listed.toString());
        assertEquals(
                builtIn.get(2),
                admin.get(Caller.definitions(scope) + '/' + USER).ok());
    }

    @Test
    void roleOfAGroupHoldsForWhoeverHasTheGroupInHisToken() {
        String group = UUID.randomUUID().toString();
        Caller member = Caller.member(hsm, group);
        Caller other = Caller.member(hsm, UUID.randomUUID().toString());
        assertEquals(403, sign(member, "invoices"));

        created(admin.assign("/keys/invoices", USER, group));

        assertEquals(200, sign(member, "invoices"));
        assertEquals(403, sign(member, "letters"));
        assertEquals(403, sign(other, "invoices"));
    }

    @Test
    void scopeWinsOverAKeyNamedProviders() {
        Caller clerk = Caller.fresh(hsm);
        created(admin.assign("/keys/providers", USER, clerk.objectId));

        assertEquals(200, sign(clerk, "providers"));
        assertEquals(403, sign(clerk, "invoices"));
        JsonObject key = admin.get("/keys/providers").ok().getJsonObject("key");
        assertTrue(key.getString("kid").startsWith(hsm.url() + "/keys/providers/"), key.encode());
        assertEquals(List.of(), items(admin.get(Caller.assignments("/keys"))));
    }

    @Test
    void filtersShowWhatHoldsThereOrWhatSomebodyHas() {
        Caller somebody = Caller.fresh(hsm);
        for (String scope : List.of("", "/keys", "/keys/invoices", "/keys/providers")) {
            created(admin.assign(scope, USER, somebody.objectId));
        }
        String principal = "principalId eq '" + somebody.objectId + "'";

        assertEquals(List.of("/keys"), scopes("/keys", "", somebody));
        assertEquals(List.of("/", "/keys", "/keys/invoices"), scopes("/keys/invoices", "atScope()", somebody));
        assertEquals(List.of("/", "/keys", "/keys/invoices", "/keys/providers"), scopes("", principal, somebody));
        assertEquals(List.of("/", "/keys", "/keys/invoices"), scopes("/keys/invoices", principal, somebody));
        assertEquals(List.of(), scopes("", principal, admin));
        admin.get(Caller.assignments("") + "?api-version=7.4&$filter=" + encoded("principalId eq 'me'"))
                .refused(400, "BadParameter");
    }

    private static List<String> scopes(String scope, String filter, Caller of) {
        String query = filter.isEmpty() ? "" : "?api-version=7.4&$filter=" + encoded(filter);
        return items(admin.get(Caller.assignments(scope) + query)).stream()
                .map(item -> item.getJsonObject("properties"))
                .filter(properties -> properties.getString("principalId").equals(of.objectId))
                .map(properties -> properties.getString("scope"))
                .toList();
    }

    private static String encoded(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8);
    }

    @Test
    void customRoleGrantsWhatItSaysFromOneRequestToTheNext() {
        Caller clerk = Caller.fresh(hsm);
        UUID role = UUID.randomUUID();
        String url = Caller.definitions("") + '/' + role;

        JsonObject made =
                created(admin.put(url, custom("Signer", "\"Microsoft.KeyVault/managedHsm/keys/sign/action\"")));
        assertEquals(made, admin.get(url).ok());
        assertEquals("CustomRole", made.getJsonObject("properties").getString("type"));
        assertTrue(items(admin.get(Caller.definitions(""))).contains(made));
        created(admin.assign("", role, clerk.objectId));
        assertEquals(200, sign(clerk, "invoices"));
        assertEquals(403, clerk.get("/keys/invoices").status());

        created(admin.put(url, custom("Reader", "\"Microsoft.KeyVault/managedHSM/keys/read/*\"")));
        assertEquals(403, sign(clerk, "invoices"));
        assertEquals(200, clerk.get("/keys/invoices").status());

        JsonObject deleted = admin.delete(url).ok();
        assertEquals("Reader", deleted.getJsonObject("properties").getString("roleName"));
        assertEquals(403, clerk.get("/keys/invoices").status());
        assertEquals(List.of("/"), scopes("", "", clerk), "the assignment stays and grants nothing");
        assertEquals("Requested role definition not found", admin.get(url).refused(404, "RoleDefinitionNotFound"));
        admin.delete(url).refused(404, "RoleDefinitionNotFound");
    }

    private static String custom(String name, String dataActions) {
        return "{\"properties\":{\"roleName\":\"" + name
                + "\",\"type\":\"CustomRole\",\"permissions\":[{\"dataActions\":[" + dataActions
                + "]}],\"assignableScopes\":[\"/\"]}}";
    }

    @Test
    void builtInRolesStayAsTheyAre() {
        String url = Caller.definitions("") + '/' + BuiltInRoles.ADMINISTRATOR.id();
        String sentence = "Cannot re-use the name/GUID matching that of a built-in role. Please use a unique role ID.";

        assertEquals(sentence, admin.put(url, custom("Mine", "")).refused(400, "BadParameter"));
        assertEquals(
                sentence,
                admin.put(Caller.definitions("") + '/' + UNKNOWN, custom("managed HSM administrator", ""))
                        .refused(400, "BadParameter"));
        admin.delete(url).refused(400, "BadParameter");
        assertEquals(
                RoleDefinitionBody.json(BuiltInRoles.ADMINISTRATOR).encode(),
                admin.get(url).ok().encode());
    }

    @ParameterizedTest
    @CsvSource({
        "PUT, /providers/Microsoft.Authorization/roleAssignments/not-a-guid",
        "GET, /providers/Microsoft.Authorization/roleAssignments/not-a-guid",
        "DELETE, /providers/Microsoft.Authorization/roleAssignments/1-1-1-1-1",
        "GET, /providers/Microsoft.Authorization/roleDefinitions/21dbd100694042c291905d6cb909625b",
        "GET, /secrets/providers/Microsoft.Authorization/roleAssignments",
        "PUT, /keys/a_b/providers/Microsoft.Authorization/roleAssignments/" + UNKNOWN,
        "PUT, /keys/a/b/providers/Microsoft.Authorization/roleAssignments/" + UNKNOWN,
        "PUT, /keys/providers/Microsoft.Authorization/roleDefinitions/" + UNKNOWN,
        "DELETE, /keys/invoices/providers/Microsoft.Authorization/roleDefinitions/" + UNKNOWN,
    })
    void refusesPathsThatNameNothing(String method, String path) {
        String body = method.equals("PUT") ? Caller.body(USER, UNKNOWN) : "";

        admin.send(method, path, body).refused(400, "BadParameter");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "[]",
                "not json",
                "{}",
                "{\"properties\":{\"principalId\":\"" + UNKNOWN + "\"}}",
                "{\"properties\":{\"roleDefinitionId\":\"21dbd100-6940-42c2-9190-5d6cb909625b\"}}",
                "{\"properties\":{\"roleDefinitionId\":\"21dbd100-6940-42c2-9190-5d6cb909625b\",\"principalId\":\"me\"}}",
                "{\"properties\":{\"roleDefinitionId\":\"" + UNKNOWN + "\",\"principalId\":\"" + UNKNOWN + "\"}}",
            })
    void refusesBodiesThatAssignNothing(String body) {
        admin.put(Caller.assignments("") + '/' + UUID.randomUUID(), body).refused(400, "BadParameter");
    }

    @Test
    void assignmentIsFoundAtItsOwnScopeOnly() {
        String name = UUID.randomUUID().toString();
        created(admin.put(Caller.assignments("/keys") + '/' + name, Caller.body(USER, UNKNOWN)));

        for (String other : List.of("", "/keys/invoices")) {
            admin.get(Caller.assignments(other) + '/' + name).refused(404, "RoleAssignmentNotFound");
            admin.delete(Caller.assignments(other) + '/' + name).refused(404, "RoleAssignmentNotFound");
        }
        admin.put(Caller.assignments("") + '/' + name, Caller.body(USER, UNKNOWN))
                .refused(400, "RoleAssignmentExists");
    }

    @Test
    void rightIsAskedAtTheScopeOfThePath() {
        Caller officer = Caller.fresh(hsm);
        created(admin.assign("/keys/invoices", BuiltInRoles.CRYPTO_OFFICER.id(), officer.objectId));

        created(officer.assign("/keys/invoices", USER, officer.objectId));
        assertEquals(
                "Not authorized to access Microsoft.KeyVault/managedHsm/roleAssignments/write/action on /",
                officer.assign("", USER, officer.objectId).refused(403, "AccessDenied"));
        officer.assign("/keys", USER, officer.objectId).refused(403, "AccessDenied");
        officer.assign("/keys/letters", USER, officer.objectId).refused(403, "AccessDenied");
        officer.get(Caller.assignments("/keys")).refused(403, "AccessDenied");
        assertEquals(200, sign(officer, "invoices"));
        assertEquals(403, sign(officer, "letters"));
    }

    @Test
    void refusesWhoIsNotProvenAndWhatIsNoMethod() {
        HttpRequest.Builder bare = hsm.client().bare(Caller.assignments("//") + '/' + UNKNOWN);
        Answer answer = hsm.client().send(bare.PUT(BodyPublishers.noBody()));

        assertEquals(401, answer.status());
        assertEquals(hsm.challenge(), answer.header("www-authenticate"));
        admin.send("POST", Caller.assignments(""), "{}").refused(405, "MethodNotAllowed");
        admin.send("PATCH", Caller.definitions("") + '/' + USER, "{}").refused(405, "MethodNotAllowed");
        admin.get("/providers/Microsoft.Authorization/roles").refused(404, "NotFound");
        admin.get(Caller.assignments("") + "?api-version=1").refused(400, "BadParameter");
    }

    /** Who may do what: the order of statuses is that of the calls in {@link #attempt}. */
    @ParameterizedTest
    @CsvSource({
        // list, create, sign, wrap, purge, list deleted, list assignments, assign, define
        "Managed HSM Administrator, 403 403 403 403 403 403 200 201 201",
        "Managed HSM Crypto Officer, 403 403 403 403 404 200 200 201 201",
        "Managed HSM Crypto User, 200 200 200 200 403 403 200 403 403",
        "Managed HSM Policy Administrator, 403 403 403 403 403 403 200 201 201",
        "Managed HSM Crypto Auditor, 200 403 403 403 403 200 200 403 403",
        "Managed HSM Crypto Service Encryption User, 200 403 403 200 403 403 403 403 403",
        "Managed HSM Crypto Service Release User, 403 403 403 403 403 403 403 403 403",
        "Managed HSM Backup User, 403 403 403 403 403 403 403 403 403",
        "Managed HSM Restore, 403 403 403 403 403 403 403 403 403",
        "Managed HSM Security Reader, 403 403 403 403 403 403 403 403 403",
        "Managed HSM ARM User, 403 403 403 403 403 403 403 403 403",
    })
    void dutiesAreSeparate(String roleName, String statuses) {
        RoleDefinition role = BuiltInRoles.all().stream()
                .filter(one -> one.name().equals(roleName))
                .findFirst()
                .orElseThrow();
        Caller caller = Caller.fresh(hsm);
        created(admin.assign("", role.id(), caller.objectId));

        assertEquals(statuses, attempt(caller));
    }

    @Test
    void whoHasNoRoleMayDoNothing() {
        assertEquals("403 403 403 403 403 403 403 403 403", attempt(Caller.fresh(hsm)));
    }

    private static String attempt(Caller caller) {
        String definition = Caller.definitions("") + '/' + UUID.randomUUID();
        List<Integer> statuses = List.of(
                caller.get("/keys").status(),
                caller.post("/keys/duties/create", P256).status(),
                sign(caller, "invoices"),
                caller.post(
                                "/keys/wrapping/wrapkey",
                                new JsonObject().put("alg", "A256KW").put("value", BYTES))
                        .status(),
                caller.delete("/deletedkeys/nothing").status(),
                caller.get("/deletedkeys").status(),
                caller.get(Caller.assignments("")).status(),
                caller.assign("", USER, UNKNOWN).status(),
                caller.put(definition, custom("Duty", "")).status());
        admin.delete(definition);
        return String.join(" ", statuses.stream().map(String::valueOf).toList());
    }

    @Test
    void everyBuiltInRoleIsInTheTable() {
        assertFalse(BuiltInRoles.all().isEmpty());
        assertEquals(11, BuiltInRoles.all().size(), "a new role needs a line in the table of duties");
    }
}
