// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.wire;

import dev.managedhsm.auth.principal.Guid;
import dev.managedhsm.auth.role.RoleAssignment;
import dev.managedhsm.auth.role.Scope;
import io.vertx.core.json.JsonObject;
import java.util.UUID;

/** Role assignments as Azure writes them, members in alphabetical order. May be called by any thread. */
public final class RoleAssignmentBody {
    private static final String TYPE = "Microsoft.Authorization/roleAssignments";

    private RoleAssignmentBody() {}

    /** A role assignment. */
    public static JsonObject json(RoleAssignment assignment) {
        Scope scope = assignment.scope();
        String name = assignment.name().toString();
        JsonObject properties = new JsonObject()
                .put("principalId", assignment.principalId().toString())
                .put("roleDefinitionId", RoleDefinitionBody.id(assignment.roleDefinitionId()))
                .put("scope", scope.text());
        String prefix = scope.equals(Scope.HSM) ? "" : scope.text();
        return new JsonObject()
                .put("id", prefix + "/providers/" + TYPE + '/' + name)
                .put("name", name)
                .put("properties", properties)
                .put("type", TYPE);
    }

    /**
     * Reads a request to assign a role.
     *
     * @param name the GUID in the path
     * @param scope the scope in the path
     * @param json the request's JSON object
     * @throws Refused saying which property is not acceptable
     */
    public static RoleAssignment read(UUID name, Scope scope, JsonObject json) throws Refused {
        JsonObject properties = JsonFields.object(json, "properties");
        String role = JsonFields.text(properties, "roleDefinitionId");
        String principal = JsonFields.text(properties, "principalId");
        UUID roleDefinitionId = role == null ? null : RoleDefinitionBody.parseId(role);
        if (roleDefinitionId == null) {
            throw new Refused("Property 'roleDefinitionId' is required and is the id of a role definition");
        }
        UUID principalId = Guid.parse(principal);
        if (principalId == null) {
            throw new Refused("Property 'principalId' is required and is a GUID");
        }
        return new RoleAssignment(name, roleDefinitionId, principalId, scope);
    }
}
