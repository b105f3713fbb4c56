// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.keyring;

/**
 * Must be held by code that takes the secret of a key over the HSM's border, in either direction. Whoever can make one is
 * listed by a search for this class; only the key life-cycle does, and a test keeps it so.
 */
public enum SecretAccess {
    /** The secret comes in, in the clear in locked memory, and is sealed before it leaves that memory. */
    IMPORT,
    /** The secret leaves sealed for HSMs of the same security domain. */
    BACKUP,
    /** The secret leaves wrapped for an attested environment that the key's release policy names. */
    RELEASE
}
