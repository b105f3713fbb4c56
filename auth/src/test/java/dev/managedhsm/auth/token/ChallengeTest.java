// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.auth.token;

import static dev.managedhsm.auth.fixture.Issuers.TENANT;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class ChallengeTest {
    private static final String PLAIN = "Bearer authorization=\"https://login.example.org/" + TENANT
            + "\", resource=\"https://hsm.example.org:8443\"";

    private final Challenge challenge =
            new Challenge("https://login.example.org", TENANT, "https://hsm.example.org:8443");

    @Test
    void hasTheFormClientsExpect() {
        assertEquals(PLAIN, challenge.text());
    }

    @Test
    void explainsAfterTheTwoAttributes() {
        assertEquals(
                PLAIN + ", error=\"invalid_token\", error_description=\"token_expired\"",
                challenge.text(RejectionReason.EXPIRED));
    }

    @Test
    void saysNothingMoreWhenThereWasNoToken() {
        assertEquals(PLAIN, challenge.text(RejectionReason.MISSING));
    }

    /** A client in the field splits attributes at commas and spaces, and each attribute at its equals sign. */
    @ParameterizedTest
    @EnumSource(RejectionReason.class)
    void staysReadableForClientsThatSplitAtSpaces(RejectionReason reason) {
        Map<String, String> attributes = new HashMap<>();
        String text = challenge.text(reason);
        for (String pair : text.substring("Bearer ".length()).split(",? +", -1)) {
            String[] parts = pair.split("=", 2);
            assertEquals(2, parts.length, pair);
            assertTrue(parts[1].matches("\"[\\x21\\x23-\\x2b\\x2d-\\x5b\\x5d-\\x7e]+\""), pair);
            attributes.put(parts[0], parts[1].substring(1, parts[1].length() - 1));
        }
        assertEquals("https://login.example.org/" + TENANT, attributes.get("authorization"));
        assertEquals("https://hsm.example.org:8443", attributes.get("resource"));
    }

    @Test
    void hintsDoNotTellWhatIsTrusted() {
        for (RejectionReason reason : new RejectionReason[] {
            RejectionReason.UNSIGNED,
            RejectionReason.FORBIDDEN_HEADER,
            RejectionReason.UNKNOWN_ISSUER,
            RejectionReason.ALGORITHM_NOT_ALLOWED,
            RejectionReason.UNKNOWN_KEY,
            RejectionReason.BAD_SIGNATURE
        }) {
            assertEquals("token_not_trusted", reason.hint());
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "http://a.example.org",
                "https://a.example.org/",
                "https://a\"b",
                "https://a b",
                "https://a,b"
            })
    void refusesWhatClientsCouldNotRead(String url) {
        assertThrows(IllegalArgumentException.class, () -> new Challenge(url, TENANT, "https://a.example.org"));
        assertThrows(IllegalArgumentException.class, () -> new Challenge("https://a.example.org", TENANT, url));
    }
}
