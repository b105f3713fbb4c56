// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.latency;

import dev.managedhsm.crypto.operation.Stage;
import dev.managedhsm.crypto.operation.StageTimes;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.HdrHistogram.SingleWriterRecorder;
import org.jspecify.annotations.Nullable;

/**
 * Records the stages of finished operations for one thread.
 *
 * <p>{@link #record} is called by the owner only; nobody can make it wait. The histograms of a series are made when the
 * series first occurs, so a recorder costs memory only for what its thread has seen.
 */
public final class LatencyRecorder {
    /** Longest latency told apart, in nanoseconds: 60 s. Anything longer counts as this. */
    static final long NANOS_MAX = 60_000_000_000L;

    /** Values that differ by less than 1 % may be counted as one. */
    static final int SIGNIFICANT_DIGITS = 2;

    private static final Stage[] STAGES = Stage.values();

    private final AtomicReferenceArray<@Nullable SingleWriterRecorder> recorders =
            new AtomicReferenceArray<>(LatencySeries.COUNT);

    LatencyRecorder() {}

    /** Records every stage of an operation and the whole; all stages must have been stamped. Owner only. */
    public void record(StageTimes times) {
        int first = LatencySeries.first(times.operation(), times.keyClass());
        for (int i = 0; i < STAGES.length; i++) {
            record(first + i, times.nanos(STAGES[i]));
        }
        record(first + LatencySeries.whole(), times.totalNanos());
    }

    private void record(int series, long nanos) {
        SingleWriterRecorder recorder = recorders.getPlain(series);
        if (recorder == null) {
            recorder = new SingleWriterRecorder(NANOS_MAX, SIGNIFICANT_DIGITS);
            recorders.setRelease(series, recorder);
        }
        recorder.recordValue(Math.clamp(nanos, 0, NANOS_MAX));
    }

    /** The recorder of a series, or null while the series has not occurred. Any thread. */
    @Nullable
    SingleWriterRecorder recorder(int series) {
        return recorders.getAcquire(series);
    }
}
