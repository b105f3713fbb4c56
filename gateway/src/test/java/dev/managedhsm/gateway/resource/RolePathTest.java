// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.resource;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;

import dev.managedhsm.auth.role.Scope;
import dev.managedhsm.gateway.resource.RolePath.Family;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RolePathTest {
    private static final String GUID = "21dbd100-6940-42c2-9190-5d6cb909625b";

    @ParameterizedTest
    @CsvSource({
        "'', /",
        "/, /",
        "//, /",
        "///, /",
        "/keys, /keys",
        "//keys, /keys",
        "/keys/, /keys",
        "/KEYS, /keys",
        "/keys/Invoices, /keys/invoices",
        "///keys/Invoices, /keys/invoices",
        "/keys/providers, /keys/providers",
        "/%6Beys/a, /keys/a",
    })
    void findsTheScopeBeforeTheProvider(String prefix, String scope) {
        RolePath path = RolePath.parse(prefix + "/providers/Microsoft.Authorization/roleAssignments/" + GUID);

        assertNotNull(path);
        assertEquals(Family.ASSIGNMENTS, path.family());
        assertEquals(GUID, path.name());
        Scope found = Scope.parse(path.scope());
        assertNotNull(found);
        assertEquals(scope, found.text());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/providers/Microsoft.Authorization/roleDefinitions",
                "/providers/Microsoft.Authorization/roleDefinitions/",
                "/keys/providers/microsoft.authorization/ROLEDEFINITIONS",
            })
    void pathOfTheWholeFamilyHasNoName(String text) {
        RolePath path = RolePath.parse(text);

        assertNotNull(path);
        assertEquals(Family.DEFINITIONS, path.family());
        assertEquals("", path.name());
    }

    @ParameterizedTest
    @ValueSource(strings = {"/secrets", "/keys/a/b", "/keys/a_b", "keys2", "/subscriptions/1"})
    void leavesAWrongScopeToBeRefused(String prefix) {
        RolePath path = RolePath.parse(prefix + "/providers/Microsoft.Authorization/roleAssignments");

        assertNotNull(path);
        assertNull(Scope.parse(path.scope()));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/keys",
                "/keys/providers",
                "/keys/providers/0123456789abcdef0123456789abcdef",
                "/keys/providers/sign",
                "/providers/Microsoft.Authorization",
                "/providers/Microsoft.Authorization/",
                "/providers/Microsoft.Authorization/roles",
                "/providers/Microsoft.KeyVault/roleAssignments",
                "/providers/Microsoft.Authorization/%zz/roleAssignments%",
                "",
            })
    void leavesOtherPathsAlone(String path) {
        assertNull(RolePath.parse(path));
    }

    @Test
    void nameIsWhateverFollowsAndIsNotChecked() {
        RolePath path = RolePath.parse("/providers/Microsoft.Authorization/roleAssignments/a/b");

        assertNotNull(path);
        assertEquals("a/b", path.name());
    }
}
