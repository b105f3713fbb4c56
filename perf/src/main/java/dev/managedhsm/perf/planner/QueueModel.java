// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.perf.planner;

import dev.managedhsm.perf.rig.Work;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.Function;
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

    /** How finely a knee is looked for: a thousandth of what is known. */
    private static final int KNEE_STEPS = 16;

    private static final int KNEE_HALVINGS = 6;

    private final ServiceProfile profile;
    private final Mix mix;
    private final Map<Work, long[]> execute = new EnumMap<>(Work.class);

    QueueModel(ServiceProfile profile, Mix mix) {
        this.profile = profile;
        this.mix = mix;
        mix.parts()
                .keySet()
                .forEach(work -> execute.put(work, quantiles(profile.of(work).execute())));
    }

    /** Nanoseconds within which this part of the requests is answered, 0 to 1, at a rate of one node with a core a thread. */
    double latencyNanos(Lanes lanes, double perSecond, double part) {
        return latencyNanos(Node.of(lanes), perSecond, part);
    }

    /** The same of any node. */
    double latencyNanos(Node node, double perSecond, double part) {
        return predict(node, perSecond, false).nanos(Stretch.CALLER, part);
    }

    /** The same of callers that arrive at equal distances. */
    double evenLatencyNanos(Node node, double perSecond, double part) {
        return predict(node, perSecond, true).nanos(Stretch.CALLER, part);
    }

    /** What becomes of many requests at a rate. */
    Prediction predict(Node node, double perSecond) {
        return predict(node, perSecond, false);
    }

    private Prediction predict(Node node, double perSecond, boolean even) {
        SplittableRandom random = new SplittableRandom(SEED);
        double load = perSecond / saturation(node);
        Map<Work, long[]> forces = at(load, Extra::force);
        Map<Work, long[]> residuals = at(load, Extra::residual);
        List<NodeRun.Request> requests = new ArrayList<>(REQUESTS);
        long[][] residual = new long[REQUESTS][];
        double at = 0;
        for (int i = 0; i < REQUESTS; i++) {
            at += (even ? 1 : -Math.log(1 - random.nextDouble())) * 1e9 / perSecond;
            Work work = mix.at(random.nextDouble());
            residual[i] = of(residuals, work);
            requests.add(new NodeRun.Request(
                    at,
                    profile.of(work),
                    draw(of(execute, work), random),
                    draw(of(forces, work), random),
                    work.slow()));
        }
        new NodeRun(profile, node, new SplittableRandom(SEED + 1)).run(requests);
        Map<Stretch, double[]> nanos = new EnumMap<>(Stretch.class);
        for (Stretch stretch : Stretch.values()) {
            nanos.put(
                    stretch,
                    requests.stream().mapToDouble(one -> one.nanos(stretch)).toArray());
        }
        double[] caller = nanos.get(Stretch.CALLER);
        for (int i = 0; caller != null && i < REQUESTS; i++) {
            caller[i] += draw(residual[i], random);
        }
        return new Prediction(nanos);
    }

    /** Values to draw from at a load, of each kind of work in the mix. */
    private Map<Work, long[]> at(double load, Function<Extra, Histogram> what) {
        Map<Work, long[]> drawn = new EnumMap<>(Work.class);
        mix.parts().keySet().forEach(work -> drawn.put(work, at(profile.of(work).extras(), load, what)));
        return drawn;
    }

    /** Each quantile lies between those of the two loads beside it, in proportion. */
    private static long[] at(List<Extra> extras, double load, Function<Extra, Histogram> what) {
        if (extras.isEmpty()) {
            return new long[0];
        }
        int above = 0;
        while (above < extras.size() - 1 && extras.get(above).load() < load) {
            above++;
        }
        Extra high = extras.get(above);
        Extra low = extras.get(Math.max(0, above - 1));
        long[] lower = quantiles(what.apply(low));
        long[] higher = quantiles(what.apply(high));
        if (lower.length != higher.length) {
            throw new IllegalStateException("what is fitted at one load is fitted at all");
        }
        double distance = high.load() - low.load();
        double part = distance > 0 ? Math.clamp((load - low.load()) / distance, 0, 1) : 0;
        long[] here = new long[lower.length];
        for (int i = 0; i < here.length; i++) {
            here[i] = Math.round(lower[i] + part * (higher[i] - lower[i]));
        }
        return here;
    }

    private static long[] of(Map<Work, long[]> values, Work work) {
        long[] drawn = values.get(work);
        if (drawn == null) {
            throw new IllegalStateException("a mix is drawn from its own parts");
        }
        return drawn;
    }

    private static double draw(long[] from, SplittableRandom random) {
        return from.length == 0 ? 0 : from[random.nextInt(from.length)];
    }

    /** Requests per second at which the busiest station has no moment left; a core a thread. */
    double saturation(Lanes lanes) {
        return saturation(Node.of(lanes));
    }

    /** The same of any node; its cores may be what is busiest. */
    double saturation(Node node) {
        Lanes lanes = node.lanes();
        double fastNanos = 0;
        double slowNanos = 0;
        double loopNanos = 0;
        double allNanos = 0;
        for (Map.Entry<Work, Double> part : mix.parts().entrySet()) {
            WorkProfile work = profile.of(part.getKey());
            double worker =
                    part.getValue() * (work.execute().getMean() + work.worker().requestNanos());
            if (part.getKey().slow()) {
                slowNanos += worker;
            } else {
                fastNanos += worker;
            }
            loopNanos += part.getValue() * work.loop().requestNanos();
            allNanos += part.getValue() * work.leastNanos(node.senderBeside());
        }
        double rate = Math.min(perSecond(lanes.loops(), loopNanos), perSecond(node.cores(), allNanos));
        if (node.left() > 0) {
            rate = Math.min(rate, perSecond(node.left(), allNanos - fastNanos));
        }
        rate = Math.min(rate, perSecond(lanes.fast(), fastNanos));
        return Math.min(rate, perSecond(lanes.slow(), slowNanos));
    }

    private static double perSecond(int threads, double nanos) {
        return nanos > 0 ? threads * 1e9 / nanos : Double.POSITIVE_INFINITY;
    }

    /**
     * The highest rate of one node with a core a thread that keeps the 99th percentile, as do all lower ones that are looked at, a
     * sixteenth of what is known apart; 0 when none does. Not more than loads that were measured, whatever the model makes of more.
     */
    double knee(Lanes lanes, double p99Nanos) {
        return knee(Node.of(lanes), p99Nanos);
    }

    /** The same of any node. */
    double knee(Node node, double p99Nanos) {
        // Not by halves from the beginning: a lighter load can have been measured in slower moments than a heavier one.
        double step = known(node) / KNEE_STEPS;
        int kept = 0;
        while (kept < KNEE_STEPS && latencyNanos(node, (kept + 1) * step, 0.99) <= p99Nanos) {
            kept++;
        }
        if (kept == KNEE_STEPS) {
            return known(node);
        }
        double low = kept * step;
        double high = low + step;
        for (int i = 0; i < KNEE_HALVINGS; i++) {
            double middle = (low + high) / 2;
            if (latencyNanos(node, middle, 0.99) <= p99Nanos) {
                low = middle;
            } else {
                high = middle;
            }
        }
        return low;
    }

    /** The highest rate of one node, requests per second, at which all that the mix is of was measured; not more than what saturates it. */
    double known(Node node) {
        double load = 1;
        for (Work work : mix.parts().keySet()) {
            load = Math.min(load, profile.of(work).knownLoad());
        }
        return load * saturation(node);
    }

    /** Values to draw from; none where there are none. */
    static long[] quantiles(Histogram histogram) {
        return Quantiles.of(histogram, DRAWS);
    }
}
