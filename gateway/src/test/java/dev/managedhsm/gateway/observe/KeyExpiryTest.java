// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.observe;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.managedhsm.crypto.key.KeyAttributes;
import org.junit.jupiter.api.Test;

class KeyExpiryTest {
    private static final long NOW = 1_800_000_000;
    private static final long DAY = 24 * 3600;
    private static final KeyExpiry.Counts NONE = new KeyExpiry.Counts(0, 0, 0, KeyExpiry.NEVER);

    private static KeyAttributes expiring(long seconds) {
        return new KeyAttributes(true, KeyAttributes.NONE, seconds, 0, 0);
    }

    @Test
    void tellsKeysThatExpireSoonFromThoseThatHave() {
        KeyExpiry.Counts counts = NONE.with(expiring(NOW - 1), NOW)
                .with(expiring(NOW), NOW)
                .with(expiring(NOW + 7 * DAY), NOW)
                .with(expiring(NOW + 7 * DAY + 1), NOW)
                .with(expiring(NOW + 30 * DAY), NOW)
                .with(expiring(NOW + 30 * DAY + 1), NOW);
        assertEquals(new KeyExpiry.Counts(2, 1, 3, NOW + 7 * DAY), counts);
    }

    @Test
    void aKeyWithoutExpiryAndOneThatIsDisabledDoNotCount() {
        KeyExpiry.Counts counts = NONE.with(expiring(KeyAttributes.NONE), NOW)
                .with(new KeyAttributes(false, KeyAttributes.NONE, NOW + DAY, 0, 0), NOW);
        assertEquals(NONE, counts);
    }
}
