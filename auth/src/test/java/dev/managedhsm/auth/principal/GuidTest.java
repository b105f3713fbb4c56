// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.auth.principal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class GuidTest {
    private static final String TEXT = "89abcdef-0123-4567-89ab-cdef01234567";

    @Test
    void readsEitherCase() {
        assertEquals(UUID.fromString(TEXT), Guid.parse(TEXT));
        assertEquals(UUID.fromString(TEXT), Guid.parse("89ABCDEF-0123-4567-89aB-CDEF01234567"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "1-1-1-1-1",
                "89abcdef012345678 9abcdef01234567",
                "{89abcdef-0123-4567-89ab-cdef01234567}",
                "89abcdef-0123-4567-89ab-cdef0123456",
                "89abcdef-0123-4567-89ab-cdef012345678",
                "89abcdef-0123-4567-89ab-cdef0123456g",
                "89abcdef-0123-4567-89ab-cdef0123456@",
                "89abcdef-0123-4567-89ab-cdef0123456\u0661",
                "89abcdef-0123-4567-89ab-cdef0123456\u0141",
                "89abcdef+0123-4567-89ab-cdef01234567",
                "-89abcde-0123-4567-89ab-cdef01234567"
            })
    void refusesEverythingElse(String text) {
        assertNull(Guid.parse(text));
    }

    @Test
    void refusesNothing() {
        assertNull(Guid.parse(null));
    }
}
