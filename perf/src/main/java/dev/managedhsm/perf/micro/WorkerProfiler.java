// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.perf.micro;

import java.util.Collection;
import java.util.List;
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
    private static volatile long cpuNanosBefore;
    private static volatile long allocatedBytesBefore;
    private static volatile long cpuNanos;
    private static volatile long allocatedBytes;
    private static volatile boolean told;

    /** JMH makes it. */
    public WorkerProfiler() {}

    /** Allocates nothing, because the thread may be the caller. */
    static void begin(WorkerThread thread) {
        cpuNanosBefore = thread.cpuNanos();
        allocatedBytesBefore = thread.allocatedBytes();
    }

    static void end(WorkerThread thread) {
        allocatedBytes = thread.allocatedBytes() - allocatedBytesBefore;
        cpuNanos = thread.cpuNanos() - cpuNanosBefore;
        told = true;
    }

    @Override
    public String getDescription() {
        return "CPU time and allocation of the thread that executes operations";
    }

    @Override
    public void beforeIteration(BenchmarkParams benchmark, IterationParams iteration) {
        told = false;
    }

    @Override
    @SuppressWarnings("rawtypes") // the interface says so
    public Collection<? extends Result> afterIteration(
            BenchmarkParams benchmark, IterationParams iteration, IterationResult result) {
        if (!told) {
            return List.of();
        }
        double operations = result.getMetadata().getAllOps();
        return List.of(
                new ScalarResult("worker.cpu.norm", cpuNanos / operations, "ns/op", AggregationPolicy.AVG),
                new ScalarResult("worker.alloc.norm", allocatedBytes / operations, "B/op", AggregationPolicy.AVG));
    }
}
