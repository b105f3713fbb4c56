// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.perf.planner;

import dev.managedhsm.perf.rig.ServerCpu;
import java.io.IOException;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.HdrHistogram.Histogram;

/**
 * What requests of one kind of work took in one state, such as with many in flight: CPU time in all its runs, and how long each
 * stretch took in a typical one. One thread.
 */
final class StateSum {
    private final Map<ServerCpu.Part, Long> nanos = new EnumMap<>(ServerCpu.Part.class);
    private final Map<ServerCpu.Part, Long> sleeps = new EnumMap<>(ServerCpu.Part.class);
    private final Map<Stretch, List<Histogram>> runs = new EnumMap<>(Stretch.class);
    private final Map<Stretch, Histogram> typical = new EnumMap<>(Stretch.class);
    private long requests;

    /**
     * Adds a run.
     *
     * @param more how many requests
     * @param spent by the HSM and the sender meanwhile
     * @param seen the HSM's histograms by stage
     * @param callers latencies of callers
     */
    void add(long more, ServerCpu.Reading spent, Map<String, Histogram> seen, Histogram callers) throws IOException {
        requests += more;
        typical.clear();
        for (ServerCpu.Part part : ServerCpu.Part.values()) {
            nanos.merge(part, spent.of(part), Long::sum);
            sleeps.merge(part, spent.sleeps(part), Long::sum);
        }
        for (Stretch stretch : Stretch.values()) {
            runs.computeIfAbsent(stretch, any -> new ArrayList<>())
                    .add(stretch == Stretch.CALLER ? callers : stage(seen, stretch));
        }
    }

    private static Histogram stage(Map<String, Histogram> stages, Stretch stretch) throws IOException {
        Histogram stage = stages.get(stretch.name());
        if (stage == null) {
            throw new IOException("the HSM recorded nothing of " + stretch);
        }
        return stage;
    }

    /** How long a stretch took in a typical run, in nanoseconds. */
    Histogram stage(Stretch stretch) {
        return typical.computeIfAbsent(stretch, any -> Typical.of(runs.getOrDefault(stretch, List.of())));
    }

    /** What a part took, for each request. */
    ThreadCost.Spent of(ServerCpu.Part part) {
        return new ThreadCost.Spent(
                nanos.getOrDefault(part, 0L) / (double) requests, sleeps.getOrDefault(part, 0L) / (double) requests);
    }

    /** What a part took beside so many nanoseconds, for each request. */
    ThreadCost.Spent beside(ServerCpu.Part part, double less) {
        ThreadCost.Spent all = of(part);
        return new ThreadCost.Spent(Math.max(0, all.nanos() - less), all.sleeps());
    }
}
