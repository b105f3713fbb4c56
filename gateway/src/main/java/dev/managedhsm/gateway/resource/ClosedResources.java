// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.resource;

import dev.managedhsm.auth.decision.Authoriser;
import dev.managedhsm.crypto.lifecycle.HsmState;

/**
 * What the routes of all event loops share while no keys are open. Immutable; any event loop.
 *
 * @param state the HSM's condition
 * @param authoriser lets the administrators of the configuration in
 * @param domains the security domain
 */
public record ClosedResources(HsmState state, Authoriser authoriser, SecurityDomains domains) {
    HsmAccess access() {
        return new HsmAccess(state, authoriser);
    }
}
