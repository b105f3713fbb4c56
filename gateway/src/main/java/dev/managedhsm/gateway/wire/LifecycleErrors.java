// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.wire;

import dev.managedhsm.crypto.lifecycle.LifecycleLimits;
import dev.managedhsm.crypto.lifecycle.LifecycleRefusal;

/** The one table from a change that was not made to a refusal in Azure's words. Any thread. */
public final class LifecycleErrors {
    private LifecycleErrors() {}

    /**
     * The refusal to answer.
     *
     * @param refusal why the change was not made
     * @param keyId identifier of the key that was asked for, for the message
     */
    public static WireError of(LifecycleRefusal refusal, String keyId) {
        return switch (refusal) {
            case KEY_NOT_FOUND, VERSION_NOT_FOUND, DELETED_KEY_NOT_FOUND -> WireError.keyNotFound(keyId);
            case NAME_IN_DELETED_STATE ->
                new WireError(
                        409,
                        "Conflict",
                        "Key " + keyId + " is currently in a deleted but recoverable state, and its name cannot be"
                                + " reused; in this state, the key can only be recovered or purged",
                        "ObjectIsDeletedButRecoverable");
            case NAME_IN_USE ->
                new WireError(409, "Conflict", "A key of this name exists; it must be deleted and purged first");
            case BACKUP_MALFORMED ->
                new WireError(
                        400,
                        "MalformedBackupBlob",
                        "Backup blob belongs to a different crypto domain and cannot be used with this instance.");
            case BACKUP_TOO_LONG ->
                WireError.badParameter("The key's tags and release policies together are too long for a backup");
            case TOO_MANY_VERSIONS ->
                WireError.badParameter("A key has at most " + LifecycleLimits.VERSIONS_MAX + " versions");
            case TOO_MANY_TAGS -> WireError.badParameter("A key has at most " + LifecycleLimits.TAGS_MAX + " tags");
            case BAD_TAG ->
                WireError.badParameter("A tag's name and value have at most " + LifecycleLimits.TAG_LENGTH_MAX
                        + " characters, and its name is not empty");
            case PURGE_PROTECTED ->
                new WireError(
                        403,
                        "Forbidden",
                        "Purge protection is enabled: the key cannot be purged before its" + " scheduled purge date",
                        "PurgeProtectionEnabled");
            case BUSY -> WireError.throttled();
            case NOT_OPERATIONAL -> WireError.unavailable("The HSM is not operational");
            case STORE_FAILED -> WireError.unavailable("The change could not be made durable and was not made");
            case ENGINE_FAILED -> WireError.internal();
        };
    }
}
