// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.lifecycle;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.managedhsm.crypto.key.KeyAttributes;
import dev.managedhsm.crypto.key.KeyClass;
import dev.managedhsm.crypto.key.KeyFacts;
import dev.managedhsm.crypto.key.KeyName;
import dev.managedhsm.crypto.key.KeyVersion;
import dev.managedhsm.crypto.key.PermittedOperation;
import dev.managedhsm.crypto.key.PublicPart;
import dev.managedhsm.crypto.key.ReleasePolicy;
import java.io.UncheckedIOException;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class FactsCodecTest {
    private static final ReleasePolicy POLICY = new ReleasePolicy("application/json", "{\"version\":\"1.0.0\"}", true);

    @Test
    void readsBackWhatItWrote() {
        FactsCodec.Placed placed = FactsCodec.decode(FactsCodec.encode(facts(POLICY), 7));

        assertEquals(7, placed.ordinal());
        assertEquals(facts(POLICY), placed.facts());
        assertTrue(placed.facts().exportable());
    }

    @Test
    void readsTheFormatFromBeforeKeysCouldBeReleased() {
        byte[] now = FactsCodec.encode(facts(null), 1);
        byte[] before = Arrays.copyOf(now, now.length - 1); // it ended with the public part
        before[0] = 1;

        assertEquals(facts(null), FactsCodec.decode(before).facts());
        assertFalse(FactsCodec.decode(before).facts().exportable());
    }

    @Test
    void refusesAFormatItDoesNotKnow() {
        byte[] newer = FactsCodec.encode(facts(null), 1);
        newer[0]++;

        assertThrows(UncheckedIOException.class, () -> FactsCodec.decode(newer));
    }

    private static KeyFacts facts(@Nullable ReleasePolicy policy) {
        return new KeyFacts(
                new KeyName("a"),
                new KeyVersion("0".repeat(32)),
                KeyClass.OCT_256,
                EnumSet.of(PermittedOperation.ENCRYPT),
                new KeyAttributes(true, KeyAttributes.NONE, 5, 1, 2),
                Map.of("k", "v"),
                new PublicPart.None(),
                policy);
    }
}
