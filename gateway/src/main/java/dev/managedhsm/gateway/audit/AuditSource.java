// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.audit;

import java.net.URI;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * What every event of an HSM says alike. Immutable.
 *
 * @param tenantId the tenant, a GUID
 * @param baseUrl scheme, host and port, without a slash at the end
 * @param poolName the HSM's name
 * @param resourceId the resource, in upper case as Azure writes it
 */
public record AuditSource(String tenantId, String baseUrl, String poolName, String resourceId) {
    /** Stands where Azure names a subscription: there is none. */
    private static final String NOWHERE =
            "/SUBSCRIPTIONS/00000000-0000-0000-0000-000000000000/RESOURCEGROUPS/SELF-HOSTED/PROVIDERS/MICROSOFT.KEYVAULT"
                    + "/MANAGEDHSMS/";

    /**
     * Of an HSM.
     *
     * @param tenantId the tenant, a GUID
     * @param baseUrl scheme, host and port; the host's first label is the HSM's name
     * @param resourceId the resource, or null for one made of the name
     */
    public static AuditSource of(String tenantId, String baseUrl, @Nullable String resourceId) {
        String host = String.valueOf(URI.create(baseUrl).getHost());
        String name = host.split("\\.", 2)[0];
        String resource = resourceId == null ? NOWHERE + name : resourceId;
        return new AuditSource(tenantId, baseUrl, name, resource.toUpperCase(Locale.ROOT));
    }

    /** The name of the log, in checkpoints: host and port, then {@code /audit}. */
    public String origin() {
        return URI.create(baseUrl).getAuthority() + "/audit";
    }

    /** The resource's group, as the resource id names it. */
    String resourceGroup() {
        String[] parts = resourceId.split("/", -1);
        for (int i = 0; i + 1 < parts.length; i++) {
            if ("RESOURCEGROUPS".equals(parts[i])) {
                return parts[i + 1];
            }
        }
        return "SELF-HOSTED";
    }
}
