// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.auth.role;

import static dev.managedhsm.auth.role.DataAction.*;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The roles every HSM has, with the ids and names Azure gives them, so that scripts written for Azure find them. The
 * data actions are those the live service answers; where its documentation says otherwise, the service is right.
 */
public final class BuiltInRoles {
    private static final List<DataAction> ROLE_ADMINISTRATION = List.of(
            ROLE_ASSIGNMENTS_DELETE,
            ROLE_ASSIGNMENTS_READ,
            ROLE_ASSIGNMENTS_WRITE,
            ROLE_DEFINITIONS_READ,
            ROLE_DEFINITIONS_WRITE,
            ROLE_DEFINITIONS_DELETE);

    /** Security domain, full backup and restore, role administration. No use of keys. */
    public static final RoleDefinition ADMINISTRATOR = role(
            "a290e904-7015-4bba-90c8-60543313cdb4",
            "Managed HSM Administrator",
            with(
                    ROLE_ADMINISTRATION,
                    SECURITY_DOMAIN_DOWNLOAD,
                    SECURITY_DOMAIN_DOWNLOAD_READ,
                    SECURITY_DOMAIN_UPLOAD,
                    SECURITY_DOMAIN_UPLOAD_READ,
                    SECURITY_DOMAIN_TRANSFER_KEY_READ,
                    BACKUP_START,
                    RESTORE_START,
                    BACKUP_STATUS,
                    RESTORE_STATUS));

    /** Role administration, purge and recovery of deleted keys, export. */
    public static final RoleDefinition CRYPTO_OFFICER = role(
            "515eb02d-2335-4d2d-92f2-b1cbdf9c3778",
            "Managed HSM Crypto Officer",
            with(ROLE_ADMINISTRATION, DELETED_KEYS_READ, DELETED_KEYS_DELETE, DELETED_KEYS_RECOVER, KEYS_EXPORT));

    /** Makes and uses keys. */
    public static final RoleDefinition CRYPTO_USER = role(
            "21dbd100-6940-42c2-9190-5d6cb909625b",
            "Managed HSM Crypto User",
            List.of(
                    ROLE_DEFINITIONS_READ,
                    ROLE_ASSIGNMENTS_READ,
                    KEYS_READ,
                    KEYS_WRITE,
                    KEYS_DELETE,
                    KEYS_CREATE,
                    KEYS_ROTATE,
                    KEYS_IMPORT,
                    KEYS_RELEASE,
                    KEYS_BACKUP,
                    KEYS_RESTORE,
                    KEYS_ENCRYPT,
                    KEYS_DECRYPT,
                    KEYS_WRAP,
                    KEYS_UNWRAP,
                    KEYS_SIGN,
                    KEYS_VERIFY,
                    KEYS_DERIVE,
                    RANDOM));

    /** Role administration and nothing else. */
    public static final RoleDefinition POLICY_ADMINISTRATOR =
            role("4bd23610-cdcf-4971-bdee-bdc562cc28e4", "Managed HSM Policy Administrator", ROLE_ADMINISTRATION);

    /** Reads keys and roles. */
    public static final RoleDefinition CRYPTO_AUDITOR = role(
            "2c18b078-7c48-4d3a-af88-5a3a1b3f82b3",
            "Managed HSM Crypto Auditor",
            List.of(ROLE_ASSIGNMENTS_READ, ROLE_DEFINITIONS_READ, KEYS_READ, DELETED_KEYS_READ));

    /** What a service needs that keeps its own data encrypted under a key here. */
    public static final RoleDefinition CRYPTO_SERVICE_ENCRYPTION_USER = role(
            "33413926-3206-4cdd-b39a-83574fe37a17",
            "Managed HSM Crypto Service Encryption User",
            List.of(KEYS_READ, KEYS_WRAP, KEYS_UNWRAP));

    /** Releases keys to attested environments. */
    public static final RoleDefinition CRYPTO_SERVICE_RELEASE_USER = role(
            "21dbd100-6940-42c2-9190-5d6cb909625c", "Managed HSM Crypto Service Release User", List.of(KEYS_RELEASE));

    /** Backs up the HSM and single keys. The wire's name for it differs from the documentation's. */
    public static final RoleDefinition BACKUP_USER = role(
            "7b127d3c-77bd-4e3e-bbe0-dbb8971fa7f8",
            "Managed HSM Backup User",
            List.of(BACKUP_START, BACKUP_STATUS, KEYS_BACKUP));

    /** Restores the HSM and single keys. */
    public static final RoleDefinition RESTORE = role(
            "6efe6056-5259-49d2-8b3d-d3d73544b20b",
            "Managed HSM Restore",
            List.of(RESTORE_START, RESTORE_STATUS, KEYS_RESTORE));

    /** What the control plane may do for a caller; it has control-plane actions only and grants no data action. */
    public static final RoleDefinition ARM_USER = new RoleDefinition(
            UUID.fromString("770fd66c-6266-4643-9d4e-b616870898d5"),
            "Managed HSM ARM User",
            "",
            RoleDefinition.Kind.BUILT_IN,
            List.of(new Permission(
                    List.of(DataAction.PREFIX + "keys/createIfNotExists", DataAction.PREFIX + "keys/read/action"),
                    List.of(),
                    List.of(),
                    List.of())));

    /** An extension of ours: sees which tokens were refused and why, and nothing else. Azure's roles stay as they are. */
    public static final RoleDefinition SECURITY_READER =
            role("6f1d3c52-4f0e-4c39-9d7a-2b7c1f6a90e4", "Managed HSM Security Reader", List.of(SECURITY_READ));

    private static final Map<UUID, RoleDefinition> BY_ID = Stream.of(
                    ADMINISTRATOR,
                    CRYPTO_OFFICER,
                    CRYPTO_USER,
                    POLICY_ADMINISTRATOR,
                    CRYPTO_AUDITOR,
                    CRYPTO_SERVICE_ENCRYPTION_USER,
                    CRYPTO_SERVICE_RELEASE_USER,
                    BACKUP_USER,
                    RESTORE,
                    SECURITY_READER,
                    ARM_USER)
            .collect(Collectors.toMap(
                    RoleDefinition::id,
                    definition -> definition,
                    (first, second) -> {
                        throw new IllegalStateException("two built-in roles with one id");
                    },
                    LinkedHashMap::new));

    private BuiltInRoles() {}

    /** All of them, in the order in which they are listed. {@link #ARM_USER} is last. */
    public static List<RoleDefinition> all() {
        return List.copyOf(BY_ID.values());
    }

    /** Whether this is the id or, in any case, the display name of one of them. */
    public static boolean taken(UUID id, String name) {
        return BY_ID.containsKey(id)
                || BY_ID.values().stream()
                        .anyMatch(definition -> definition.name().equalsIgnoreCase(name));
    }

    private static RoleDefinition role(String id, String name, List<DataAction> dataActions) {
        List<String> texts = dataActions.stream().map(DataAction::text).toList();
        return new RoleDefinition(
                UUID.fromString(id), name, "", RoleDefinition.Kind.BUILT_IN, List.of(Permission.ofDataActions(texts)));
    }

    private static List<DataAction> with(List<DataAction> first, DataAction... more) {
        return Stream.concat(first.stream(), Arrays.stream(more)).toList();
    }
}
