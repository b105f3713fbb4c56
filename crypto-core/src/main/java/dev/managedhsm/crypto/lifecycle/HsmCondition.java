// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.lifecycle;

/** The conditions an HSM can be in. */
public enum HsmCondition {
    /** It exists and nobody has activated it: it has no keys and takes none. */
    PROVISIONED,
    /** Its keys are sealed, because its root key is not there yet. */
    SEALED,
    /** It does everything. */
    OPERATIONAL,
    /** All its keys and roles are being replaced by those of a backup: it answers how far that is, and nothing else. */
    RESTORING,
    /** It finishes what has begun and takes nothing new, until it stops. */
    DRAINING,
    /** It broke a promise of its own and answers every request with that, until it is started anew. */
    FAILED
}
