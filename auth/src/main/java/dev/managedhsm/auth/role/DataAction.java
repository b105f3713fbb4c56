// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.auth.role;

import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One thing a role can allow. The text is what Azure's administration API writes, without regularity: some actions end
 * in {@code /action}, some do not. Texts are compared without regard to case.
 */
public enum DataAction {
    KEYS_READ("keys/read/action"),
    KEYS_WRITE("keys/write/action"),
    KEYS_CREATE("keys/create"),
    KEYS_DELETE("keys/delete"),
    KEYS_IMPORT("keys/import/action"),
    KEYS_ROTATE("keys/rotate/action"),
    KEYS_BACKUP("keys/backup/action"),
    KEYS_RESTORE("keys/restore/action"),
    KEYS_EXPORT("keys/export/action"),
    KEYS_RELEASE("keys/release/action"),
    KEYS_ENCRYPT("keys/encrypt/action"),
    KEYS_DECRYPT("keys/decrypt/action"),
    KEYS_WRAP("keys/wrap/action"),
    KEYS_UNWRAP("keys/unwrap/action"),
    KEYS_SIGN("keys/sign/action"),
    KEYS_VERIFY("keys/verify/action"),
    KEYS_DERIVE("keys/derive/action"),
    DELETED_KEYS_READ("keys/deletedKeys/read/action"),
    DELETED_KEYS_RECOVER("keys/deletedKeys/recover/action"),
    /** Purge. */
    DELETED_KEYS_DELETE("keys/deletedKeys/delete"),
    ROLE_ASSIGNMENTS_READ("roleAssignments/read/action"),
    ROLE_ASSIGNMENTS_WRITE("roleAssignments/write/action"),
    ROLE_ASSIGNMENTS_DELETE("roleAssignments/delete/action"),
    ROLE_DEFINITIONS_READ("roleDefinitions/read/action"),
    ROLE_DEFINITIONS_WRITE("roleDefinitions/write/action"),
    ROLE_DEFINITIONS_DELETE("roleDefinitions/delete/action"),
    SECURITY_DOMAIN_DOWNLOAD("securitydomain/download/action"),
    SECURITY_DOMAIN_DOWNLOAD_READ("securitydomain/download/read"),
    SECURITY_DOMAIN_UPLOAD("securitydomain/upload/action"),
    SECURITY_DOMAIN_UPLOAD_READ("securitydomain/upload/read"),
    SECURITY_DOMAIN_TRANSFER_KEY_READ("securitydomain/transferkey/read"),
    BACKUP_START("backup/start/action"),
    BACKUP_STATUS("backup/status/action"),
    RESTORE_START("restore/start/action"),
    RESTORE_STATUS("restore/status/action"),
    RANDOM("rng/action"),
    /** An extension of ours: refused tokens, counts of them, alerts. No role of Azure's grants it. */
    SECURITY_READ("security/read/action");

    /** What every data action's text begins with. */
    public static final String PREFIX = "Microsoft.KeyVault/managedHsm/";

    private static final Map<String, DataAction> BY_FOLDED_TEXT = new HashMap<>();

    static {
        if (values().length > Long.SIZE) {
            throw new IllegalStateException("data actions must fit the bits of a long");
        }
        for (DataAction action : values()) {
            BY_FOLDED_TEXT.put(action.text.toLowerCase(Locale.ROOT), action);
        }
    }

    private final String text;

    DataAction(String tail) {
        this.text = PREFIX + tail;
    }

    /** The whole text, prefix included, as roles and error messages write it. */
    public String text() {
        return text;
    }

    /** This action's place in a set of actions kept as the bits of a long. */
    public long bit() {
        return 1L << ordinal();
    }

    /** The action with this text in any case, or null when there is none. */
    public static @Nullable DataAction parse(String text) {
        return BY_FOLDED_TEXT.get(text.toLowerCase(Locale.ROOT));
    }
}
