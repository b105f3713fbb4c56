// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.perf.planner;

import dev.managedhsm.perf.rig.Longer;
import io.vertx.core.json.JsonObject;
import org.HdrHistogram.Histogram;

/**
 * Times in which a core does nothing for whoever has it: the host has taken it away, an interrupt lasts, a thread that is none
 * of the model's has it. They come by chance (Poisson), on each core for itself.
 *
 * @param share of the time, 0 to 1
 * @param lengths nanoseconds; empty when there are none
 */
record Stalls(double share, Histogram lengths) {
    static final Stalls NONE = new Stalls(0, ServiceProfile.nothing());

    /** A wait is part of a stall when it is longer than what the model's own threads take at a time. */
    private static final double FROM_NANOS = 300_000;

    private static final double SHARE_MAX = 0.5;
    private static final double STEP = 1.5;
    private static final int SAMPLES = 10_000;

    /**
     * Out of what requests waited for a thread that had mostly nothing else to do. Requests that come by chance see a core as it
     * is at any time: the part that waits long is the part of the time that is stalled, and they wait for what is left of the
     * stall. So many wait for about a time as there are stalls that are longer (the density of a residual life), which gives
     * lengths.
     */
    static Stalls of(Histogram waits) {
        long usual = waits.getValueAtPercentile(50);
        double from = FROM_NANOS;
        long stalled = Longer.count(waits, from);
        if (stalled == 0) {
            return NONE;
        }
        Histogram lengths = new Histogram(waits.getNumberOfSignificantValueDigits());
        double longer = 0;
        // From the longest down: how many wait for about this time tells how many stalls are longer than it.
        double width = (STEP - 1) * from;
        double first = density(waits, from, STEP * from, width);
        for (double end = waits.getMaxValue(); end > from; end /= STEP) {
            double begin = Math.max(from, end / STEP);
            double here = Math.max(longer, density(waits, begin, end, end - begin));
            long count = Math.round(SAMPLES * (here - longer) / Math.max(first, here));
            if (count > 0) {
                lengths.recordValueWithCount(Math.max(1, Math.round(end - usual)), count);
            }
            longer = here;
        }
        double share = (double) stalled / waits.getTotalCount() / partLeftOver(lengths, from - usual);
        return new Stalls(Math.min(SHARE_MAX, share), lengths);
    }

    /** Of all times within stalls, the part at which more than this is left. */
    private static double partLeftOver(Histogram lengths, double nanos) {
        double left = 0;
        for (var value : lengths.recordedValues()) {
            left += value.getCountAtValueIteratedTo() * Math.max(0, value.getValueIteratedTo() - nanos);
        }
        return Math.max(1e-3, left / lengths.getTotalCount() / lengths.getMean());
    }

    private static double density(Histogram waits, double begin, double end, double width) {
        return waits.getCountBetweenValues(Math.round(begin) + 1, Math.round(end)) / Math.max(1, width);
    }

    /** Nanoseconds from the end of one to the beginning of the next, on average. */
    double betweenNanos() {
        return lengths.getMean() * (1 - share) / share;
    }

    JsonObject json() {
        return new JsonObject().put("share", share).put("lengths", HistogramText.of(lengths));
    }

    static Stalls read(JsonObject object) {
        return new Stalls(object.getDouble("share"), HistogramText.read(object.getString("lengths")));
    }
}
