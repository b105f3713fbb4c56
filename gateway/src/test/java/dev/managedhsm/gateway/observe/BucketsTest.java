// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.observe;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.prometheus.metrics.model.snapshots.Exemplars;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot.HistogramDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.NativeHistogramBucket;
import java.util.Random;
import org.HdrHistogram.Histogram;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BucketsTest {
    private final Histogram nanos = new Histogram(60_000_000_000L, 2);
    private final Buckets buckets = new Buckets(1e-3, 0.1, 1);

    private HistogramDataPointSnapshot point() {
        return buckets.of(nanos, Labels.EMPTY, Exemplars.EMPTY);
    }

    @Test
    void everyValueIsInOneBucketOfEachKind() {
        Random random = new Random(1);
        for (int i = 0; i < 10_000; i++) {
            nanos.recordValue((long) Math.pow(10, 2 + 8.5 * random.nextDouble()));
        }
        HistogramDataPointSnapshot point = point();
        long classic = point.getClassicBuckets().stream()
                .mapToLong(bucket -> bucket.getCount())
                .sum();
        long sparse = point.getNativeBucketsForPositiveValues().stream()
                .mapToLong(NativeHistogramBucket::getCount)
                .sum();
        assertEquals(10_000, classic);
        assertEquals(10_000, sparse);
        assertEquals(nanos.getMean() * 10_000 / 1e9, point.getSum(), point.getSum() / 100);
    }

    @Test
    void aClassicBucketHoldsWhatIsNotAboveItsBound() {
        nanos.recordValue(900_000);
        nanos.recordValue(50_000_000);
        nanos.recordValue(60_000_000);
        nanos.recordValue(5_000_000_000L);
        HistogramDataPointSnapshot point = point();
        assertEquals(1, point.getClassicBuckets().getCount(0));
        assertEquals(2, point.getClassicBuckets().getCount(1));
        assertEquals(0, point.getClassicBuckets().getCount(2));
        assertEquals(1, point.getClassicBuckets().getCount(3));
        assertEquals(Double.POSITIVE_INFINITY, point.getClassicBuckets().getUpperBound(3));
    }

    @ParameterizedTest
    @ValueSource(doubles = {2e-9, 1e-6, 33e-6, 1e-3, 0.25, 1, 59.9})
    void aNativeBucketEndsAtItsPowerOfTwo(double seconds) {
        int index = Buckets.index(seconds);
        assertTrue(seconds <= Math.pow(2, index / 32.0) * (1 + 1e-12), "at most its upper bound");
        assertTrue(seconds > Math.pow(2, (index - 1) / 32.0) * (1 - 1e-12), "above the bound of the one before");
    }

    @Test
    void aBoundItselfBelongsToTheBucketBelow() {
        assertEquals(0, Buckets.index(1));
        assertEquals(-32, Buckets.index(0.5));
        assertEquals(32, Buckets.index(2));
    }

    /** What Prometheus finds by going up the buckets is the percentile that HdrHistogram tells. */
    @ParameterizedTest
    @ValueSource(doubles = {50, 90, 99, 99.9})
    void aPercentileIsTheSameWithinThreePerCent(double percentile) {
        Random random = new Random(2);
        for (int i = 0; i < 100_000; i++) {
            nanos.recordValue((long) (40_000 * Math.exp(random.nextGaussian())));
        }
        double wanted = nanos.getValueAtPercentile(percentile) / 1e9;
        long rank = (long) Math.ceil(percentile / 100 * 100_000);
        double found = 0;
        long seen = 0;
        for (NativeHistogramBucket bucket : point().getNativeBucketsForPositiveValues()) {
            seen += bucket.getCount();
            if (seen >= rank) {
                found = Math.pow(2, (bucket.getBucketIndex() - 0.5) / 32);
                break;
            }
        }
        assertEquals(wanted, found, wanted * 0.03);
    }

    @Test
    void whatTookNoTimeIsInTheZeroBucket() {
        nanos.recordValue(0);
        nanos.recordValue(1_000);
        HistogramDataPointSnapshot point = point();
        assertEquals(1, point.getNativeZeroCount());
        assertEquals(1, point.getNativeBucketsForPositiveValues().size());
        assertEquals(2, point.getClassicBuckets().getCount(0));
    }

    @Test
    void countsOfOneHistogramAreNotLeftForTheNext() {
        nanos.recordValue(1_000);
        point();
        nanos.reset();
        nanos.recordValue(1_000);
        assertEquals(1, point().getNativeBucketsForPositiveValues().getCount(0));
    }
}
