// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.perf.budget;

import java.util.Arrays;

/** Ratios of one thing measured, a round each. */
final class Ratios {
    private final double[] rounds;
    private int count;

    /** @param rounds how many there will be at most */
    Ratios(int rounds) {
        this.rounds = new double[rounds];
    }

    void add(double ratio) {
        rounds[count++] = ratio;
    }

    /** The middle one; between the two in the middle where their number is even. */
    double median() {
        if (count == 0) {
            throw new IllegalStateException("no round has been measured");
        }
        double[] sorted = Arrays.copyOf(rounds, count);
        Arrays.sort(sorted);
        return (sorted[(count - 1) / 2] + sorted[count / 2]) / 2;
    }
}
