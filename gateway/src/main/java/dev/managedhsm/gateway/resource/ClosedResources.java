// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.resource;

import dev.managedhsm.auth.decision.Authoriser;
import dev.managedhsm.crypto.lifecycle.HsmState;
import dev.managedhsm.gateway.observe.Watch;
import dev.managedhsm.gateway.refusal.RefusalLog;

/**
 * What the routes of all event loops share while no keys are open. Immutable; any event loop.
 *
 * @param state the HSM's condition
 * @param authoriser lets the administrators of the configuration in
 * @param domains the security domain
 * @param watch what operators look at
 * @param refusals what is remembered of refused tokens
 */
public record ClosedResources(
        HsmState state, Authoriser authoriser, SecurityDomains domains, Watch watch, RefusalLog refusals) {
    HsmAccess access() {
        return new HsmAccess(state, authoriser);
    }
}
