// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.perf.micro;

import dev.managedhsm.crypto.operation.Algorithm;
import dev.managedhsm.crypto.operation.Operation;
import dev.managedhsm.crypto.operation.Outcome;
import dev.managedhsm.gateway.audit.AuditConfig;
import dev.managedhsm.gateway.audit.AuditEvent;
import dev.managedhsm.gateway.audit.AuditLog;
import dev.managedhsm.gateway.audit.AuditRefused;
import dev.managedhsm.gateway.audit.AuditSource;
import dev.managedhsm.gateway.audit.AuditWaiters;
import dev.managedhsm.gateway.wire.WireError;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.Comparator;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Recording events until they are durable, as an event loop does it: so many wait at a time, and each answer that leaves
 * brings the next event. {@code worker.cpu.norm} is what the log's thread spends on one, forcing to disk included; how many
 * events share a force is what the number in flight decides.
 *
 * <p>The disk is that of the folder for temporary files.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 5, time = 2)
@Fork(1)
@SuppressWarnings("NullAway.Init") // JMH calls open() first
public class AuditLogBenchmark {
    private static final int EVENTS = 8192;
    private static final String LOG_THREAD = "audit";

    /** How many events wait at a time. */
    @Param({"1", "64", "512"})
    int inFlight;

    private final ScheduledExecutorService loop = Executors.newSingleThreadScheduledExecutor();
    private Path folder;
    private AuditLog log;
    private AuditWaiters waiters;
    private WorkerThread logThread;

    /** Opens an empty log. */
    @Setup
    public void open() throws IOException, AuditRefused {
        folder = Files.createTempDirectory("perf-audit");
        AuditSource source = AuditSource.of("6f0f4e30-5a0b-4c53-9a8a-3d1c0b6f7e11", "https://hsm1.hsm.example", null);
        log = AuditLog.open(AuditConfig.in(folder), source, InstantSource.system());
        waiters = log.waiters(loop);
        logThread = WorkerThread.named(LOG_THREAD);
    }

    /** From here on the log's thread is watched. */
    @Setup(Level.Iteration)
    public void begin() {
        WorkerProfiler.begin(logThread);
    }

    /** Tells what it has spent. */
    @TearDown(Level.Iteration)
    public void end() {
        WorkerProfiler.end(logThread);
    }

    /** Ends the log and deletes it. */
    @TearDown
    public void close() throws IOException {
        log.close();
        loop.shutdownNow();
        try (Stream<Path> files = Files.walk(folder)) {
            files.sorted(Comparator.reverseOrder()).forEach(AuditLogBenchmark::delete);
        }
    }

    private static void delete(Path file) {
        try {
            Files.delete(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** One event, from what is known of its request to its answer. */
    @Benchmark
    @OperationsPerInvocation(EVENTS)
    public void durable() throws InterruptedException {
        Flood flood = new Flood();
        loop.execute(() -> {
            for (int i = 0; i < inFlight; i++) {
                flood.next();
            }
        });
        flood.over.acquire(EVENTS);
    }

    /** Used on the loop's thread. */
    private final class Flood implements AuditWaiters.Answer {
        private final Semaphore over = new Semaphore(0);
        private int sent;

        private void next() {
            if (sent < EVENTS) {
                sent++;
                waiters.record(event(), this, true);
            }
        }

        private AuditEvent event() {
            AuditEvent event = new AuditEvent();
            event.request(
                    "f81d4fae-7dec-11d0-a765-00a0c91e6bf6",
                    "POST",
                    "/keys/orders-signing/8d2f6e0c4b1a4f7e9c3d5a6b7c8d9e0f/sign",
                    "127.0.0.1");
            event.client("7.6", "azsdk-java-azure-security-keyvault-keys/4.9.2 (25.0.3; Linux; 6.18)", null);
            event.operation(Operation.SIGN, Algorithm.ES256);
            event.outcome(Outcome.DONE);
            event.end(200, System.currentTimeMillis(), 412_000);
            return event;
        }

        @Override
        public void leave() {
            over.release();
            next();
        }

        @Override
        public void withhold(WireError why) {
            throw new IllegalStateException("an event was not recorded");
        }
    }
}
