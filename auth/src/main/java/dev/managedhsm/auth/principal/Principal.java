// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.auth.principal;

import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Who is asking, as a trusted issuer has said it. Immutable; two principals are equal when all their facts are.
 *
 * @param tenantId the tenant they are registered in
 * @param objectId the id role assignments name (claim {@code oid})
 * @param applicationId the application that asks (claim {@code appid} or {@code azp}), or null
 * @param kind application or person
 * @param managedIdentityResourceId the resource a managed identity belongs to (claim {@code xms_mirid}), or null
 * @param groupIds groups they are a member of: each once, in ascending order. A list and not a set, because decisions
 *     walk it by index, which allocates nothing
 */
public record Principal(
        UUID tenantId,
        UUID objectId,
        @Nullable UUID applicationId,
        PrincipalKind kind,
        @Nullable String managedIdentityResourceId,
        List<UUID> groupIds) {

    /** Puts the groups in order and drops repetitions. */
    public Principal {
        groupIds = groupIds.stream().distinct().sorted().toList();
    }
}
