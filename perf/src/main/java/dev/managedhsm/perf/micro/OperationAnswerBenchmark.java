// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.perf.micro;

import dev.managedhsm.crypto.key.KeyFacts;
import dev.managedhsm.gateway.wire.OperationAnswer;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/** The body of an answer, from a slot that is done into a buffer that is used again. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
@SuppressWarnings("NullAway.Init") // JMH calls open() first
public class OperationAnswerBenchmark {
    private static final int LENGTH_MAX = 2_048;
    private static final String BASE_URL = "https://perf.managedhsm.example";

    /** What was asked. */
    @Param({"ES256", "RS256_2048", "A256GCM_1K"})
    public Workload workload = Workload.ES256;

    private LiveKeys keys;
    private EngineCall call;
    private KeyFacts facts;
    private ByteBuf buffer;

    /** Executes the operation once. */
    @Setup
    public void open() {
        keys = new LiveKeys();
        call = new EngineCall(keys, workload);
        call.run();
        facts = call.facts();
        buffer = Unpooled.directBuffer(LENGTH_MAX);
    }

    /** Writes the answer. */
    @Benchmark
    public ByteBuf encode() {
        return OperationAnswer.encode(call.slot(), facts, BASE_URL, length -> buffer.clear());
    }

    /** Gives all back. */
    @TearDown
    public void close() {
        buffer.release();
        call.close();
        keys.close();
    }
}
