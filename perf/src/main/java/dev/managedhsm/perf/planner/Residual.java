// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.perf.planner;

import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.function.Function;
import org.HdrHistogram.Histogram;

/**
 * What requests take beyond what the model makes of them, found so that the model's times together with what is drawn from it
 * have the distribution that was measured.
 */
final class Residual {
    private static final int QUANTILES = 2_000;
    private static final int ROUNDS = 20;
    private static final double STEP = 0.7;
    private static final int DIGITS = 3;
    private static final long SEED = 7;

    private Residual() {}

    /**
     * Nanoseconds that are drawn for each request and added to what it took.
     *
     * @param model the model's times without, in nanoseconds, sorted
     * @param measured the same as measured
     */
    static Histogram of(double[] model, Histogram measured) {
        return of(model, measured, residual -> sum(model, residual), ROUNDS, 0);
    }

    /**
     * Nanoseconds that are drawn for something inside the model, which others may wait for too. Never 0, which would be that it does not happen.
     *
     * @param with the model's times with a residual, sorted
     * @param measured the same as measured
     * @param rounds how often the model is asked
     */
    static Histogram within(Function<Histogram, double[]> with, Histogram measured, int rounds) {
        Histogram none = new Histogram(DIGITS);
        none.recordValue(1);
        return of(with.apply(none), measured, residual -> with.apply(histogram(residual)), rounds, 1);
    }

    private static Histogram of(
            double[] model, Histogram measured, Function<double[], double[]> with, int rounds, double least) {
        long[] wanted = Quantiles.of(measured, QUANTILES);
        double[] residual = new double[wanted.length];
        for (int i = 0; i < residual.length; i++) {
            residual[i] = Math.max(least, wanted[i] - at(model, i));
        }
        Arrays.sort(residual);
        for (int round = 0; round < rounds && wanted.length > 0; round++) {
            double[] sum = with.apply(residual);
            for (int i = 0; i < residual.length; i++) {
                residual[i] = Math.max(least, residual[i] + STEP * (wanted[i] - at(sum, i)));
            }
            Arrays.sort(residual);
        }
        return histogram(residual);
    }

    private static Histogram histogram(double[] residual) {
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

    private static double at(double[] sorted, int quantile) {
        return sorted[(int) ((quantile + 0.5) * sorted.length / QUANTILES)];
    }
}
