// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.auth.role;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BuiltInRolesTest {
    @ParameterizedTest
    @CsvSource({
        "a290e904-7015-4bba-90c8-60543313cdb4, Managed HSM Administrator, 15",
        "515eb02d-2335-4d2d-92f2-b1cbdf9c3778, Managed HSM Crypto Officer, 10",
        "21dbd100-6940-42c2-9190-5d6cb909625b, Managed HSM Crypto User, 19",
        "4bd23610-cdcf-4971-bdee-bdc562cc28e4, Managed HSM Policy Administrator, 6",
        "2c18b078-7c48-4d3a-af88-5a3a1b3f82b3, Managed HSM Crypto Auditor, 4",
        "33413926-3206-4cdd-b39a-83574fe37a17, Managed HSM Crypto Service Encryption User, 3",
        "21dbd100-6940-42c2-9190-5d6cb909625c, Managed HSM Crypto Service Release User, 1",
        "7b127d3c-77bd-4e3e-bbe0-dbb8971fa7f8, Managed HSM Backup User, 3",
        "6efe6056-5259-49d2-8b3d-d3d73544b20b, Managed HSM Restore, 3",
        "6f1d3c52-4f0e-4c39-9d7a-2b7c1f6a90e4, Managed HSM Security Reader, 1",
        "770fd66c-6266-4643-9d4e-b616870898d5, Managed HSM ARM User, 0"
    })
    void rolesHaveTheirIdsNamesAndNumbersOfActions(UUID id, String name, int actions) {
        RoleDefinition role = BuiltInRoles.all().stream()
                .filter(definition -> definition.id().equals(id))
                .findFirst()
                .orElseThrow();
        assertEquals(name, role.name());
        assertEquals(actions, Long.bitCount(role.dataActionBits()));
        assertEquals(RoleDefinition.Kind.BUILT_IN, role.kind());
        assertEquals("", role.description());
    }

    @Test
    void thereAreNoOthers() {
        assertEquals(11, BuiltInRoles.all().size());
    }

    @Test
    void auditorReadsDeletedKeysAndCannotPurgeThem() {
        long bits = BuiltInRoles.CRYPTO_AUDITOR.dataActionBits();
        assertTrue((bits & DataAction.DELETED_KEYS_READ.bit()) != 0);
        assertFalse((bits & DataAction.DELETED_KEYS_DELETE.bit()) != 0);
    }

    @Test
    void onlyTheSecurityReaderSeesRefusedTokens() {
        for (RoleDefinition role : BuiltInRoles.all()) {
            boolean reads = (role.dataActionBits() & DataAction.SECURITY_READ.bit()) != 0;
            assertEquals(role.id().equals(BuiltInRoles.SECURITY_READER.id()), reads, role.name());
        }
    }

    @Test
    void administratorUsesNoKeys() {
        long keys = DataActionPattern.bits(List.of(DataAction.PREFIX + "keys/*"));
        assertEquals(0, BuiltInRoles.ADMINISTRATOR.dataActionBits() & keys);
    }

    @Test
    void everyActionIsGrantedBySomeRole() {
        long all = BuiltInRoles.all().stream()
                .mapToLong(RoleDefinition::dataActionBits)
                .reduce(0, (a, b) -> a | b);
        assertEquals(DataActionPattern.bits(List.of("*")), all);
    }
}
