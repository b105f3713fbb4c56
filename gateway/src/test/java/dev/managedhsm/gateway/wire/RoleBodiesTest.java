// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.wire;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.managedhsm.auth.role.BuiltInRoles;
import dev.managedhsm.auth.role.DataAction;
import dev.managedhsm.auth.role.Permission;
import dev.managedhsm.auth.role.RoleAssignment;
import dev.managedhsm.auth.role.RoleDefinition;
import dev.managedhsm.auth.role.Scope;
import io.vertx.core.json.JsonObject;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Role definitions and assignments on the wire; the texts compared are those the service sends. */
class RoleBodiesTest {
    private static final UUID NAME = UUID.fromString("b36b00af-89c6-435f-a43d-9a3087015c27");
    private static final UUID PRINCIPAL = UUID.fromString("01ea9a65-813e-4238-8204-bf7328d63fc6");
    private static final UUID ROLE = BuiltInRoles.CRYPTO_USER.id();

    @Test
    void writesABuiltInDefinitionAsTheServiceDoes() {
        assertEquals(
                """
                {"id":"Microsoft.KeyVault/providers/Microsoft.Authorization/roleDefinitions/33413926-3206-4cdd-b39a-83574fe37a17",\
                "name":"33413926-3206-4cdd-b39a-83574fe37a17",\
                "properties":{"assignableScopes":["/"],"description":"",\
                "permissions":[{"actions":[],"dataActions":["Microsoft.KeyVault/managedHsm/keys/read/action",\
                "Microsoft.KeyVault/managedHsm/keys/wrap/action","Microsoft.KeyVault/managedHsm/keys/unwrap/action"],\
                "notActions":[],"notDataActions":[]}],\
                "roleName":"Managed HSM Crypto Service Encryption User","type":"AKVBuiltInRole"},\
                "type":"Microsoft.Authorization/roleDefinitions"}""",
                RoleDefinitionBody.json(BuiltInRoles.CRYPTO_SERVICE_ENCRYPTION_USER)
                        .encode());
    }

    @ParameterizedTest
    @CsvSource({"/, '', /", "/keys, /keys, /keys", "/keys/Invoices, /keys/invoices, /keys/invoices"})
    void writesAnAssignmentAsTheServiceDoes(String scope, String idPrefix, String shown) {
        RoleAssignment assignment = new RoleAssignment(NAME, ROLE, PRINCIPAL, scope(scope));

        assertEquals(
                "{\"id\":\"" + idPrefix + "/providers/Microsoft.Authorization/roleAssignments/" + NAME
                        + "\",\"name\":\"" + NAME + "\",\"properties\":{\"principalId\":\"" + PRINCIPAL
                        + "\",\"roleDefinitionId\":\"Microsoft.KeyVault/providers/Microsoft.Authorization/roleDefinitions/"
                        + ROLE + "\",\"scope\":\"" + shown
                        + "\"},\"type\":\"Microsoft.Authorization/roleAssignments\"}",
                RoleAssignmentBody.json(assignment).encode());
    }

    private static Scope scope(String text) {
        Scope scope = Scope.parse(text);
        assertTrue(scope != null, text);
        return scope;
    }

    @Test
    void readsADefinitionWithEverything() throws Refused {
        RoleDefinition definition = definition("""
                {"properties":{"roleName":"Signer","description":"signs","type":"CustomRole","assignableScopes":["/"],
                 "permissions":[{"actions":["a"],"notActions":["b"],"dataActions":["Microsoft.KeyVault/managedHsm/keys/*"],
                 "notDataActions":["Microsoft.KeyVault/managedHsm/keys/delete"]}]}}""");

        assertEquals(
                new RoleDefinition(
                        NAME,
                        "Signer",
                        "signs",
                        RoleDefinition.Kind.CUSTOM,
                        List.of(new Permission(
                                List.of("a"),
                                List.of("b"),
                                List.of(DataAction.PREFIX + "keys/*"),
                                List.of(DataAction.KEYS_DELETE.text())))),
                definition);
    }

    @Test
    void whatADefinitionLeavesOutIsEmptyAndItsNameTheGuid() throws Refused {
        assertEquals(
                new RoleDefinition(NAME, NAME.toString(), "", RoleDefinition.Kind.CUSTOM, List.of()),
                definition("{\"properties\":{}}"));
        assertEquals(
                List.of(new Permission(List.of(), List.of(), List.of(), List.of())),
                definition("{\"properties\":{\"permissions\":[{}],\"roleName\":\"a\",\"assignableScopes\":null}}")
                        .permissions());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{}",
                "{\"properties\":[]}",
                "{\"properties\":{\"roleName\":7}}",
                "{\"properties\":{\"description\":{}}}",
                "{\"properties\":{\"type\":\"AKVBuiltInRole\"}}",
                "{\"properties\":{\"assignableScopes\":[\"/keys\"]}}",
                "{\"properties\":{\"assignableScopes\":\"/\"}}",
                "{\"properties\":{\"permissions\":{}}}",
                "{\"properties\":{\"permissions\":[7]}}",
                "{\"properties\":{\"permissions\":[{\"dataActions\":[null]}]}}",
                "{\"properties\":{\"permissions\":[{\"notDataActions\":\"a\"}]}}",
            })
    void refusesADefinitionThatIsNone(String json) {
        assertThrows(Refused.class, () -> definition(json));
    }

    private static RoleDefinition definition(String json) throws Refused {
        return RoleDefinitionBody.read(NAME, new JsonObject(json));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Microsoft.KeyVault/providers/Microsoft.Authorization/roleDefinitions/21dbd100-6940-42c2-9190-5d6cb909625b",
                "/providers/Microsoft.Authorization/roledefinitions/21DBD100-6940-42c2-9190-5d6cb909625b",
                "21dbd100-6940-42c2-9190-5d6cb909625b",
            })
    void readsAnAssignmentWhateverTheDefinitionsIdLooksLike(String id) throws Refused {
        assertEquals(new RoleAssignment(NAME, ROLE, PRINCIPAL, Scope.KEYS), assignment(id, "\"" + PRINCIPAL + "\""));
    }

    @ParameterizedTest
    @CsvSource(
            quoteCharacter = '`',
            value = {
                "roleDefinitions/21dbd100, \"01ea9a65-813e-4238-8204-bf7328d63fc6\"",
                "/keys/21dbd100-6940-42c2-9190-5d6cb909625b, \"01ea9a65-813e-4238-8204-bf7328d63fc6\"",
                "``, \"01ea9a65-813e-4238-8204-bf7328d63fc6\"",
                "21dbd100-6940-42c2-9190-5d6cb909625b, \"somebody\"",
                "21dbd100-6940-42c2-9190-5d6cb909625b, null",
                "21dbd100-6940-42c2-9190-5d6cb909625b, 7",
            })
    void refusesAnAssignmentThatIsNone(String role, String principal) {
        assertThrows(Refused.class, () -> assignment(role, principal));
    }

    @Test
    void refusesAnAssignmentWithoutProperties() {
        assertThrows(Refused.class, () -> RoleAssignmentBody.read(NAME, Scope.HSM, new JsonObject()));
        assertThrows(
                Refused.class, () -> RoleAssignmentBody.read(NAME, Scope.HSM, new JsonObject("{\"properties\":{}}")));
    }

    private static RoleAssignment assignment(String role, String principal) throws Refused {
        return RoleAssignmentBody.read(
                NAME,
                Scope.KEYS,
                new JsonObject(
                        "{\"properties\":{\"roleDefinitionId\":\"" + role + "\",\"principalId\":" + principal + "}}"));
    }

    @Test
    void idOfAnAssignmentIsNotThatOfADefinition() {
        assertNull(RoleDefinitionBody.parseId("/providers/Microsoft.Authorization/roleAssignments/" + NAME));
    }
}
