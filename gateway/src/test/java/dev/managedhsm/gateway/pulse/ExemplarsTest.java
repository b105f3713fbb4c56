// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.pulse;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.managedhsm.crypto.key.KeyClass;
import dev.managedhsm.crypto.operation.Algorithm;
import dev.managedhsm.crypto.operation.Operation;
import dev.managedhsm.crypto.operation.Outcome;
import java.util.List;
import org.junit.jupiter.api.Test;

class ExemplarsTest {
    private static final long NOON = 1_800_000_000_000L;
    private static final String SOMEBODY = "00000000-0000-0001-0000-000000000002";

    private final Exemplars exemplars = new Exemplars();

    @Test
    void keepsTheMostTellingOfEachSecond() {
        for (int i = 1; i <= 10; i++) {
            exemplars.add(exemplar("s" + i, NOON + i, i));
        }
        exemplars.add(exemplar("next", NOON + 1_000, 1));
        assertEquals(List.of("s10", "s9", "s8", "s7", "next"), ids(NOON, NOON + 60_000));
        assertEquals(List.of("next"), ids(NOON + 1_000, NOON + 2_000));
    }

    @Test
    void keepsTheMostTellingOfEachMinuteForHours() {
        for (int second = 0; second < Exemplars.SECONDS + 60; second++) {
            exemplars.add(exemplar("s" + second, NOON + second * 1_000L, second == 7 ? 50 : 2));
        }
        assertEquals("s7", ids(NOON, NOON + 60_000).getFirst(), "its second is used again, its minute is not");
    }

    @Test
    void forgetsWhatIsLongOver() {
        exemplars.add(exemplar("old", NOON, 9));
        long later = NOON + Exemplars.MINUTES * 60_000L;
        for (int i = 0; i < Exemplars.PER_SLICE; i++) {
            exemplars.add(exemplar("new" + i, later, 1));
        }
        assertEquals(List.of(), ids(NOON, NOON + 1));
        assertEquals(Exemplars.PER_SLICE, ids(later, later + 1).size());
    }

    private List<String> ids(long fromMillis, long toMillis) {
        return Exemplars.mostTelling(exemplars.between(fromMillis, toMillis), 1_000).stream()
                .map(Exemplar::requestId)
                .toList();
    }

    private static Exemplar exemplar(String id, long endMillis, double excess) {
        return new Exemplar(
                endMillis,
                id,
                null,
                "key",
                "version",
                SOMEBODY,
                Operation.SIGN,
                KeyClass.P_256,
                Algorithm.ES256,
                Outcome.DONE,
                1_000_000,
                excess,
                new long[] {1_000_000});
    }
}
