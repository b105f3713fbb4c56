// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway;

import java.util.UUID;

/**
 * A role that somebody has from the first start on, at {@code /}.
 *
 * @param objectId who, a GUID
 * @param roleId which built-in role
 */
public record InitialRole(UUID objectId, UUID roleId) {}
