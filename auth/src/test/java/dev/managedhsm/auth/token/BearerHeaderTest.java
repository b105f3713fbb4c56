// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.auth.token;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BearerHeaderTest {
    @ParameterizedTest
    @ValueSource(strings = {"Bearer a.b-c_d~e+f/g==", "bearer a.b-c_d~e+f/g==", "BEARER    a.b-c_d~e+f/g=="})
    void findsTheToken(String header) {
        assertEquals("a.b-c_d~e+f/g==", BearerHeader.token(header));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "Bearer",
                "Bearer ",
                "Bearer    ",
                "Bearera",
                "Bearer\ta",
                " Bearer a",
                "Bearer a ",
                "Bearer a b",
                "Bearer a,b",
                "Bearer a, Basic b",
                "Bearer =",
                "Bearer a=b",
                "Bearer \"a\"",
                "Bearer a\n",
                "Bearer \u00e4",
                "Basic a",
                "PoP a",
                "a.b.c"
            })
    void refusesEverythingElse(String header) {
        assertNull(BearerHeader.token(header));
    }
}
