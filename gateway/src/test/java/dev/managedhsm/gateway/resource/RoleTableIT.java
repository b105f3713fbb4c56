// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.resource;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.managedhsm.auth.role.DataAction;
import dev.managedhsm.auth.role.Scope;
import dev.managedhsm.gateway.fixture.Answer;
import dev.managedhsm.gateway.fixture.Attester;
import dev.managedhsm.gateway.fixture.RawClient;
import dev.managedhsm.gateway.fixture.RunningHsm;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.net.http.HttpClient;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/**
 * The whole table: every built-in role, assigned at every scope, sends every request that a data action lets somebody send.
 * What should succeed succeeds, and everything else is told which data action is missing at which scope.
 *
 * <pre>
 *   roles (11) × scopes of the assignment (/, /keys, the key, another key) × probes = cells
 * </pre>
 */
@Tag("slow")
class RoleTableIT {
    /** A role that a probe can assign. */
    static final UUID CRYPTO_USER = UUID.fromString("21dbd100-6940-42c2-9190-5d6cb909625b");

    /** In the API's list of data actions, and nothing in the API asks for them. */
    private static final Set<DataAction> NEVER_ASKED = EnumSet.of(DataAction.KEYS_EXPORT, DataAction.KEYS_DERIVE);

    private static final Scope OTHER_KEY = Scope.key("another");

    private static final Attester ATTESTER = Attester.start();
    private static RunningHsm hsm;
    private static Caller admin;
    private static RoleProbes probes;
    private static Set<DataAction> served;

    @BeforeAll
    static void start() {
        hsm = RunningHsm.start("localhost", List.of(ATTESTER.authority()));
        admin = Caller.administrator(hsm);
        created(admin.assign("", securityReader(), admin.objectId));
        probes = new RoleProbes(hsm, admin, ATTESTER);
        served = EnumSet.noneOf(DataAction.class);
        probes.all().stream().filter(probes::served).forEach(probe -> served.add(probe.action()));
    }

    @AfterAll
    static void stop() {
        RunningHsm.end(hsm);
        ATTESTER.close();
    }

    private static UUID securityReader() {
        return BuiltInRights.all().stream()
                .filter(role -> role.actions().contains(DataAction.SECURITY_READ))
                .findFirst()
                .orElseThrow()
                .id();
    }

    private static JsonObject created(Answer answer) {
        assertEquals(201, answer.status(), answer.body());
        return answer.json();
    }

    @Test
    void theHsmListsTheRolesAsTheyAreDocumented() {
        JsonArray listed = admin.get(Caller.definitions("")).ok().getJsonArray("value");
        Set<String> roles = new HashSet<>();
        for (BuiltInRights.Role role : BuiltInRights.all()) {
            JsonObject properties =
                    admin.get(Caller.definitions("") + "/" + role.id()).ok().getJsonObject("properties");
            assertEquals(role.name(), properties.getString("roleName"));
            JsonObject permission = properties.getJsonArray("permissions").getJsonObject(0);
            Set<DataAction> actions = EnumSet.noneOf(DataAction.class);
            permission
                    .getJsonArray("dataActions")
                    .forEach(text -> actions.add(Objects.requireNonNull(DataAction.parse(text.toString()))));
            assertEquals(role.actions(), actions, role.name());
            assertEquals(new JsonArray(), permission.getJsonArray("notDataActions"));
            roles.add(role.id().toString());
        }
        listed.forEach(role -> roles.remove(((JsonObject) role).getString("name")));
        assertEquals(Set.of(), roles, "not listed");
        assertEquals(BuiltInRights.all().size(), listed.size());
    }

    @Test
    void everyDataActionIsProbed() {
        Set<DataAction> missing = EnumSet.allOf(DataAction.class);
        probes.all().forEach(probe -> missing.remove(probe.action()));

        assertEquals(NEVER_ASKED, missing);
    }

    @TestFactory
    Stream<DynamicTest> everyCellOfTheTable() {
        return BuiltInRights.all().stream()
                .flatMap(role -> Stream.of(Scope.HSM, Scope.KEYS, RoleProbes.KEY, OTHER_KEY)
                        .map(scope -> dynamicTest(role + " at " + scope, () -> row(role, scope))));
    }

    private static void row(BuiltInRights.Role role, Scope assigned) {
        try (RawClient client = hsm.newClient(HttpClient.Version.HTTP_2)) {
            Caller caller = Caller.fresh(hsm, client);
            String name = created(admin.assign(path(assigned), role.id(), caller.objectId))
                    .getString("name");
            List<String> wrong = cells(caller, role.actions(), assigned);
            admin.delete(Caller.assignments(path(assigned)) + "/" + name).ok();
            assertEquals(List.of(), wrong);
            assertEquals(List.of(), cells(caller, Set.of(), assigned), "after the role was taken back");
        }
    }

    private static String path(Scope scope) {
        return scope.equals(Scope.HSM) ? "" : scope.text();
    }

    /** Sends every probe; what was not as it should be. What is refused changes nothing, so all of that is asked at once. */
    private static List<String> cells(Caller caller, Set<DataAction> granted, Scope assigned) {
        Map<Boolean, List<RoleProbes.Probe>> parts = probes.all().stream()
                .collect(Collectors.partitioningBy(
                        probe -> granted.contains(probe.action()) && reaches(assigned, probe.target())));
        List<RoleProbes.Probe> denied = parts.getOrDefault(false, List.of());
        List<String> faults = new ArrayList<>();
        denied.stream().limit(1).forEach(probe -> faults.add(fault(probe, denied(probe, caller)))); // proves the token
        try (ExecutorService each = Executors.newVirtualThreadPerTaskExecutor()) {
            List<CompletableFuture<String>> others = denied.stream()
                    .skip(1)
                    .map(probe -> CompletableFuture.supplyAsync(() -> fault(probe, denied(probe, caller)), each))
                    .toList();
            others.forEach(other -> faults.add(other.join()));
        }
        parts.getOrDefault(true, List.of()).forEach(probe -> faults.add(fault(probe, permitted(probe, caller))));
        faults.removeIf(String::isEmpty);
        return faults;
    }

    private static String fault(RoleProbes.Probe probe, String fault) {
        return fault.isEmpty() ? "" : probe + ": " + fault;
    }

    /** Said here once more, because {@link Scope#contains} is what is tested. */
    private static boolean reaches(Scope assigned, Scope target) {
        boolean everything = assigned.text().equals("/");
        boolean everyKey = assigned.text().equals("/keys") && target.text().startsWith("/keys");
        return everything || everyKey || assigned.text().equals(target.text());
    }

    private static String permitted(RoleProbes.Probe probe, Caller caller) {
        if (!served.contains(probe.action())) {
            int status = probe.request().apply(caller).status();
            return status == 404 ? "" : "nobody serves it, and it answers " + status;
        }
        probe.before().run();
        Answer answer = probe.request().apply(caller);
        boolean success = answer.status() / 100 == 2;
        if (success) {
            probe.after().accept(answer);
        }
        boolean done = success || (probe.mayFail() && answer.status() != 401 && answer.status() != 403);
        return done ? "" : answer.status() + " " + answer.body();
    }

    private static String denied(RoleProbes.Probe probe, Caller caller) {
        Answer answer = probe.request().apply(caller);
        if (!served.contains(probe.action())) {
            return answer.status() == 404 ? "" : "nobody serves it, and it answers " + answer.status();
        }
        if (answer.status() != 403) {
            return answer.status() + " " + answer.body();
        }
        String message = answer.refused(403, "AccessDenied");
        String expected = "Not authorized to access " + probe.action().text() + " on " + probe.target();
        return message.equals(expected) ? "" : message;
    }

    /** A role of one data action at a time: each request takes exactly the one that it names. */
    @Test
    void eachDataActionAloneOpensItsOwnRequestsOnly() {
        try (RawClient client = hsm.newClient(HttpClient.Version.HTTP_2)) {
            Caller caller = Caller.fresh(hsm, client);
            String definition = Caller.definitions("") + "/" + UUID.randomUUID();
            UUID id = UUID.fromString(definition.substring(definition.lastIndexOf('/') + 1));
            created(admin.put(definition, custom("\"" + DataAction.PREFIX + "nothing\"")));
            created(admin.assign("", id, caller.objectId));
            for (DataAction action : DataAction.values()) {
                created(admin.put(definition, custom("\"" + action.text() + "\"")));

                assertEquals(List.of(), cells(caller, EnumSet.of(action), Scope.HSM), action.text());
            }
            created(admin.put(definition, custom("\"" + DataAction.PREFIX + "*\"")));
            assertEquals(List.of(), cells(caller, EnumSet.allOf(DataAction.class), Scope.HSM), "everything");
        }
    }

    private static String custom(String dataActions) {
        return "{\"properties\":{\"roleName\":\"one\",\"permissions\":[{\"dataActions\":[" + dataActions + "]}]}}";
    }

    @Test
    void theTableIsBigEnough() {
        int cells = BuiltInRights.all().size() * 4 * probes.all().size();

        assertTrue(cells >= 11 * 4 * 50, cells + " cells");
    }
}
