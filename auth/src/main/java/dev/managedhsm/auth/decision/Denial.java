// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.auth.decision;

import dev.managedhsm.auth.role.DataAction;
import dev.managedhsm.auth.role.Scope;

/**
 * No: nothing assigned to the principal or its groups grants this data action there.
 *
 * @param action what was asked
 * @param scope where
 */
public record Denial(DataAction action, Scope scope) implements Decision {
    /** The sentence for the caller, which names the missing data action and the scope, and nobody. */
    public String message() {
        return "Not authorized to access " + action.text() + " on " + scope.text();
    }
}
