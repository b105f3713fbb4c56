// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.perf.micro;

import dev.managedhsm.auth.decision.Authoriser;
import dev.managedhsm.auth.decision.Permit;
import dev.managedhsm.auth.role.BuiltInRoles;
import dev.managedhsm.auth.role.DataAction;
import dev.managedhsm.auth.role.RoleAssignment;
import dev.managedhsm.auth.role.RoleSnapshot;
import dev.managedhsm.auth.token.VerifiedToken;
import dev.managedhsm.crypto.key.KeyFacts;
import dev.managedhsm.crypto.keyring.LivingKey;
import dev.managedhsm.crypto.operation.Algorithm;
import dev.managedhsm.crypto.operation.Completions;
import dev.managedhsm.crypto.operation.Limits;
import dev.managedhsm.crypto.operation.Operation;
import dev.managedhsm.crypto.operation.OperationSlot;
import dev.managedhsm.crypto.operation.Outcome;
import dev.managedhsm.crypto.operation.Stage;
import dev.managedhsm.crypto.operation.StageTimes;
import dev.managedhsm.gateway.audit.AuditCaller;
import dev.managedhsm.gateway.audit.AuditConfig;
import dev.managedhsm.gateway.audit.AuditEvent;
import dev.managedhsm.gateway.audit.AuditLog;
import dev.managedhsm.gateway.audit.AuditRefused;
import dev.managedhsm.gateway.audit.AuditSource;
import dev.managedhsm.gateway.audit.AuditWaiters;
import dev.managedhsm.gateway.wire.WireError;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.InstantSource;
import java.util.Comparator;
import java.util.List;
import java.util.UUID;
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
    private static final long STAGE_NANOS = 41_234;

    /** How many events wait at a time. */
    @Param({"1", "64", "512", "4096"})
    int inFlight;

    private LiveKeys keys;
    private KeyFacts facts;
    private AuditCaller caller;
    private Permit permit;
    private StageTimes times;

    private final ScheduledExecutorService loop = Executors.newSingleThreadScheduledExecutor();
    private Path folder;
    private AuditLog log;
    private AuditWaiters waiters;
    private WorkerThread logThread;

    /** Opens an empty log. */
    @Setup
    public void open() throws IOException, AuditRefused {
        keys = new LiveKeys();
        keys.asking(Workload.ES256);
        LivingKey key = keys.keyring().find(Workload.ES256.name());
        TokenMint mint = new TokenMint(Clock.systemUTC());
        VerifiedToken token = mint.verified(mint.token());
        RoleAssignment assignment = new RoleAssignment(
                UUID.randomUUID(),
                BuiltInRoles.CRYPTO_USER.id(),
                token.principal().objectId(),
                dev.managedhsm.auth.role.Scope.KEYS);
        Authoriser authoriser = new Authoriser(RoleSnapshot.of(List.of(), List.of(assignment)));
        if (key == null
                || !(authoriser.decideOnKey(token.principal(), DataAction.KEYS_SIGN, Workload.ES256.name())
                        instanceof Permit given)) {
            throw new IllegalStateException("there is no key that may be used");
        }
        facts = key.facts();
        caller = AuditCaller.of(token);
        permit = given;
        times = times(key);
        folder = Files.createTempDirectory("perf-audit");
        AuditSource source = AuditSource.of("6f0f4e30-5a0b-4c53-9a8a-3d1c0b6f7e11", "https://hsm1.hsm.example", null);
        log = AuditLog.open(AuditConfig.in(folder), source, InstantSource.system(), () -> {});
        waiters = log.waiters(loop);
        logThread = WorkerThread.named(LOG_THREAD);
    }

    /** Stages of the usual lengths. */
    private static StageTimes times(LivingKey key) {
        try (Arena arena = Arena.ofConfined()) {
            OperationSlot slot = new OperationSlot(0, arena.allocate(Limits.SLOT_LENGTH), new Nowhere());
            slot.ask(Operation.SIGN, Algorithm.ES256, key.handle());
            long nowNanos = System.nanoTime();
            slot.start(nowNanos);
            StageTimes times = new StageTimes(slot);
            for (Stage stage : Stage.values()) {
                nowNanos += STAGE_NANOS;
                times.stamp(stage, nowNanos);
            }
            return times;
        }
    }

    /** Slots that never go out. */
    private static final class Nowhere implements Completions {
        @Override
        public void offer(OperationSlot slot) {}

        @Override
        public void wake() {}
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
        keys.close();
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
            event.caller(caller);
            event.permit(permit);
            event.key(facts);
            event.operation(Operation.SIGN, Algorithm.ES256);
            event.outcome(Outcome.DONE);
            event.times(times);
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
