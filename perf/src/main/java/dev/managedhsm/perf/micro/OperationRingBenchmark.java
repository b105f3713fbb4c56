// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.perf.micro;

import dev.managedhsm.crypto.ring.IdleStrategy;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * One operation through the ring and back. With 64 in flight the score is the time between two that come back; with 1 it
 * is the round trip. {@link WorkerProfiler} adds what the worker's thread spent.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 5, time = 2)
@Fork(1)
@SuppressWarnings("NullAway.Init") // JMH calls open() first
public class OperationRingBenchmark {
    /** What is asked. */
    @Param
    public Workload workload = Workload.ES256;

    /** How many slots are on their way at a time. */
    @Param({"64", "1"})
    public int inFlight = 64;

    /** What the worker does while nothing waits. */
    @Param("PHASED")
    public IdleStrategy idle = IdleStrategy.PHASED;

    private LiveKeys keys;
    private RingLoop loop;

    /** Makes the key and starts the ring. */
    @Setup
    public void open() {
        keys = new LiveKeys();
        loop = new RingLoop(keys, workload, inFlight, idle);
    }

    /** Brings the slots on their way. */
    @Setup(Level.Iteration)
    public void fill() {
        WorkerProfiler.begin(loop.worker());
        loop.fill();
    }

    /** One slot in, one slot out. */
    @Benchmark
    public void roundTrip() {
        loop.step();
    }

    /** Takes all slots back. */
    @TearDown(Level.Iteration)
    public void drain() {
        loop.drain();
        WorkerProfiler.end(loop.worker());
    }

    /** Gives all back. */
    @TearDown
    public void close() {
        loop.close();
        keys.close();
    }
}
