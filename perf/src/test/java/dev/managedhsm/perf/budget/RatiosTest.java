// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.perf.budget;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;

class RatiosTest {
    @Test
    void takesTheMiddleOne() {
        assertEquals(1.0, of(9, 1, 0.5).median());
    }

    @Test
    void takesBetweenTheTwoInTheMiddle() {
        assertEquals(1.5, of(2, 9, 1, 0.5).median());
    }

    @Test
    void takesOneThatIsAlone() {
        assertEquals(0.7, of(0.7).median());
    }

    @Test
    void refusesWithoutRounds() {
        assertThrows(IllegalStateException.class, of()::median);
    }

    private static Ratios of(double... rounds) {
        Ratios ratios = new Ratios(rounds.length);
        for (double round : rounds) {
            ratios.add(round);
        }
        return ratios;
    }
}
