// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.auth.decision;

import dev.managedhsm.auth.role.RoleAssignment;

/**
 * Yes, and why. Code that touches a key asks for one of these, and only {@link Authoriser} can make one: whoever holds
 * it has been asked. Immutable, made when a role snapshot is taken into use and shared by all decisions it explains.
 */
public final class Permit implements Decision {
    private final RoleAssignment assignment;

    Permit(RoleAssignment assignment) {
        this.assignment = assignment;
    }

    /** The role assignment that decided, for the audit. */
    public RoleAssignment assignment() {
        return assignment;
    }

    @Override
    public String toString() {
        return "Permit[" + assignment.name() + "]";
    }
}
