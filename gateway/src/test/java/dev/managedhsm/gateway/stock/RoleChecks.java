// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.stock;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.azure.core.exception.HttpResponseException;
import com.azure.core.util.Context;
import com.azure.security.keyvault.administration.KeyVaultAccessControlClient;
import com.azure.security.keyvault.administration.KeyVaultAccessControlClientBuilder;
import com.azure.security.keyvault.administration.models.KeyVaultDataAction;
import com.azure.security.keyvault.administration.models.KeyVaultPermission;
import com.azure.security.keyvault.administration.models.KeyVaultRoleAssignment;
import com.azure.security.keyvault.administration.models.KeyVaultRoleDefinition;
import com.azure.security.keyvault.administration.models.KeyVaultRoleScope;
import com.azure.security.keyvault.administration.models.KeyVaultRoleType;
import com.azure.security.keyvault.administration.models.SetRoleDefinitionOptions;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.Supplier;

/** What the stock client for access control does. */
final class RoleChecks {
    private static final String USER = "21dbd100-6940-42c2-9190-5d6cb909625b";
    private static final String USER_ID =
            "Microsoft.KeyVault/providers/Microsoft.Authorization/roleDefinitions/" + USER;
    private static final String PRINCIPAL = "5a0a4b36-6d6c-4a43-b0e2-7a3f5d7d7b11";

    private final String url;
    private final KeyVaultAccessControlClient roles;

    RoleChecks(StockClient client) {
        this.url = client.url;
        this.roles = new KeyVaultAccessControlClientBuilder()
                .vaultUrl(client.url)
                .credential(client.credential)
                .buildClient();
    }

    void addTo(Map<String, StockClient.Check> checks) {
        checks.put("lists built-in roles", this::listsBuiltInRoles);
        checks.put("assigns a role for the whole HSM", () -> assigns(KeyVaultRoleScope.GLOBAL, "/", ""));
        checks.put("assigns a role for all keys", () -> assigns(KeyVaultRoleScope.KEYS, "/keys", "/keys"));
        checks.put(
                "assigns a role for one key",
                () -> assigns(KeyVaultRoleScope.fromUrl(url + "/keys/one"), "/keys/one", "/keys/one"));
        checks.put("defines a role, changes it and deletes it", this::definesARole);
        checks.put("understands refusals of roles", this::understandsRefusals);
    }

    private void listsBuiltInRoles() {
        List<KeyVaultRoleDefinition> listed =
                roles.listRoleDefinitions(KeyVaultRoleScope.GLOBAL).stream().toList();

        KeyVaultRoleDefinition user = listed.stream()
                .filter(role -> role.getName().equals(USER))
                .findFirst()
                .orElseThrow();
        assertEquals("Managed HSM Crypto User", user.getRoleName());
        assertEquals(KeyVaultRoleType.BUILT_IN_ROLE, user.getRoleType());
        assertEquals(List.of(KeyVaultRoleScope.GLOBAL), user.getAssignableScopes());
        assertTrue(user.getPermissions().getFirst().getDataActions().contains(KeyVaultDataAction.SIGN_HSM_KEY));
        assertEquals(
                USER_ID, roles.getRoleDefinition(KeyVaultRoleScope.GLOBAL, USER).getId());
    }

    private void assigns(KeyVaultRoleScope scope, String text, String idPrefix) {
        String name = UUID.randomUUID().toString();

        KeyVaultRoleAssignment made = roles.createRoleAssignment(scope, USER_ID, PRINCIPAL, name);

        assertEquals(idPrefix + "/providers/Microsoft.Authorization/roleAssignments/" + name, made.getId());
        assertEquals("Microsoft.Authorization/roleAssignments", made.getType());
        assertEquals(text, made.getProperties().getScope().toString());
        assertEquals(PRINCIPAL, made.getProperties().getPrincipalId());
        assertEquals(USER_ID, made.getProperties().getRoleDefinitionId());
        assertEquals(name, roles.getRoleAssignment(scope, name).getName());
        assertTrue(listed(scope, name));
        roles.deleteRoleAssignment(scope, name);
        assertFalse(listed(scope, name), "it is gone");
        roles.deleteRoleAssignment(scope, name); // the client takes 404 for a success
    }

    private boolean listed(KeyVaultRoleScope scope, String name) {
        return roles.listRoleAssignments(scope).stream()
                .anyMatch(assignment -> assignment.getName().equals(name));
    }

    private void definesARole() {
        KeyVaultRoleDefinition empty = roles.setRoleDefinition(KeyVaultRoleScope.GLOBAL);
        assertEquals(KeyVaultRoleType.CUSTOM_ROLE, empty.getRoleType());
        assertEquals(List.of(), empty.getPermissions());

        SetRoleDefinitionOptions options = new SetRoleDefinitionOptions(KeyVaultRoleScope.GLOBAL, empty.getName())
                .setRoleName("Signer")
                .setDescription("signs")
                .setAssignableScopes(List.of(KeyVaultRoleScope.GLOBAL))
                .setPermissions(List.of(new KeyVaultPermission(
                        List.of(), List.of(), List.of(KeyVaultDataAction.SIGN_HSM_KEY), List.of())));
        KeyVaultRoleDefinition changed =
                roles.setRoleDefinitionWithResponse(options, Context.NONE).getValue();
        assertEquals(empty.getId(), changed.getId());
        assertEquals(empty.getName(), changed.getRoleName(), "the client sends the GUID, whatever it was told");
        assertEquals("signs", changed.getDescription());
        assertEquals(
                List.of(KeyVaultDataAction.SIGN_HSM_KEY),
                changed.getPermissions().getFirst().getDataActions());

        roles.deleteRoleDefinition(KeyVaultRoleScope.GLOBAL, empty.getName());
        assertEquals(404, refused(() -> roles.getRoleDefinition(KeyVaultRoleScope.GLOBAL, empty.getName())));
    }

    private void understandsRefusals() {
        String name = UUID.randomUUID().toString();

        assertEquals(404, refused(() -> roles.getRoleAssignment(KeyVaultRoleScope.GLOBAL, name)));
        assertEquals(400, refused(() -> roles.setRoleDefinition(KeyVaultRoleScope.GLOBAL, USER)));
        roles.createRoleAssignment(KeyVaultRoleScope.KEYS, USER_ID, PRINCIPAL, name);
        assertEquals(400, refused(() -> roles.createRoleAssignment(KeyVaultRoleScope.KEYS, USER_ID, PRINCIPAL, name)));
        roles.deleteRoleAssignment(KeyVaultRoleScope.KEYS, name);
    }

    /** The status that the client met. */
    private static int refused(Supplier<Object> call) {
        return assertThrows(HttpResponseException.class, call::get)
                .getResponse()
                .getStatusCode();
    }
}
