// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.perf.rig;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.HdrHistogram.Histogram;
import org.junit.jupiter.api.Test;

class LoadFiguresTest {
    @Test
    void countsRefusalsThatTookLongerThanTheyMay() {
        Histogram refusal = new Histogram(3);
        refusal.recordValueWithCount(180_000, 97);
        refusal.recordValueWithCount(4_900_000, 1);
        refusal.recordValueWithCount(5_100_000, 2);
        LoadFigures figures = new LoadFigures(1_000, 1_000, 100, 0, new Histogram(3), refusal, new Histogram(3));
        assertEquals(2, figures.refusedAfter(5_000));
        assertEquals(0, figures.refusedAfter(6_000));
    }
}
