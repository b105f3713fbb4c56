// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.seal;

/** What a sealing key is for. Each purpose has its own key, so that a record of one can never pass for another. */
public enum SealPurpose {
    /** What is known of a key version. */
    KEY_FACTS("key facts"),
    /** The secret of a key version. */
    KEY_SECRET("key secret"),
    /** When a key is rotated by itself. Before soft-deletion, so that at start every key of a policy is known. */
    ROTATION_POLICY("rotation policy"),
    /** That a key is soft-deleted, and since when. */
    DELETED_KEY("deleted key"),
    /** The HSM's own key for statements about its keys. */
    ATTESTATION_KEY("attestation key"),
    /** The sum over all records of keys. */
    ANCHOR("anchor"),
    /** A custom role definition. */
    ROLE_DEFINITION("role definition"),
    /** A role assignment. */
    ROLE_ASSIGNMENT("role assignment"),
    /** The sum over all records of roles, which change apart from those of keys. */
    ROLE_ANCHOR("role anchor"),
    /** What the store must not be older than, kept outside it. */
    WITNESS("witness"),
    /** The key that signs checkpoints of the audit log, with the public keys before it. */
    AUDIT_KEY("audit key"),
    /** The last checkpoint of the audit log. */
    AUDIT_ANCHOR("audit anchor"),
    /** A part of a backup of the whole HSM. */
    FULL_BACKUP("full backup"),
    /** A fresh secret that has no name yet and never leaves the process. */
    FRESH_SECRET("fresh secret");

    private final String label;

    SealPurpose(String label) {
        this.label = label;
    }

    /** Label of the key derivation and name of the purpose in messages. Never changes: records depend on it. */
    public String label() {
        return label;
    }
}
