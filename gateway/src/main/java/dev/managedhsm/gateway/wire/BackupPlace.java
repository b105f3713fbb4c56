// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.wire;

import io.vertx.core.json.JsonObject;
import org.jspecify.annotations.Nullable;

/**
 * Where a backup of the whole HSM is, as a request names it.
 *
 * @param uri the storage resource URI
 * @param token a shared access signature, or null
 * @param managedIdentity whether the HSM is to come as its managed identity; then there is no token
 * @param folder the backup's folder there, or null where the request needs none
 */
public record BackupPlace(
        String uri,
        @Nullable String token,
        boolean managedIdentity,
        @Nullable String folder) {
    /**
     * Where a backup is to go.
     *
     * @param json the request's body
     * @throws Refused if it names no place
     */
    public static BackupPlace ofBackup(JsonObject json) throws Refused {
        return of(json, null);
    }

    /**
     * Where a backup is to be found.
     *
     * @param json the request's body
     * @param folderName the name of the member that names the folder
     * @throws Refused if it names no place or no folder
     */
    public static BackupPlace ofRestore(JsonObject json, String folderName) throws Refused {
        String folder = JsonFields.text(json, folderName);
        if (folder == null) {
            throw new Refused("Property '" + folderName + "' is required");
        }
        return of(JsonFields.object(json, "sasTokenParameters"), folder);
    }

    private static BackupPlace of(JsonObject json, @Nullable String folder) throws Refused {
        String uri = JsonFields.text(json, "storageResourceUri");
        if (uri == null) {
            throw new Refused("Property 'storageResourceUri' is required");
        }
        boolean identity = Boolean.TRUE.equals(JsonFields.flag(json, "useManagedIdentity"));
        String token = JsonFields.text(json, "token");
        if (identity && token != null) {
            throw new Refused("Properties 'token' and 'useManagedIdentity' exclude each other");
        }
        return new BackupPlace(uri, token, identity, folder);
    }
}
