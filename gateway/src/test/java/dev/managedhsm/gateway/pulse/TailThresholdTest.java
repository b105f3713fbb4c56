// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.pulse;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Random;
import org.junit.jupiter.api.Test;

class TailThresholdTest {
    private final TailThreshold threshold = new TailThreshold();

    @Test
    void letsOnlyANewLongestPassWhileThereAreFew() {
        assertTrue(threshold.passedBy(50_000));
        assertFalse(threshold.passedBy(49_000));
        assertTrue(threshold.passedBy(51_000));
        assertEquals(51_000, threshold.nanos());
    }

    @Test
    void forgetsHowSlowTheStartWas() {
        for (int i = 0; i < 1_000; i++) {
            threshold.passedBy(i < 100 ? 500_000_000 : 60_000);
        }
        assertFalse(threshold.passedBy(50_000_000), "shorter than at the start");
        for (int i = 0; i < 1_100; i++) {
            threshold.passedBy(60_000);
        }
        assertTrue(threshold.passedBy(50_000_000));
        assertFalse(threshold.passedBy(60_000));
    }

    @Test
    void letsAboutAThousandthPass() {
        Random random = new Random(7);
        int passed = 0;
        int count = 400_000;
        for (int i = 0; i < count; i++) {
            long nanos = (long) (60_000 * Math.exp(random.nextGaussian()));
            passed += threshold.passedBy(nanos) ? 1 : 0;
        }
        double share = (double) passed / count;
        assertTrue(share > 0.0004 && share <= 0.0015, share + " passed");
        double p999 = 60_000 * Math.exp(3.09);
        assertEquals(p999, (double) threshold.nanos(), p999 * 0.25);
    }

    @Test
    void forgetsHowFastItWas() {
        for (int i = 0; i < 1_000_000; i++) {
            threshold.passedBy(60_000);
        }
        for (int i = 0; i < 2_000; i++) {
            threshold.passedBy(6_000_000);
        }
        assertFalse(threshold.passedBy(6_000_000), "what is slow all the time is no tail");
        assertTrue(threshold.passedBy(60_000_000));
    }

    @Test
    void takesAnyLength() {
        assertTrue(threshold.passedBy(Long.MAX_VALUE));
        assertFalse(threshold.passedBy(-1));
    }
}
