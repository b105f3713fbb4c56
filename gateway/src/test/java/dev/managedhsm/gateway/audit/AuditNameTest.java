// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.audit;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AuditNameTest {
    private static final String VERSION = "0123456789abcdef0123456789abcdef";

    @ParameterizedTest
    @CsvSource({
        "GET, /keys, KeyList",
        "POST, /keys/a/create, KeyCreate",
        "GET, /keys/a, KeyGet",
        "GET, /KEYS/a/, KeyGet",
        "PUT, /keys/a, KeyImport",
        "PATCH, /keys/a, KeyUpdate",
        "DELETE, /keys/a, KeyDelete",
        "GET, /keys/a/versions, KeyListVersions",
        "POST, /keys/a/sign, KeySign",
        "POST, /keys/a/VERSION/unwrapkey, KeyUnwrap",
        "GET, /keys/a/VERSION, KeyGet",
        "POST, /keys/a/backup, KeyBackup",
        "POST, /keys/restore, KeyRestore",
        "PUT, /keys/a/rotationpolicy, KeyRotationPolicySet",
        "DELETE, /deletedkeys/a, KeyPurge",
        "POST, /deletedkeys/a/recover, KeyRecover",
        "POST, /backup, BackupCreate",
        "GET, /backup/x/pending, BackupStatusGet",
        "PUT, /restore, RestoreCreate",
        "POST, /securitydomain/download, SecurityDomainBackup",
        "GET, /securitydomain/download/pending, SecurityDomainBackupStatusGet",
        "POST, /securitydomain/upload, SecurityDomainUpload",
        "PUT, ///providers/Microsoft.Authorization/roleAssignments/x, RoleAssignmentCreate",
        "GET, /keys/a/providers/Microsoft.Authorization/roleDefinitions, RoleDefinitionList",
        "POST, /rng, RandomBytesGet",
        "GET, /nowhere, Unknown",
        "POST, '', Unknown"
    })
    void isToldFromMethodAndPath(String method, String path, String name) {
        assertEquals(
                name, AuditName.of(method, path.replace("VERSION", VERSION)).operation());
    }

    @ParameterizedTest
    @CsvSource({"/keys/My-Key/VERSION/sign, My-Key, VERSION", "/keys/a/sign, a, ''", "/keys/.., '', ''"})
    void namesTheKeyAsTheCallerWroteIt(String path, String key, String version) {
        AuditName name = AuditName.of("POST", path.replace("VERSION", VERSION));
        assertEquals(key, name.key());
        assertEquals(version.replace("VERSION", VERSION), name.version());
    }
}
