// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.auth.role;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class DataActionTest {
    /** Those of the published list that do not end in "/action". */
    private static final Set<String> WITHOUT_SUFFIX = Set.of(
            "Microsoft.KeyVault/managedHsm/keys/create",
            "Microsoft.KeyVault/managedHsm/keys/delete",
            "Microsoft.KeyVault/managedHsm/keys/deletedKeys/delete",
            "Microsoft.KeyVault/managedHsm/securitydomain/download/read",
            "Microsoft.KeyVault/managedHsm/securitydomain/upload/read",
            "Microsoft.KeyVault/managedHsm/securitydomain/transferkey/read");

    @Test
    void listHasThePublishedActionsTwoMoreAndOneOfOurs() {
        assertEquals(34 + 2 + 1, DataAction.values().length);
        Set<String> texts = new HashSet<>();
        Arrays.stream(DataAction.values()).forEach(action -> assertTrue(texts.add(action.text())));
    }

    @Test
    void onlyTheOddOnesLackTheSuffix() {
        Set<String> without = new HashSet<>();
        for (DataAction action : DataAction.values()) {
            if (!action.text().endsWith("/action")) {
                without.add(action.text());
            }
        }
        assertEquals(WITHOUT_SUFFIX, without);
    }

    @ParameterizedTest
    @EnumSource(DataAction.class)
    void isFoundInAnyCase(DataAction action) {
        assertEquals(action, DataAction.parse(action.text()));
        assertEquals(action, DataAction.parse(action.text().toUpperCase(Locale.ROOT)));
        assertEquals(action, DataAction.parse(action.text().replace("managedHsm", "managedHSM")));
    }

    @Test
    void unknownTextIsNoAction() {
        assertNull(DataAction.parse(""));
        assertNull(DataAction.parse("keys/sign/action"));
        assertNull(DataAction.parse("Microsoft.KeyVault/managedHsm/keys/create/action"));
    }

    @ParameterizedTest
    @CsvSource({
        "*, 37",
        "Microsoft.KeyVault/managedHsm/*, 37",
        "microsoft.keyvault/managedhsm/*, 37",
        "Microsoft.KeyVault/managedHsm/keys/*, 20",
        "Microsoft.KeyVault/managedHsm/keys/deletedKeys/*, 3",
        "Microsoft.KeyVault/managedHsm/*/read/action, 5",
        "Microsoft.KeyVault/managedHsm/*/read, 3",
        "Microsoft.KeyVault/*/keys/*/action, 17",
        "Microsoft.KeyVault/managedHsm/keys/sign/action, 1",
        "Microsoft.KeyVault/managedHsm/keys/sign, 0",
        "Microsoft.KeyVault/managedHsm/keys, 0",
        "Microsoft.KeyVault/managedHsm/keys/s?gn/action, 0",
        "Microsoft.KeyVault/managedHsm/keys/.*/action, 0",
        "keys/*, 0",
        "Microsoft.KeyVault/vaults/*, 0"
    })
    void starStandsForAnyCharacters(String pattern, int actions) {
        assertEquals(actions, Long.bitCount(DataActionPattern.bits(List.of(pattern))));
    }
}
