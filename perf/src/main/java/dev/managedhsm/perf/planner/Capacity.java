// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.perf.planner;

import dev.managedhsm.perf.rig.Work;
import io.vertx.core.json.JsonObject;
import java.util.Locale;
import java.util.Map;

/**
 * What a load needs.
 *
 * @param wantedPerSecond the rate wanted of all nodes
 * @param p99Nanos the latency wanted
 * @param lanes of each node
 * @param nodes how many
 * @param kneePerSecond the highest rate of one node that keeps the latency, as far as was measured and {@link QueueModel#knee} looks
 * @param knownPerSecond how far that is: the rate of one node above which nothing was measured
 * @param saturationPerSecond the rate at which one node has nothing left
 * @param predictedNanos the 99th percentile at the wanted rate
 * @param partitions the same mix in partitions of a Managed HSM as published; 0 when some of it has no published figure
 */
record Capacity(
        double wantedPerSecond,
        double p99Nanos,
        Lanes lanes,
        int nodes,
        double kneePerSecond,
        double knownPerSecond,
        double saturationPerSecond,
        double predictedNanos,
        double partitions) {

    /** Part of every node's knee that is kept free. */
    static final double HEADROOM = 0.3;

    /** Nodes that carry less than this part of their knee are not a plan. */
    private static final double KNEE_LEAST = 0.01;

    private static final double NODES_MOST = 1e6;

    /** Operations per second of one partition, published in 2025 for one key. */
    private static final Map<Work, Double> PARTITION = Map.of(
            Work.ES256, 330.0, Work.ES384, 160.0, Work.RS256_2048, 900.0, Work.RS256_4096, 150.0, Work.A256KW, 2100.0);

    /**
     * Shares a node's cores out in the way that carries most, then counts nodes.
     *
     * @throws IllegalArgumentException if the cores are too few, or the latency is kept by no number of nodes
     */
    static Capacity of(ServiceProfile profile, Mix mix, double perSecond, double p99Nanos, int cores) {
        if (!(perSecond > 0) || Double.isInfinite(perSecond)) {
            throw new IllegalArgumentException("a rate is more than 0 and less than infinite");
        }
        QueueModel model = new QueueModel(profile, mix);
        Lanes best = null;
        double knee = 0;
        int slowMost = mix.slow() ? cores - 2 : 0;
        for (int loops = 1; loops < cores; loops++) {
            for (int slow = mix.slow() ? 1 : 0; slow <= slowMost; slow++) {
                Lanes lanes = new Lanes(loops, cores - loops - slow, slow);
                // Finding a knee is slow: only where it can be better than what there is.
                if (lanes.fast() > 0 && mayCarryMore(model, lanes, knee, p99Nanos)) {
                    double found = model.knee(lanes, p99Nanos);
                    if (found > knee) {
                        knee = found;
                        best = lanes;
                    }
                }
            }
        }
        double carried = knee;
        while (best != null && carried > KNEE_LEAST * knee) {
            double nodes = Math.max(1, Math.ceil(perSecond / (carried * (1 - HEADROOM))));
            double predicted = nodes > NODES_MOST ? Double.NaN : model.latencyNanos(best, perSecond / nodes, 0.99);
            if (predicted <= p99Nanos) {
                return new Capacity(
                        perSecond,
                        p99Nanos,
                        best,
                        (int) nodes,
                        knee,
                        model.known(Node.of(best)),
                        model.saturation(best),
                        predicted,
                        partitions(mix, perSecond));
            }
            carried = perSecond / nodes; // slower than those around, at which the knee was looked for
        }
        throw new IllegalArgumentException("neither this rate nor less of it on more nodes keeps this latency on "
                + cores + " cores: allow more time, or give more cores (3 where something is slow)");
    }

    private static boolean mayCarryMore(QueueModel model, Lanes lanes, double knee, double p99Nanos) {
        return model.saturation(lanes) > knee && (knee == 0 || model.latencyNanos(lanes, knee, 0.99) <= p99Nanos);
    }

    /** Part of the knee that is free at the wanted rate. */
    double headroom() {
        return 1 - wantedPerSecond / nodes / kneePerSecond;
    }

    String text() {
        return String.format(
                Locale.ROOT,
                "wanted      %.0f/s with p99 <= %.0f us%nnodes       %d of %d cores: %d event loops, %d fast and %d slow workers%n"
                        + "knee        %.0f/s a node (measured up to %.0f/s, saturated at %.0f/s)%nheadroom    %.0f %%%npredicted   p99 %.0f us%n"
                        + "equivalent  %s",
                wantedPerSecond,
                p99Nanos / 1e3,
                nodes,
                lanes.cores(),
                lanes.loops(),
                lanes.fast(),
                lanes.slow(),
                kneePerSecond,
                knownPerSecond,
                saturationPerSecond,
                100 * headroom(),
                predictedNanos / 1e3,
                partitions == 0
                        ? "none: no figure is published for some of this mix"
                        : String.format(Locale.ROOT, "%.1f Managed HSM partitions, by published averages", partitions));
    }

    String json() {
        JsonObject object = new JsonObject()
                .put("wantedPerSecond", wantedPerSecond)
                .put("p99Micros", p99Nanos / 1e3)
                .put("nodes", nodes)
                .put("cores", lanes.cores())
                .put("eventLoops", lanes.loops())
                .put("fastWorkers", lanes.fast())
                .put("slowWorkers", lanes.slow())
                .put("kneePerSecond", kneePerSecond)
                .put("measuredToPerSecond", knownPerSecond)
                .put("saturationPerSecond", saturationPerSecond)
                .put("headroom", headroom())
                .put("predictedP99Micros", predictedNanos / 1e3);
        if (partitions > 0) {
            object.put("managedHsmPartitions", partitions);
        }
        return object.encodePrettily();
    }

    private static double partitions(Mix mix, double perSecond) {
        double sum = 0;
        for (Map.Entry<Work, Double> part : mix.parts().entrySet()) {
            Double each = PARTITION.get(part.getKey());
            if (each == null) {
                return 0;
            }
            sum += perSecond * part.getValue() / each;
        }
        return sum;
    }
}
