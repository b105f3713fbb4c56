// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.auth.role;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ScopeTest {
    @ParameterizedTest
    @CsvSource({
        "'', /",
        "/, /",
        "///, /",
        "keys, /keys",
        "/keys, /keys",
        "/KEYS/, /keys",
        "//keys//, /keys",
        "/keys/a, /keys/a",
        "keys/My-Key-1, /keys/my-key-1",
        "//keys//A//, /keys/a",
        "/keys/keys, /keys/keys",
        "/keys/providers, /keys/providers"
    })
    void readsWhatClientsWrite(String text, String canonical) {
        Scope scope = Scope.parse(text);
        assertNotNull(scope);
        assertEquals(canonical, scope.text());
        assertEquals(scope, Scope.parse(canonical));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/key",
                "/keysa",
                "/secrets/a",
                "/keys/a/1",
                "/keys/a b",
                "/keys/..",
                "/keys/\u00e4",
                "*",
                "/keys/*"
            })
    void refusesEverythingElse(String text) {
        assertNull(Scope.parse(text));
    }

    @Test
    void refusesAKeyNameThatIsTooLong() {
        assertNotNull(Scope.parse("/keys/" + "a".repeat(127)));
        assertNull(Scope.parse("/keys/" + "a".repeat(128)));
        assertThrows(IllegalArgumentException.class, () -> Scope.key(""));
    }

    @Test
    void widerScopesContainNarrowerOnes() {
        Scope key = Scope.key("a");
        assertTrue(Scope.HSM.contains(Scope.HSM) && Scope.HSM.contains(Scope.KEYS) && Scope.HSM.contains(key));
        assertTrue(Scope.KEYS.contains(Scope.KEYS) && Scope.KEYS.contains(key));
        assertTrue(key.contains(Scope.key("A")));
        assertFalse(Scope.KEYS.contains(Scope.HSM));
        assertFalse(key.contains(Scope.KEYS) || key.contains(Scope.HSM) || key.contains(Scope.key("ab")));
    }
}
