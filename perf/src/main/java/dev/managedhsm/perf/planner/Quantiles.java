// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.perf.planner;

import org.HdrHistogram.Histogram;

/** Values of a histogram at equal distances, found in one walk: to ask it for each percentile would be a walk for each. */
final class Quantiles {
    private Quantiles() {}

    /**
     * So many values, ascending, each in the middle of its part of all; none where there are none.
     *
     * @param histogram what was recorded
     * @param count how many
     */
    static long[] of(Histogram histogram, int count) {
        double total = histogram.getTotalCount();
        long[] values = new long[total == 0 ? 0 : count];
        int found = 0;
        double seen = 0;
        for (var value : histogram.recordedValues()) {
            seen += value.getCountAtValueIteratedTo();
            while (found < values.length && (found + 0.5) / count * total <= seen) {
                values[found++] = value.getValueIteratedTo();
            }
        }
        return values;
    }
}
