// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.perf.planner;

import java.util.Arrays;
import java.util.SplittableRandom;
import org.HdrHistogram.Histogram;

/**
 * What requests at rest take beyond what the model makes of them: stalls that it does not know, of the system, of the
 * compiler, of neighbours. Found so that the model's latencies and one draw of it have the distribution that was measured.
 */
final class Residual {
    private static final int QUANTILES = 2_000;
    private static final int ROUNDS = 20;
    private static final double STEP = 0.7;
    private static final int DIGITS = 3;
    private static final long SEED = 7;

    private Residual() {}

    /**
     * Nanoseconds that are drawn for each request.
     *
     * @param model the model's latencies at rest, in nanoseconds, sorted
     * @param measured the same as measured
     */
    static Histogram of(double[] model, Histogram measured) {
        double[] residual = new double[QUANTILES];
        for (int i = 0; i < QUANTILES; i++) {
            residual[i] = Math.max(0, wanted(measured, i) - at(model, i));
        }
        Arrays.sort(residual);
        for (int round = 0; round < ROUNDS; round++) {
            double[] sum = sum(model, residual);
            for (int i = 0; i < QUANTILES; i++) {
                residual[i] = Math.max(0, residual[i] + STEP * (wanted(measured, i) - at(sum, i)));
            }
            Arrays.sort(residual);
        }
        Histogram histogram = new Histogram(DIGITS);
        for (double nanos : residual) {
            histogram.recordValue(Math.round(nanos));
        }
        return histogram;
    }

    private static double[] sum(double[] model, double[] residual) {
        SplittableRandom random = new SplittableRandom(SEED);
        double[] sum = new double[model.length];
        for (int i = 0; i < sum.length; i++) {
            sum[i] = model[i] + residual[random.nextInt(QUANTILES)];
        }
        Arrays.sort(sum);
        return sum;
    }

    private static double wanted(Histogram measured, int quantile) {
        return measured.getValueAtPercentile((quantile + 0.5) * 100 / QUANTILES);
    }

    private static double at(double[] sorted, int quantile) {
        return sorted[(int) ((quantile + 0.5) * sorted.length / QUANTILES)];
    }
}
