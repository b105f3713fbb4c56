// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.auth.role;

import java.util.UUID;

/**
 * A role given to somebody somewhere.
 *
 * @param name the assignment's own GUID, chosen by the client that made it
 * @param roleDefinitionId the role; it may be gone by now, and then the assignment grants nothing
 * @param principalId object id of a user, service principal, managed identity or group
 * @param scope where it holds
 */
public record RoleAssignment(UUID name, UUID roleDefinitionId, UUID principalId, Scope scope) {}
