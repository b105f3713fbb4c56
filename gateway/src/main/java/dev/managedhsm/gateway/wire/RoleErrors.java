// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.wire;

import dev.managedhsm.auth.role.Limits;
import dev.managedhsm.auth.role.RoleChange;

/** The refusals of role administration in Azure's words. Any thread. */
public final class RoleErrors {
    private RoleErrors() {}

    /** The one table from a change of roles that was not made to a refusal. */
    public static WireError of(RoleChange.Reason reason) {
        return switch (reason) {
            case BUILT_IN_ROLE ->
                WireError.badParameter("Cannot re-use the name/GUID matching that of a built-in role."
                        + " Please use a unique role ID.");
            case CUSTOM_DEFINITION_LIMIT ->
                new WireError(
                        400,
                        "RoleDefinitionLimitExceeded",
                        "An HSM has at most " + Limits.CUSTOM_DEFINITIONS_MAX + " custom role definitions");
            case HSM_SCOPE_ASSIGNMENT_LIMIT ->
                new WireError(
                        400,
                        "RoleAssignmentLimitExceeded",
                        "An HSM has at most " + Limits.HSM_SCOPE_ASSIGNMENTS_MAX
                                + " role assignments at / and /keys together");
            case KEY_SCOPE_ASSIGNMENT_LIMIT ->
                new WireError(
                        400,
                        "RoleAssignmentLimitExceeded",
                        "A key has at most " + Limits.KEY_SCOPE_ASSIGNMENTS_MAX + " role assignments");
            case ASSIGNMENT_EXISTS -> new WireError(400, "RoleAssignmentExists", "The role assignment already exists");
            case DEFINITION_NOT_FOUND -> definitionNotFound();
            case ASSIGNMENT_NOT_FOUND -> assignmentNotFound();
        };
    }

    /** 404: no assignment of that name at that scope. */
    public static WireError assignmentNotFound() {
        return new WireError(404, "RoleAssignmentNotFound", "Requested role assignment not found");
    }

    /** 404: no definition of that name. */
    public static WireError definitionNotFound() {
        return new WireError(404, "RoleDefinitionNotFound", "Requested role definition not found");
    }

    /** 400: an assignment names a role that does not exist. */
    public static WireError unknownRole() {
        return WireError.badParameter("Property 'roleDefinitionId' names a role definition that does not exist");
    }

    /** 400: built-in roles stay. */
    public static WireError builtInRoleStays() {
        return WireError.badParameter("A built-in role cannot be deleted");
    }

    /** 400: the path names no scope. */
    public static WireError invalidScope() {
        return WireError.badParameter("The scope in the request URI is not valid: use /, /keys or /keys/{name}");
    }

    /** 400: definitions are the whole HSM's. */
    public static WireError definitionScope() {
        return WireError.badParameter("Role definitions can only be written and deleted at scope /");
    }
}
