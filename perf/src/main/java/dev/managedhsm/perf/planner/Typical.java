// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.perf.planner;

import java.util.List;
import org.HdrHistogram.Histogram;

/** A typical run out of several of the same load: each of its quantiles is the median of theirs. */
final class Typical {
    private static final int QUANTILES = 5_000;
    private static final int DIGITS = 3;

    private Typical() {}

    /** Of runs, of which those without any value do not count; empty without others. */
    static Histogram of(List<Histogram> runs) {
        Histogram typical = new Histogram(DIGITS);
        List<long[]> told = runs.stream()
                .map(run -> Quantiles.of(run, QUANTILES))
                .filter(values -> values.length > 0)
                .toList();
        for (int i = 0; i < QUANTILES && !told.isEmpty(); i++) {
            int quantile = i;
            long[] sorted =
                    told.stream().mapToLong(values -> values[quantile]).sorted().toArray();
            typical.recordValue((sorted[(sorted.length - 1) / 2] + sorted[sorted.length / 2]) / 2);
        }
        return typical;
    }
}
