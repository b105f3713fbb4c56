// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.perf.micro;

import dev.managedhsm.crypto.operation.Operation;
import dev.managedhsm.crypto.operation.OperationSlot;
import dev.managedhsm.gateway.dispatch.SlotPool;
import dev.managedhsm.gateway.wire.OperationReader;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.PooledByteBufAllocator;
import java.util.Base64;
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

/** The body of a sign or encrypt request, from the connection's buffer into a slot that is free again afterwards. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
@SuppressWarnings("NullAway.Init") // JMH calls open() first
public class OperationReaderBenchmark {
    /** Length of the value in bytes: a digest, and a message. */
    @Param({"32", "1024"})
    public int length = 32;

    private SlotPool<OperationReaderBenchmark> slots;
    private OperationReader reader;
    private ByteBuf body;

    /** Writes the body. */
    @Setup
    public void open() {
        slots = new SlotPool<>(1, Runnable::run, (slot, request) -> {});
        reader = new OperationReader();
        String value = Base64.getUrlEncoder().withoutPadding().encodeToString(new byte[length]);
        String text = "{\"alg\":\"" + (length == 32 ? "ES256" : "A256GCM") + "\",\"value\":\"" + value + "\"}";
        body = ByteBufUtil.writeAscii(PooledByteBufAllocator.DEFAULT, text);
    }

    /** Reads the body and wipes the slot. */
    @Benchmark
    public void read() {
        OperationSlot slot = slots.acquire(this);
        if (slot == null || reader.read(body, Operation.SIGN, slot) != null) {
            throw new IllegalStateException("the body was refused");
        }
        slots.release(slot);
    }

    /** Gives all back. */
    @TearDown
    public void close() {
        body.release();
        slots.close();
    }
}
