// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.audit;

import dev.managedhsm.crypto.key.KeyName;
import dev.managedhsm.crypto.key.KeyVersion;
import dev.managedhsm.crypto.operation.Operation;
import java.util.Locale;

/**
 * What a request is called in the log, told from its method and path alone, so that also what was refused before it was
 * routed has its name. The names are Azure's where it publishes them; the others follow their pattern.
 *
 * @param operation the value of {@code operationName}
 * @param key the key's name in the path, or empty
 * @param version the key version in the path, or empty
 */
public record AuditName(String operation, String key, String version) {
    /** What the log says of itself: that its oldest events are deleted. */
    public static final String RETENTION = "AuditRetention";

    /** No operation of the HSM. */
    static final String UNKNOWN = "Unknown";

    private static final int DEPTH_MAX = 8;
    private static final String ROLES = "/providers/microsoft.authorization/role";

    /** The name of an operation with a key. */
    public static String of(Operation operation) {
        return switch (operation) {
            case SIGN -> "KeySign";
            case VERIFY -> "KeyVerify";
            case ENCRYPT -> "KeyEncrypt";
            case DECRYPT -> "KeyDecrypt";
            case WRAP_KEY -> "KeyWrap";
            case UNWRAP_KEY -> "KeyUnwrap";
        };
    }

    /** The name of a request. */
    public static AuditName of(String method, String path) {
        String folded = path.toLowerCase(Locale.ROOT);
        int roles = folded.indexOf(ROLES);
        if (roles >= 0) {
            return new AuditName(ofRoles(method, folded.substring(roles + ROLES.length())), "", "");
        }
        String[] parts = folded.split("/+", DEPTH_MAX); // the first one is empty
        String family = parts.length > 1 ? parts[1] : "";
        String second = parts.length > 2 ? parts[2] : "";
        String third = parts.length > 3 ? parts[3] : "";
        String last =
                parts[parts.length - 1].isEmpty() ? parts[Math.max(0, parts.length - 2)] : parts[parts.length - 1];
        return switch (family) {
            case "keys" -> ofKeys(method, second, third, last, original(path, second));
            case "deletedkeys" -> new AuditName(ofDeleted(method, second, last), original(path, second), "");
            case "securitydomain" -> new AuditName(ofDomain(method, second, third), "", "");
            default -> new AuditName(ofOthers(method, family, second, last), "", "");
        };
    }

    /** A key's name as the caller wrote it, if it can be one. */
    private static String original(String path, String folded) {
        if (folded.isEmpty() || !KeyName.valid(folded)) {
            return "";
        }
        int from = path.toLowerCase(Locale.ROOT).indexOf('/' + folded) + 1;
        return path.substring(from, from + folded.length());
    }

    private static AuditName ofKeys(String method, String name, String third, String last, String original) {
        if (name.isEmpty()) {
            return new AuditName("GET".equals(method) ? "KeyList" : UNKNOWN, "", "");
        }
        if ("restore".equals(name) && "POST".equals(method) && third.isEmpty()) {
            return new AuditName("KeyRestore", "", "");
        }
        String version = KeyVersion.valid(third) ? third : "";
        boolean deed = !third.isEmpty() && (version.isEmpty() || !third.equals(last));
        return new AuditName(deed ? ofDeed(method, last) : ofKey(method), original, version);
    }

    private static String ofKey(String method) {
        return switch (method) {
            case "GET" -> "KeyGet";
            case "PUT" -> "KeyImport";
            case "PATCH" -> "KeyUpdate";
            case "DELETE" -> "KeyDelete";
            default -> UNKNOWN;
        };
    }

    private static String ofDeed(String method, String deed) {
        return switch (method + ' ' + deed) {
            case "POST create" -> "KeyCreate";
            case "GET versions" -> "KeyListVersions";
            case "POST backup" -> "KeyBackup";
            case "PUT restore" -> "KeyRestoreFromBackup";
            case "POST rotate" -> "KeyRotate";
            case "GET rotationpolicy" -> "KeyRotationPolicyGet";
            case "PUT rotationpolicy" -> "KeyRotationPolicySet";
            case "POST sign" -> of(Operation.SIGN);
            case "POST verify" -> of(Operation.VERIFY);
            case "POST encrypt" -> of(Operation.ENCRYPT);
            case "POST decrypt" -> of(Operation.DECRYPT);
            case "POST wrapkey" -> of(Operation.WRAP_KEY);
            case "POST unwrapkey" -> of(Operation.UNWRAP_KEY);
            case "POST release" -> "KeyRelease";
            case "POST securewrapkey" -> "KeySecureWrap";
            case "POST secureunwrapkey" -> "KeySecureUnwrap";
            case "GET attestation" -> "KeyAttestationGet";
            default -> UNKNOWN;
        };
    }

    private static String ofDeleted(String method, String name, String last) {
        if (name.isEmpty()) {
            return "GET".equals(method) ? "KeyListDeleted" : UNKNOWN;
        }
        if ("recover".equals(last) && "POST".equals(method)) {
            return "KeyRecover";
        }
        return switch (method) {
            case "GET" -> "KeyGetDeleted";
            case "DELETE" -> "KeyPurge";
            default -> UNKNOWN;
        };
    }

    private static String ofDomain(String method, String part, String more) {
        String status = "pending".equals(more) ? " pending" : "";
        return switch (method + ' ' + part + status) {
            case "POST download" -> "SecurityDomainBackup";
            case "GET download pending" -> "SecurityDomainBackupStatusGet";
            case "GET upload" -> "SecurityDomainTransferKeyGet";
            case "POST upload" -> "SecurityDomainUpload";
            case "GET upload pending" -> "SecurityDomainUploadStatusGet";
            case "POST rotaterootkey" -> "SecurityDomainRootKeyRotate";
            default -> UNKNOWN;
        };
    }

    private static String ofOthers(String method, String family, String part, String last) {
        String status = "pending".equals(last) ? " pending" : "";
        return switch (method + ' ' + family + status) {
            case "POST backup" -> "BackupCreate";
            case "GET backup pending" -> "BackupStatusGet";
            case "POST prebackup" -> "BackupCheck";
            case "PUT restore" -> "RestoreCreate";
            case "GET restore pending" -> "RestoreStatusGet";
            case "PUT prerestore" -> "RestoreCheck";
            case "POST rng" -> "RandomBytesGet";
            case "GET settings" -> part.isEmpty() ? "SettingList" : "SettingGet";
            case "PATCH settings" -> "SettingUpdate";
            case "GET security" -> "SecurityGet";
            case "GET latency", "GET latency.hlog" -> "LatencyGet";
            case "GET audit" -> "AuditGet";
            case "GET dashboard", "POST dashboard" -> "DashboardGet";
            case "GET ekm", "POST ekm", "PUT ekm", "DELETE ekm" -> "EkmProxyOperation";
            default -> UNKNOWN;
        };
    }

    /** @param rest {@code assignments} or {@code definitions}, then a slash and a name or nothing */
    private static String ofRoles(String method, String rest) {
        boolean assignments = rest.startsWith("assignments");
        if (!assignments && !rest.startsWith("definitions")) {
            return UNKNOWN;
        }
        int slash = rest.indexOf('/');
        boolean all = slash < 0 || slash == rest.length() - 1;
        String what = assignments ? "RoleAssignment" : "RoleDefinition";
        return switch (method) {
            case "GET" -> what + (all ? "List" : "Get");
            case "PUT" -> all ? UNKNOWN : what + (assignments ? "Create" : "Set");
            case "DELETE" -> all ? UNKNOWN : what + "Delete";
            default -> UNKNOWN;
        };
    }
}
