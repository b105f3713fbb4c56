// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.perf.rig;

import java.util.Locale;
import org.HdrHistogram.Histogram;

/**
 * What a run on a schedule came to. Latencies are told only when the target was reached: below it they are those of
 * another, lighter load.
 */
public final class LoadFigures {
    /** The part of the target that must be answered, in the time of the schedule, for a figure to count. */
    static final double REACHED = 0.98;

    private static final double MICROS = 1_000;

    private final double target;
    private final double achieved;
    private final long refused;
    private final long failed;
    private final Histogram latency;
    private final Histogram refusal;
    private final Histogram lateness;

    LoadFigures(
            double target,
            double achieved,
            long refused,
            long failed,
            Histogram latency,
            Histogram refusal,
            Histogram lateness) {
        this.target = target;
        this.achieved = achieved;
        this.refused = refused;
        this.failed = failed;
        this.latency = latency;
        this.refusal = refusal;
        this.lateness = lateness;
    }

    /** Requests per second that were wanted. */
    public double target() {
        return target;
    }

    /** Requests with status 200 per second, from the first intended sending to the last answer. */
    public double achieved() {
        return achieved;
    }

    /** Requests that ended with status 429. */
    public long refused() {
        return refused;
    }

    /** Requests that ended otherwise than with status 200 or 429. */
    public long failed() {
        return failed;
    }

    /** Whether the rate that was achieved is the one that was wanted. */
    public boolean reached() {
        return achieved >= REACHED * target;
    }

    /**
     * Microseconds from the intended sending to the whole answer.
     *
     * @param percentile 0 to 100
     * @throws IllegalStateException if the target was missed
     */
    public double micros(double percentile) {
        if (!reached()) {
            throw new IllegalStateException("the target was missed, so there is no latency to tell");
        }
        return latency.getValueAtPercentile(percentile) / MICROS;
    }

    /**
     * Nanoseconds from the intended sending to the whole answer.
     *
     * @throws IllegalStateException if the target was missed
     */
    public Histogram latency() {
        if (!reached()) {
            throw new IllegalStateException("the target was missed, so there is no latency to tell");
        }
        return latency.copy();
    }

    /** Microseconds from the sending of a request to its refusal with 429. */
    double refusalMicros(double percentile) {
        return refusal.getValueAtPercentile(percentile) / MICROS;
    }

    /** How many refusals took longer than so many microseconds, to the precision of their histogram. */
    long refusedAfter(double micros) {
        return Longer.count(refusal, micros * MICROS);
    }

    /** Microseconds by which the rig itself sent later than it was meant to; part of every latency. */
    double latenessMicros(double percentile) {
        return lateness.getValueAtPercentile(percentile) / MICROS;
    }

    /** One line: target, achieved, failures, and percentiles when there are any to tell. */
    @Override
    public String toString() {
        String head = String.format(
                Locale.ROOT,
                "target %.0f/s, achieved %.0f/s, refused %d, failed %d",
                target,
                achieved,
                refused,
                failed);
        if (!reached()) {
            return head + ": TARGET MISSED, no latency is reported";
        }
        return head
                + String.format(
                        Locale.ROOT,
                        ", p50 %.0f us, p90 %.0f us, p99 %.0f us, p99.9 %.0f us, max %.0f us"
                                + " (the rig itself late by p50 %.0f us, p99 %.0f us)",
                        micros(50),
                        micros(90),
                        micros(99),
                        micros(99.9),
                        micros(100),
                        latenessMicros(50),
                        latenessMicros(99));
    }
}
