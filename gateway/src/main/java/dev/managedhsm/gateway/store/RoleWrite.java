// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.store;

import dev.managedhsm.auth.role.RoleAssignment;
import dev.managedhsm.auth.role.RoleDefinition;
import java.util.UUID;

/** One write of a commit of roles. */
public sealed interface RoleWrite {
    /**
     * Writes a custom role definition, in the place of the one with its id.
     *
     * @param definition a custom one
     */
    record PutDefinition(RoleDefinition definition) implements RoleWrite {}

    /**
     * Removes a custom role definition.
     *
     * @param id of one that is there
     */
    record RemoveDefinition(UUID id) implements RoleWrite {}

    /**
     * Writes a role assignment.
     *
     * @param assignment a new one
     */
    record PutAssignment(RoleAssignment assignment) implements RoleWrite {}

    /**
     * Removes a role assignment.
     *
     * @param name of one that is there
     */
    record RemoveAssignment(UUID name) implements RoleWrite {}
}
