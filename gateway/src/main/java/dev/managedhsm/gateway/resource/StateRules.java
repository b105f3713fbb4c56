// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.resource;

import dev.managedhsm.crypto.lifecycle.HsmCondition;
import dev.managedhsm.gateway.wire.WireError;
import org.jspecify.annotations.Nullable;

/**
 * What each condition of the HSM answers: the one place where that is decided. Stateless; any thread.
 *
 * <pre>
 *                          keys, roles,     domain      transfer key,   how the last     watch
 *                          full backup,     download    domain upload   upload stands
 *                          root key
 *   provisioned            503              yes         yes             yes              yes
 *   sealed                 503              503         yes             yes              yes
 *   operational            yes              yes         409             yes              yes
 *   restoring              503 (how the     503         503             503              yes
 *                          restore stands:
 *                          yes)
 *   draining               503              503         503             503              yes
 *   failed                 500              500         500             500              yes
 * </pre>
 *
 * The 409 is for who may upload: everybody else is denied first.
 */
final class StateRules {
    private StateRules() {}

    /** Why an endpoint of this group is not answered now, or null if it is. */
    static @Nullable WireError refusal(HsmCondition condition, EndpointGroup group) {
        if (group == EndpointGroup.WATCH) {
            return null;
        }
        return switch (condition) {
            case OPERATIONAL -> null;
            case PROVISIONED ->
                domain(group)
                        ? null
                        : WireError.unavailable(
                                "The HSM is not activated: download its security domain first, or upload another HSM's");
            case SEALED ->
                domain(group) && group != EndpointGroup.DOMAIN_DOWNLOAD
                        ? null
                        : WireError.unavailable(
                                "The HSM is sealed: its root key is not available until its security domain is uploaded");
            case RESTORING ->
                group == EndpointGroup.RESTORE_STATUS
                        ? null
                        : WireError.unavailable("The HSM is being restored from a backup");
            case DRAINING -> WireError.unavailable("The HSM is shutting down");
            case FAILED -> new WireError(500, "InternalServerError", "The HSM has failed and must be restarted");
        };
    }

    private static boolean domain(EndpointGroup group) {
        return group == EndpointGroup.DOMAIN_DOWNLOAD
                || group == EndpointGroup.DOMAIN_UPLOAD
                || group == EndpointGroup.DOMAIN_UPLOAD_STATUS;
    }

    /** Why somebody who may do this cannot do it to an HSM in this condition, or null if nothing is in the way. */
    static @Nullable WireError conflict(HsmCondition condition, EndpointGroup group) {
        return condition == HsmCondition.OPERATIONAL && group == EndpointGroup.DOMAIN_UPLOAD
                ? new WireError(
                        409,
                        "Conflict",
                        "The HSM is activated already: a security domain is uploaded to a new or sealed HSM")
                : null;
    }
}
