// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway;

import dev.managedhsm.auth.token.KeyRefresh;
import dev.managedhsm.auth.token.TokenCache;
import dev.managedhsm.crypto.latency.LatencyBook;
import dev.managedhsm.crypto.memory.ProcessHardening;
import dev.managedhsm.gateway.audit.AuditHealth;
import dev.managedhsm.gateway.audit.AuditLog;
import dev.managedhsm.gateway.audit.AuditRefused;
import dev.managedhsm.gateway.audit.ForwardConfig;
import dev.managedhsm.gateway.evidence.LogEvidence;
import dev.managedhsm.gateway.forward.AuditForwarder;
import dev.managedhsm.gateway.forward.ForwardHealth;
import dev.managedhsm.gateway.http.Edge;
import dev.managedhsm.gateway.http.EdgeCounters;
import dev.managedhsm.gateway.http.TlsFiles;
import dev.managedhsm.gateway.identity.KeyKeeper;
import dev.managedhsm.gateway.observe.BoundedReading;
import dev.managedhsm.gateway.observe.Check;
import dev.managedhsm.gateway.observe.Health;
import dev.managedhsm.gateway.observe.HealthChecks;
import dev.managedhsm.gateway.observe.LatencyLog;
import dev.managedhsm.gateway.observe.LatencyLogConfig;
import dev.managedhsm.gateway.observe.Metrics;
import dev.managedhsm.gateway.observe.SelfTests;
import dev.managedhsm.gateway.observe.Sources;
import dev.managedhsm.gateway.observe.Watch;
import dev.managedhsm.gateway.pulse.Exemplar;
import dev.managedhsm.gateway.pulse.Pulse;
import dev.managedhsm.gateway.refusal.RefusalLog;
import dev.managedhsm.gateway.store.StoreHealth;
import dev.managedhsm.gateway.trace.TraceConfig;
import dev.managedhsm.gateway.trace.Traces;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Puts together what is to be seen of a gateway. Made before most of it is there; what comes later is told by the starting
 * thread. Has one thread of its own, for what is done from time to time.
 */
final class Observation implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Observation.class);
    private static final long SELF_TEST_HOURS = 24;

    /** A scrape that fails once or twice misses none. */
    private static final long EXEMPLARS_MILLIS = 120_000;

    /** How long a question waits for the store and the disks; then it is told how they were. */
    private static final Duration DISK_WAIT_MAX = Duration.ofSeconds(1);

    private final Foundation foundation;
    private final AuditLog audit;
    private final LogEvidence evidence;
    private final @Nullable AuditForwarder forwarder;
    private final Clock clock;
    private final Metrics metrics = new Metrics();
    private final SelfTests selfTests;
    private final Queue<Edge> edges = new ConcurrentLinkedQueue<>();
    private final @Nullable LatencyLog log;
    private final @Nullable Traces traces;
    private final Pulse pulse;
    private final Watch watch;
    private final BoundedReading<FromDisk> disks;
    private final ScheduledExecutorService thread = Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().daemon().name("observe").factory());
    private volatile TlsFiles tls;
    private volatile @Nullable Vault vault;
    private volatile @Nullable KeyKeeper keyKeeper;

    /** What may hang with a disk. */
    private record FromDisk(CustodyReport custody, List<Check> room) {}

    /**
     * @param config whose folders are watched
     * @param foundation what is there already
     * @param tls what TLS speaks with
     * @param tokens verified tokens
     * @param refusals what is remembered of refused ones
     * @param audit records the end of every request
     * @param openSsl whether TLS runs on BoringSSL
     * @param clock wall clock
     */
    Observation(
            GatewayConfig config,
            Foundation foundation,
            TlsFiles tls,
            TokenCache tokens,
            RefusalLog refusals,
            AuditLog audit,
            boolean openSsl,
            Clock clock) {
        this.foundation = foundation;
        this.audit = audit;
        this.evidence = new LogEvidence(config.audit().folder(), audit);
        this.forwarder = forwarder(config, audit);
        this.clock = clock;
        this.tls = tls;
        this.selfTests = new SelfTests(foundation.engine(), foundation.state(), clock);
        LatencyBook latency = new LatencyBook(clock);
        LatencyLogConfig logged = config.observe().latencyLog();
        this.log = logged == null ? null : log(latency, logged);
        TraceConfig traced = config.observe().traces();
        this.traces = traced == null ? null : Traces.start(traced);
        Map<String, Path> folders = new TreeMap<>(
                Map.of("data", config.dataFolder(), "audit", config.audit().folder()));
        if (logged != null) {
            folders.put("latency_log", logged.folder());
        }
        Supplier<FromDisk> reading = () -> new FromDisk(foundation.report(), HealthChecks.disks(folders));
        this.disks = new BoundedReading<>("health", reading, reading.get(), DISK_WAIT_MAX);
        Health health = new Health(foundation.state(), this::readiness, this::others, clock);
        Sources sources = new Sources(
                foundation.state(),
                latency,
                this::slow,
                log,
                traces,
                this::counters,
                tokens,
                this::issuers,
                refusals,
                audit::health,
                this::forwarding,
                foundation.store(),
                this::open,
                () -> this.tls.server().getNotAfter().toInstant(),
                folders,
                Map.of(
                        "version", version(),
                        "java", Runtime.version().toString(),
                        "engine", foundation.engine().description(),
                        "tls", openSsl ? "boringssl" : "jdk"),
                clock);
        this.pulse = new Pulse(
                new Pulse.Sources(config.baseUrl(), foundation.state(), latency, refusals, this::outlook, clock));
        this.watch = Watch.over(sources, metrics, health, pulse, evidence);
        var _ = thread.scheduleWithFixedDelay(selfTests::run, SELF_TEST_HOURS, SELF_TEST_HOURS, TimeUnit.HOURS);
    }

    private static @Nullable AuditForwarder forwarder(GatewayConfig config, AuditLog audit) {
        ForwardConfig to = config.audit().forward();
        if (to == null) {
            return null;
        }
        try {
            String host = String.valueOf(URI.create(config.baseUrl()).getHost());
            return AuditForwarder.start(to, config.audit().folder(), host, audit);
        } catch (AuditRefused e) {
            throw new StartRefused(String.valueOf(e.getMessage()), e);
        } catch (IOException e) {
            throw new StartRefused(
                    "How far audit events were forwarded cannot be read in "
                            + config.audit().folder() + ": make it a folder that this process may read.",
                    e);
        }
    }

    private @Nullable ForwardHealth forwarding() {
        AuditForwarder open = forwarder;
        return open == null ? null : open.health();
    }

    private LatencyLog log(LatencyBook latency, LatencyLogConfig config) {
        try {
            LatencyLog opened = LatencyLog.open(latency, config, clock);
            long periodNanos = config.period().toNanos();
            var _ = thread.scheduleAtFixedRate(() -> cut(opened), periodNanos, periodNanos, TimeUnit.NANOSECONDS);
            return opened;
        } catch (UncheckedIOException e) {
            throw new StartRefused(
                    "Latencies cannot be written to " + config.folder()
                            + ": make it a folder that this process may write.",
                    e);
        }
    }

    private static void cut(LatencyLog log) {
        try {
            log.cut();
        } catch (RuntimeException broken) { // a task that throws is not run again
            LOG.error("an interval of latencies was lost", broken);
        }
    }

    private static String version() {
        String version = Gateway.class.getPackage().getImplementationVersion();
        return version == null ? "development" : version;
    }

    /** What there is to look at. */
    Watch watch() {
        return watch;
    }

    /** Traces requests; null if none are. */
    @Nullable
    Traces traces() {
        return traces;
    }

    /** Where libraries put their figures. */
    Metrics metrics() {
        return metrics;
    }

    /** How the HSM does at this moment. */
    Pulse pulse() {
        return pulse;
    }

    /** What the dashboard shows and no instrument tells. */
    private JsonObject outlook() {
        return new JsonObject()
                .put("health", watch.health().full().json())
                .put("custody", disks.known().custody().json())
                .put("audit", audited(audit.health()));
    }

    private static JsonObject audited(AuditHealth health) {
        return new JsonObject()
                .put("policy", health.policy().name())
                .put("events", health.events())
                .put("lagEvents", health.lagEvents())
                .put("lagMillis", health.lag().toMillis())
                .put("bytes", health.bytes())
                .put("refused", health.refused())
                .put("signedMillis", health.signedMillis())
                .put("signingFailure", health.signingFailure())
                .put("failure", health.failure());
    }

    /** Looks behind the doorways from now on. */
    void lookAt(Vault opened) {
        vault = opened;
    }

    /** Looks at the keys of token issuers from now on. */
    void lookAt(KeyKeeper keeper) {
        keyKeeper = keeper;
    }

    /** Looks at this event loop too from now on. */
    void lookAt(Edge edge) {
        edges.add(edge);
    }

    /** TLS speaks with other files. */
    void use(TlsFiles files) {
        tls = files;
    }

    /** All event loops, in no order. */
    Queue<Edge> edges() {
        return edges;
    }

    private List<EdgeCounters> counters() {
        return edges.stream().map(Edge::counters).toList();
    }

    private List<Exemplar> slow() {
        long now = clock.millis();
        return edges.stream()
                .flatMap(edge -> edge.pulse().exemplars().between(now - EXEMPLARS_MILLIS, now + 1).stream())
                .toList();
    }

    private List<KeyRefresh.State> issuers() {
        KeyKeeper keeper = keyKeeper;
        return keeper == null ? List.of() : keeper.refresh().states();
    }

    private Sources.@Nullable Open open() {
        Vault doors = vault;
        OpenHsm hsm = doors == null ? null : doors.opened();
        return hsm == null ? null : hsm.observed();
    }

    private List<Check> readiness() {
        Vault doors = vault;
        return List.of(
                selfTests.check(),
                HealthChecks.store(storeHealth()),
                HealthChecks.audit(audit.health()),
                HealthChecks.tokenKeys(issuers(), clock.millis() / 1000),
                doors == null ? HealthChecks.cold("the HSM is starting") : doors.warmth());
    }

    private StoreHealth storeHealth() {
        Sources.Open open = open();
        return (open == null ? foundation.store() : open.store()).health();
    }

    private List<Check> others() {
        BoundedReading.Read<FromDisk> read = disks.read();
        List<Check> checks = new ArrayList<>();
        for (ProcessHardening.Measure measure : read.value().custody().measures()) {
            checks.add(new Check(measure.name(), Check.Kind.CUSTODY, measure.held(), measure.why()));
        }
        checks.add(HealthChecks.checkpoints(audit.health()));
        ForwardHealth forward = forwarding();
        if (forward != null) {
            checks.add(HealthChecks.forwarding(forward));
        }
        checks.addAll(read.value().room());
        checks.add(HealthChecks.answering(read, DISK_WAIT_MAX));
        checks.addAll(HealthChecks.issuers(issuers(), clock.millis() / 1000));
        checks.add(HealthChecks.certificate(tls.server(), clock.instant()));
        return checks;
    }

    /** Ends its thread; figures are there until the end. */
    @Override
    public void close() {
        pulse.close();
        evidence.close();
        if (forwarder != null) {
            forwarder.close();
        }
        thread.shutdownNow();
        if (log != null) {
            log.close();
        }
        if (traces != null) {
            traces.close();
        }
        metrics.close();
    }
}
