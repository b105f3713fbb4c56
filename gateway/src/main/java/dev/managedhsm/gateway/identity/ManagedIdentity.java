// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.identity;

/**
 * A managed identity, as its tokens name it.
 *
 * @param tenantId the tenant, a GUID in lower case: claim {@code tid}
 * @param objectId the principal's object id, a GUID in lower case: claims {@code oid} and {@code sub}
 * @param clientId the application id, a GUID in lower case: claim {@code appid}
 * @param resourceId the path of the resource that owns the identity: claim {@code xms_mirid}
 */
public record ManagedIdentity(String tenantId, String objectId, String clientId, String resourceId) {}
