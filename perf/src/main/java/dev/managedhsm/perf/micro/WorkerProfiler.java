// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.perf.micro;

import java.util.Collection;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.infra.BenchmarkParams;
import org.openjdk.jmh.infra.IterationParams;
import org.openjdk.jmh.profile.InternalProfiler;
import org.openjdk.jmh.results.AggregationPolicy;
import org.openjdk.jmh.results.IterationResult;
import org.openjdk.jmh.results.Result;
import org.openjdk.jmh.results.ScalarResult;

/**
 * CPU time and heap bytes that the thread which executes operations spends on one: the ring's worker, or the caller of
 * the engine. JMH's own profiler counts all threads together, its own among them, which for an operation of a
 * millisecond is more than nothing.
 *
 * <p>A benchmark tells its thread and the iteration's ends by {@link #begin} and {@link #end}. Static, because JMH makes
 * profiler and benchmark apart from each other; one benchmark runs at a time.
 */
public final class WorkerProfiler implements InternalProfiler {
    private record Spent(long cpuNanos, long allocatedBytes) {}

    private static volatile @Nullable Spent before;
    private static volatile @Nullable Spent spent;

    /** JMH makes it. */
    public WorkerProfiler() {}

    static void begin(WorkerThread thread) {
        before = new Spent(thread.cpuNanos(), thread.allocatedBytes());
    }

    static void end(WorkerThread thread) {
        long allocatedBytes = thread.allocatedBytes();
        long cpuNanos = thread.cpuNanos();
        Spent began = before;
        if (began != null) {
            spent = new Spent(cpuNanos - began.cpuNanos, allocatedBytes - began.allocatedBytes);
        }
    }

    @Override
    public String getDescription() {
        return "CPU time and allocation of the thread that executes operations";
    }

    @Override
    public void beforeIteration(BenchmarkParams benchmark, IterationParams iteration) {
        before = null;
        spent = null;
    }

    @Override
    @SuppressWarnings("rawtypes") // the interface says so
    public Collection<? extends Result> afterIteration(
            BenchmarkParams benchmark, IterationParams iteration, IterationResult result) {
        Spent told = spent;
        if (told == null) {
            return List.of();
        }
        double operations = result.getMetadata().getAllOps();
        return List.of(
                new ScalarResult("worker.cpu.norm", told.cpuNanos / operations, "ns/op", AggregationPolicy.AVG),
                new ScalarResult("worker.alloc.norm", told.allocatedBytes / operations, "B/op", AggregationPolicy.AVG));
    }
}
