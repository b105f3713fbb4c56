// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.perf.planner;

import dev.managedhsm.perf.rig.Work;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.HdrHistogram.Histogram;

/**
 * Predicts how a node does, from a profile: callers arrive by chance (Poisson), what they ask for and how long that takes is
 * drawn from the mix and the measured histograms, and a {@link NodeRun} works it through. The same input gives the same
 * output.
 */
final class QueueModel {
    private static final int REQUESTS = 20_000;
    private static final int DRAWS = 4_096;
    private static final long SEED = 42;

    private final ServiceProfile profile;
    private final Mix mix;
    private final long[] durable;
    private final long[] residual;
    private final Map<Work, long[]> draws = new EnumMap<>(Work.class);

    QueueModel(ServiceProfile profile, Mix mix) {
        this.profile = profile;
        this.mix = mix;
        this.durable = quantiles(profile.durable());
        this.residual = quantiles(profile.residual());
        mix.parts().keySet().forEach(work -> draws.put(work, quantiles(profile.of(work))));
    }

    /** Nanoseconds within which this part of the requests is answered, 0 to 1, at a rate of one node with a core a thread. */
    double latencyNanos(Lanes lanes, double perSecond, double part) {
        return latencyNanos(Node.of(lanes), perSecond, part);
    }

    /** The same of any node. */
    double latencyNanos(Node node, double perSecond, double part) {
        return latencyNanos(node, perSecond, part, false);
    }

    /** The same of callers that arrive at equal distances. */
    double evenLatencyNanos(Node node, double perSecond, double part) {
        return latencyNanos(node, perSecond, part, true);
    }

    private double latencyNanos(Node node, double perSecond, double part, boolean even) {
        double[] latency = latencies(node, perSecond, even);
        return latency[Math.min(REQUESTS - 1, (int) Math.ceil(part * REQUESTS))];
    }

    /** Nanoseconds of many requests at a rate, sorted. */
    double[] latencies(Node node, double perSecond, boolean even) {
        SplittableRandom random = new SplittableRandom(SEED);
        List<NodeRun.Request> requests = new ArrayList<>(REQUESTS);
        double at = 0;
        for (int i = 0; i < REQUESTS; i++) {
            at += (even ? 1 : -Math.log(1 - random.nextDouble())) * 1e9 / perSecond;
            Work work = mix.at(random.nextDouble());
            long[] service = draws.get(work);
            if (service == null) {
                throw new IllegalStateException("a mix is drawn from its own parts");
            }
            double serviceNanos = service[random.nextInt(DRAWS)];
            double forceNanos = durable.length == 0 ? 0 : durable[random.nextInt(DRAWS)];
            requests.add(new NodeRun.Request(at, serviceNanos, forceNanos, work.slow()));
        }
        new NodeRun(profile.edge(), node).run(requests);
        return requests.stream()
                .mapToDouble(one -> one.latencyNanos() + (residual.length == 0 ? 0 : residual[random.nextInt(DRAWS)]))
                .sorted()
                .toArray();
    }

    /** Requests per second at which the busiest station has no moment left; a core a thread. */
    double saturation(Lanes lanes) {
        return saturation(Node.of(lanes));
    }

    /** The same of any node; its cores may be what is busiest. */
    double saturation(Node node) {
        Lanes lanes = node.lanes();
        EdgeCosts edge = profile.edge();
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
        double rate = lanes.loops() * 1e9 / Math.max(1, edge.loopNanos());
        double all = edge.loopNanos() + edge.auditNanos() + fastNanos + slowNanos;
        rate = Math.min(rate, node.cores() * 1e9 / (all + (node.senderBeside() ? edge.senderNanos() : 0)));
        if (fastNanos > 0) {
            rate = Math.min(rate, lanes.fast() * 1e9 / fastNanos);
        }
        if (slowNanos > 0) {
            rate = Math.min(rate, lanes.slow() * 1e9 / slowNanos);
        }
        return rate;
    }

    /** The highest rate of one node with a core a thread that keeps the 99th percentile; 0 when none does. */
    double knee(Lanes lanes, double p99Nanos) {
        return knee(Node.of(lanes), p99Nanos);
    }

    /** The same of any node. */
    double knee(Node node, double p99Nanos) {
        double low = 0;
        double high = saturation(node);
        for (int i = 0; i < 12; i++) {
            double middle = (low + high) / 2;
            if (latencyNanos(node, middle, 0.99) <= p99Nanos) {
                low = middle;
            } else {
                high = middle;
            }
        }
        return low;
    }

    /** Values to draw from; none where there are none. */
    private static long[] quantiles(Histogram histogram) {
        if (histogram.getTotalCount() == 0) {
            return new long[0];
        }
        long[] values = new long[DRAWS];
        for (int i = 0; i < DRAWS; i++) {
            values[i] = histogram.getValueAtPercentile((i + 0.5) * 100 / DRAWS);
        }
        return values;
    }
}
