// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.perf.planner;

import dev.managedhsm.perf.rig.Work;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.SplittableRandom;
import org.HdrHistogram.Histogram;

/**
 * A node as two stations in a row, worked through request by request: event loops, then the workers of a lane, each first
 * come, first served. Callers arrive by chance (Poisson); service times are drawn from the measured histograms. The same
 * input gives the same output.
 */
final class QueueModel {
    private static final int REQUESTS = 30_000;
    private static final int DRAWS = 4_096;
    private static final long SEED = 42;

    private final ServiceProfile profile;
    private final Mix mix;
    private final Map<Work, long[]> draws = new EnumMap<>(Work.class);

    QueueModel(ServiceProfile profile, Mix mix) {
        this.profile = profile;
        this.mix = mix;
        mix.parts().keySet().forEach(work -> draws.put(work, quantiles(profile.of(work))));
    }

    /** Nanoseconds within which this part of the requests is answered, 0 to 1, at a rate of one node. */
    double latencyNanos(Lanes lanes, double perSecond, double part) {
        SplittableRandom random = new SplittableRandom(SEED);
        PriorityQueue<Double> loops = idle(lanes.loops());
        PriorityQueue<Double> fast = idle(lanes.fast());
        PriorityQueue<Double> slow = idle(lanes.slow());
        double[] latency = new double[REQUESTS];
        double at = 0;
        for (int i = 0; i < REQUESTS; i++) {
            at += -Math.log(1 - random.nextDouble()) * 1e9 / perSecond;
            Work work = mix.at(random.nextDouble());
            long[] service = draws.get(work);
            if (service == null) {
                throw new IllegalStateException("a mix is drawn from its own parts");
            }
            double taken = pass(loops, at, profile.edgeNanos());
            double done = pass(work.slow() ? slow : fast, taken, service[random.nextInt(DRAWS)]);
            latency[i] = done - at + profile.restNanos();
        }
        Arrays.sort(latency);
        return latency[Math.min(REQUESTS - 1, (int) Math.ceil(part * REQUESTS))];
    }

    /** Requests per second at which the busiest station has no moment left. */
    double saturation(Lanes lanes) {
        double fastNanos = 0;
        double slowNanos = 0;
        for (Map.Entry<Work, Double> part : mix.parts().entrySet()) {
            double mean = part.getValue() * profile.of(part.getKey()).getMean();
            if (part.getKey().slow()) {
                slowNanos += mean;
            } else {
                fastNanos += mean;
            }
        }
        double rate = lanes.loops() * 1e9 / Math.max(1, profile.edgeNanos());
        if (fastNanos > 0) {
            rate = Math.min(rate, lanes.fast() * 1e9 / fastNanos);
        }
        if (slowNanos > 0) {
            rate = Math.min(rate, lanes.slow() * 1e9 / slowNanos);
        }
        return rate;
    }

    /** The highest rate of one node that keeps the 99th percentile; 0 when none does. */
    double knee(Lanes lanes, double p99Nanos) {
        double low = 0;
        double high = saturation(lanes);
        for (int i = 0; i < 12; i++) {
            double middle = (low + high) / 2;
            if (latencyNanos(lanes, middle, 0.99) <= p99Nanos) {
                low = middle;
            } else {
                high = middle;
            }
        }
        return low;
    }

    private static double pass(PriorityQueue<Double> servers, double arrival, long serviceNanos) {
        Double free = servers.poll();
        if (free == null) {
            throw new IllegalStateException("a station without servers was asked for something");
        }
        double done = Math.max(free, arrival) + serviceNanos;
        servers.add(done);
        return done;
    }

    private static PriorityQueue<Double> idle(int servers) {
        PriorityQueue<Double> free = new PriorityQueue<>();
        for (int i = 0; i < servers; i++) {
            free.add(0.0);
        }
        return free;
    }

    private static long[] quantiles(Histogram histogram) {
        long[] values = new long[DRAWS];
        for (int i = 0; i < DRAWS; i++) {
            values[i] = histogram.getValueAtPercentile((i + 0.5) * 100 / DRAWS);
        }
        return values;
    }
}
