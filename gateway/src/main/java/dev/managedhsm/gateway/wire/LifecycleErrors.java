// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.wire;

import dev.managedhsm.crypto.key.KeyFault;
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
            case EXPIRES_BEFORE_START -> WireError.badParameter("Property 'exp' must be after 'nbf'");
            case EXPORTABLE_WITHOUT_POLICY -> WireError.badParameter("Exportable keys must have release policy");
            case POLICY_WITHOUT_EXPORTABLE ->
                WireError.badParameter("Non-exportable keys must not have release policy");
            case EXPORTABLE_FIXED ->
                WireError.badParameter("Property 'exportable' is decided by the key's first version and cannot change");
            case POLICY_IMMUTABLE -> WireError.badParameter("The release policy is immutable and cannot be changed");
            case EXPORT_WITHOUT_EXPORTABLE ->
                WireError.badParameter("Property 'key_ops': 'export' is only for exportable keys");
            case OPERATIONS_NOT_OF_TYPE ->
                WireError.badParameter("Property 'key_ops' holds a value that is unknown or does not fit the key type");
            case IMPORT_FIXED ->
                WireError.badParameter("Property 'key_ops': 'import' cannot be given to a key or taken from it");
            case EXCHANGE_KEY_NOT_FOUND ->
                WireError.badParameter("Transfer blob: property 'kid' names a key that does not exist");
            case EXCHANGE_KEY_NOT_USABLE ->
                WireError.badParameter("Transfer blob: the key that 'kid' names must be an enabled RSA key whose only"
                        + " operation is 'import'");
            case TRANSFER_NOT_OPENED ->
                WireError.badParameter("Transfer blob: the ciphertext cannot be opened with the key that 'kid' names,"
                        + " or holds no key of the type that the request names");
            case BUSY -> WireError.throttled();
            case NOT_OPERATIONAL -> WireError.unavailable("The HSM is not operational");
            case STORE_FAILED -> WireError.unavailable("The change could not be made durable and was not made");
            case ENGINE_FAILED -> WireError.internal();
        };
    }

    /** The refusal to answer for a key that must not be imported. */
    public static WireError of(KeyFault fault) {
        return WireError.badParameter("JSON Web Key: "
                + switch (fault) {
                    case MALFORMED -> "the key has not the form of its type";
                    case MODULUS_SIZE -> "property 'n' has not the size of the key";
                    case PUBLIC_EXPONENT -> "property 'e' must be odd, above 65536 and below 4294967296";
                    case PRIME_SIZE -> "properties 'p' and 'q' must have half as many bits as 'n' each";
                    case PRIMES_TOO_CLOSE -> "properties 'p' and 'q' are too close to each other";
                    case MODULUS -> "property 'n' is not the product of 'p' and 'q'";
                    case PRIVATE_EXPONENT_TOO_SMALL -> "property 'd' is too small to be safe";
                    case PRIVATE_EXPONENT -> "property 'd' does not belong to 'e', 'p' and 'q'";
                    case REMAINDER_EXPONENT -> "property 'dp' or 'dq' does not belong to the key";
                    case REMAINDER_COEFFICIENT -> "property 'qi' does not belong to the key";
                    case NOT_PRIME -> "property 'p' or 'q' is not a prime";
                    case COORDINATE -> "property 'x' or 'y' is not below the prime of the curve's field";
                    case NOT_ON_CURVE -> "properties 'x' and 'y' are not a point on the curve";
                    case SCALAR -> "property 'd' is zero or not below the order of the curve";
                    case POINT -> "property 'd' does not belong to 'x' and 'y'";
                    case INCONSISTENT -> "the private and the public half do not belong together";
                });
    }
}
