// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.auth.role;

/** How a wish to change roles ended: a new snapshot, or the reason why there is none. */
public sealed interface RoleChange {
    /**
     * The change holds in a new snapshot; the old one is untouched.
     *
     * @param snapshot with the change
     */
    record Changed(RoleSnapshot snapshot) implements RoleChange {}

    /**
     * The change is not possible.
     *
     * @param reason why
     */
    record Refused(Reason reason) implements RoleChange {}

    /** Why a change is refused. */
    enum Reason {
        /** The id or the name belongs to a built-in role, which nobody can change or delete. */
        BUILT_IN_ROLE,
        /** There are as many custom definitions as one HSM takes. */
        CUSTOM_DEFINITION_LIMIT,
        /** There are as many assignments at {@code /} and {@code /keys} as one HSM takes. */
        HSM_SCOPE_ASSIGNMENT_LIMIT,
        /** There are as many assignments on that key as one key takes. */
        KEY_SCOPE_ASSIGNMENT_LIMIT,
        /** An assignment of this name exists; assignments are made and deleted, never changed. */
        ASSIGNMENT_EXISTS,
        /** No such role definition. */
        DEFINITION_NOT_FOUND,
        /** No such role assignment. */
        ASSIGNMENT_NOT_FOUND
    }
}
