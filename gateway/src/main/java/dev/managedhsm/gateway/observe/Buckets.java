// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.observe;

import io.prometheus.metrics.model.snapshots.ClassicHistogramBuckets;
import io.prometheus.metrics.model.snapshots.Exemplars;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot.HistogramDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.NativeHistogramBuckets;
import org.HdrHistogram.Histogram;
import org.HdrHistogram.HistogramIterationValue;

/**
 * A histogram of nanoseconds, as HdrHistogram counts it, as one of seconds, as Prometheus wants it: with the few buckets
 * of a classic histogram, and with the many of a native one, whose bounds are powers of 2^(1/32), 2.2 % apart. HdrHistogram's
 * own are at most 0.8 % wide; each is counted where its middle lies.
 *
 * <p>Used by one thread at a time.
 */
final class Buckets {
    /** Native buckets for one doubling: 2^5. */
    private static final int SCHEMA = 5;

    private static final int PER_DOUBLING = 1 << SCHEMA;

    /** What took no more than a nanosecond took no time. */
    private static final double ZERO_SECONDS_MAX = 1e-9;

    private static final double NANOS_PER_SECOND = 1e9;
    private static final double LOG_2 = Math.log(2);

    /** Native buckets reach from 2^-30 s, about a nanosecond, to 2^6 s. */
    private static final int INDEX_MIN = -30 * PER_DOUBLING;

    private static final int INDEX_MAX = 6 * PER_DOUBLING;

    private final double[] bounds;
    private final long[] counts = new long[INDEX_MAX - INDEX_MIN + 1];

    /** @param bounds upper bounds of the classic buckets, in seconds, ascending; one without bound is added */
    Buckets(double... bounds) {
        this.bounds = bounds.clone();
    }

    /**
     * One histogram in both forms.
     *
     * @param nanos what was recorded, in nanoseconds; not changed
     * @param labels whose it is
     * @param exemplars single ones that were recorded
     */
    HistogramDataPointSnapshot of(Histogram nanos, Labels labels, Exemplars exemplars) {
        long[] classic = new long[bounds.length + 1];
        double sumSeconds = 0;
        long zeroes = 0;
        int used = 0;
        for (HistogramIterationValue recorded : nanos.recordedValues()) {
            long count = recorded.getCountAtValueIteratedTo();
            double seconds = nanos.medianEquivalentValue(recorded.getValueIteratedTo()) / NANOS_PER_SECOND;
            sumSeconds += seconds * count;
            classic[place(seconds)] += count;
            if (seconds <= ZERO_SECONDS_MAX) {
                zeroes += count;
            } else {
                int index = Math.clamp(index(seconds) - INDEX_MIN, 0, counts.length - 1);
                used += counts[index] == 0 ? 1 : 0;
                counts[index] += count;
            }
        }
        return HistogramDataPointSnapshot.builder()
                .classicHistogramBuckets(ClassicHistogramBuckets.of(withoutBound(), classic))
                .nativeSchema(SCHEMA)
                .nativeZeroThreshold(ZERO_SECONDS_MAX)
                .nativeZeroCount(zeroes)
                .nativeBucketsForPositiveValues(taken(used))
                .sum(sumSeconds)
                .labels(labels)
                .exemplars(exemplars)
                .build();
    }

    /** The native bucket of a value: the i for which 2^((i-1)/32) < value <= 2^(i/32). */
    static int index(double seconds) {
        return (int) Math.ceil(Math.log(seconds) / LOG_2 * PER_DOUBLING);
    }

    private int place(double seconds) {
        int place = 0;
        while (place < bounds.length && seconds > bounds[place]) {
            place++;
        }
        return place;
    }

    private double[] withoutBound() {
        double[] all = new double[bounds.length + 1];
        System.arraycopy(bounds, 0, all, 0, bounds.length);
        all[bounds.length] = Double.POSITIVE_INFINITY;
        return all;
    }

    /** The native buckets that were used; they are empty again afterwards. */
    private NativeHistogramBuckets taken(int used) {
        int[] indices = new int[used];
        long[] taken = new long[used];
        int next = 0;
        for (int i = 0; next < used; i++) {
            if (counts[i] > 0) {
                indices[next] = INDEX_MIN + i;
                taken[next++] = counts[i];
                counts[i] = 0;
            }
        }
        return NativeHistogramBuckets.of(indices, taken);
    }
}
