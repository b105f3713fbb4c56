// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.perf.micro;

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

/** One operation by the native engine: from an asked slot and a loaded key to the outcome in the slot. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 5, time = 2)
@Fork(1)
@SuppressWarnings("NullAway.Init") // JMH calls open() first
public class NativeEngineBenchmark {
    /** What is asked. */
    @Param
    public Workload workload = Workload.ES256;

    private LiveKeys keys;
    private EngineCall call;
    private WorkerThread thread;

    /** Makes the key. */
    @Setup
    public void open() {
        keys = new LiveKeys();
        call = new EngineCall(keys, workload);
    }

    /** Notes what this thread has spent. */
    @Setup(Level.Iteration)
    public void begin() {
        thread = WorkerThread.current();
        WorkerProfiler.begin(thread);
    }

    /** The engine call. */
    @Benchmark
    public void execute() {
        call.run();
    }

    /** Notes it again. */
    @TearDown(Level.Iteration)
    public void end() {
        WorkerProfiler.end(thread);
    }

    /** Gives all back. */
    @TearDown
    public void close() {
        call.close();
        keys.close();
    }
}
