// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.lifecycle;

/**
 * Why a change was not made. The list is closed. Nothing has changed when one of these is the answer; only where the HSM
 * has moved to failed meanwhile, its next start shows whether a change that was under way was made.
 */
public enum LifecycleRefusal {
    /** There is no living key of this name. */
    KEY_NOT_FOUND,
    /** The key has no such version. */
    VERSION_NOT_FOUND,
    /** There is no soft-deleted key of this name. */
    DELETED_KEY_NOT_FOUND,
    /** The name belongs to a soft-deleted key: it must be recovered or purged first. */
    NAME_IN_DELETED_STATE,
    /** There is a living key of this name. */
    NAME_IN_USE,
    /** What should be a backup was changed, or made under another security domain, or by a newer version. */
    BACKUP_MALFORMED,
    /** The key's facts together are longer than a backup can be. */
    BACKUP_TOO_LONG,
    /** The key has as many versions as a key can have. */
    TOO_MANY_VERSIONS,
    /** More tags than a key can have. */
    TOO_MANY_TAGS,
    /** A tag's name or value is too long, or its name is empty. */
    BAD_TAG,
    /** The period of use would end before it begins. */
    EXPIRES_BEFORE_START,
    /** The first version of an exportable key must have a release policy. */
    EXPORTABLE_WITHOUT_POLICY,
    /** A key that is not exportable cannot have a release policy. */
    POLICY_WITHOUT_EXPORTABLE,
    /** Whether a key is exportable is decided by its first version. */
    EXPORTABLE_FIXED,
    /** The release policy is immutable. */
    POLICY_IMMUTABLE,
    /** A key that is not exportable cannot be permitted to be exported. */
    EXPORT_WITHOUT_EXPORTABLE,
    /** A key's permitted operations do not fit its type. */
    OPERATIONS_NOT_OF_TYPE,
    /**
     * A key that unwraps keys for import is one from its beginning and does nothing else ever: whoever could make it
     * decrypt would read every key that was wrapped for it.
     */
    IMPORT_FIXED,
    /** The key that is to unwrap an imported key is not there. */
    EXCHANGE_KEY_NOT_FOUND,
    /** That key is disabled, no RSA key, or permitted to do anything but unwrap keys that are imported. */
    EXCHANGE_KEY_NOT_USABLE,
    /** What was wrapped for import cannot be unwrapped, or what is in it is not the key that was announced. */
    TRANSFER_NOT_OPENED,
    /** Purge protection: the key is purged when its time has come, and not before. */
    PURGE_PROTECTED,
    /** Too many changes are waiting, or others of the same key came in between; try again later. */
    BUSY,
    /** The HSM is not operational. */
    NOT_OPERATIONAL,
    /** The change could not be made durable. */
    STORE_FAILED,
    /** The engine broke a promise; the HSM is failed. */
    ENGINE_FAILED
}
