// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.resource;

import dev.managedhsm.auth.role.DataAction;
import dev.managedhsm.gateway.wire.Refused;

/**
 * What one method does on one form of path: the right it takes at the scope of the path, and the deed.
 *
 * @param action the data action that the caller needs there
 * @param handler what it does once the call is permitted
 */
record RoleEndpoint(DataAction action, Handler handler) {
    /** What an endpoint does. */
    @FunctionalInterface
    interface Handler {
        void handle(RoleCall call) throws Refused;
    }
}
