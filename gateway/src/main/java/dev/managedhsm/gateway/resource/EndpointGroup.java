// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.resource;

/** Endpoints that the HSM's condition treats alike. */
enum EndpointGroup {
    /** Keys and everything done with them, and random bytes. */
    KEYS,
    /** Role definitions and role assignments. */
    ROLES,
    /** Backup and restore of the whole HSM. */
    FULL_BACKUP,
    /** How a restore stands. */
    RESTORE_STATUS,
    /** Download of the security domain, and how it stands. */
    DOMAIN_DOWNLOAD,
    /** The transfer key, and upload of a security domain. */
    DOMAIN_UPLOAD,
    /** How the last upload stands. */
    DOMAIN_UPLOAD_STATUS,
    /** Change of the root key. */
    ROOT_KEY,
    /** What those look at who watch over the HSM. */
    WATCH
}
