// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.perf.rig;

import org.HdrHistogram.Histogram;

/** Counts in a histogram what took longer than a bound. */
public final class Longer {
    private Longer() {}

    /**
     * How many values are longer.
     *
     * @param of nanoseconds
     * @param nanos the bound, to the precision of the histogram
     */
    public static long count(Histogram of, double nanos) {
        return of.getTotalCount() - of.getCountBetweenValues(0, Math.round(nanos));
    }
}
