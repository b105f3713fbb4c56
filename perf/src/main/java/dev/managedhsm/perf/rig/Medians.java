// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.perf.rig;

import java.util.Arrays;
import java.util.Collection;
import java.util.Locale;

/**
 * What several rounds of one measurement came to. Immutable.
 *
 * @param median the middle one; between the two in the middle where their number is even
 * @param least the smallest
 * @param most the largest
 */
public record Medians(double median, double least, double most) {
    /** Of at least one round. */
    public static Medians of(Collection<Double> rounds) {
        double[] sorted = rounds.stream().mapToDouble(Double::doubleValue).toArray();
        if (sorted.length == 0) {
            throw new IllegalStateException("no round has been measured");
        }
        Arrays.sort(sorted);
        double median = (sorted[(sorted.length - 1) / 2] + sorted[sorted.length / 2]) / 2;
        return new Medians(median, sorted[0], sorted[sorted.length - 1]);
    }

    @Override
    public String toString() {
        return String.format(Locale.ROOT, "%.1f (%.1f–%.1f)", median, least, most);
    }
}
