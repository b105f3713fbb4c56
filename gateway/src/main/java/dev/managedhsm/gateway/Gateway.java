// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway;

import dev.managedhsm.auth.token.Challenge;
import dev.managedhsm.auth.token.TokenCache;
import dev.managedhsm.auth.token.TokenVerifier;
import dev.managedhsm.crypto.engine.Engine;
import dev.managedhsm.crypto.engine.Engines;
import dev.managedhsm.crypto.lifecycle.HsmCondition;
import dev.managedhsm.crypto.ring.Cores;
import dev.managedhsm.crypto.seal.SealFailure;
import dev.managedhsm.gateway.attestation.StatementSigner;
import dev.managedhsm.gateway.audit.AuditHealth;
import dev.managedhsm.gateway.audit.AuditLog;
import dev.managedhsm.gateway.audit.AuditRefused;
import dev.managedhsm.gateway.audit.AuditSource;
import dev.managedhsm.gateway.backup.BackupFailure;
import dev.managedhsm.gateway.http.CannotListen;
import dev.managedhsm.gateway.http.Edge;
import dev.managedhsm.gateway.http.EdgeLimits;
import dev.managedhsm.gateway.http.EdgeServices;
import dev.managedhsm.gateway.http.Listener;
import dev.managedhsm.gateway.http.LongBodies;
import dev.managedhsm.gateway.http.TlsFiles;
import dev.managedhsm.gateway.http.TlsReload;
import dev.managedhsm.gateway.identity.KeyKeeper;
import dev.managedhsm.gateway.identity.KeySetDownload;
import dev.managedhsm.gateway.observe.Metrics;
import dev.managedhsm.gateway.refusal.RefusalLog;
import dev.managedhsm.gateway.resource.Backups;
import dev.managedhsm.gateway.store.StoreRefused;
import io.vertx.core.DeploymentOptions;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.net.OpenSSLEngineOptions;
import io.vertx.core.transport.Transport;
import java.io.IOException;
import java.net.URI;
import java.time.Clock;
import java.util.UUID;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One managed HSM, running: what can open its keys, the edge in front, and, once there is a root key, the keys. Started in
 * this order and ended in the reverse one, by one thread that may block.
 *
 * <pre>
 *   event loop: Edge --> Doorway --> ClosedRoutes    while there is no root key: security domain only
 *                            \----> Routes          of the {@link OpenHsm}, from then on
 * </pre>
 */
public final class Gateway implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Gateway.class);
    private static final long STOP_SECONDS_MAX = 20;
    private static final int FIRST_KEYS_SECONDS_MAX = 5;

    private final GatewayConfig config;
    private final Foundation foundation;
    private final Vault vault;
    private final ThreadPoolExecutor verification;
    private final KeyKeeper keyKeeper;
    private final RefusalLog refusals;
    private final AuditLog audit;
    private final Vertx vertx;
    private final Observation observation;
    private volatile @Nullable TlsReload tlsReload;

    private Gateway(
            GatewayConfig config,
            Foundation foundation,
            Vault vault,
            ThreadPoolExecutor verification,
            KeyKeeper keyKeeper,
            RefusalLog refusals,
            AuditLog audit,
            Observation observation,
            Vertx vertx) {
        this.config = config;
        this.foundation = foundation;
        this.vault = vault;
        this.verification = verification;
        this.keyKeeper = keyKeeper;
        this.refusals = refusals;
        this.audit = audit;
        this.observation = observation;
        this.vertx = vertx;
    }

    /**
     * Starts.
     *
     * @param config everything it is told
     * @return the gateway, listening and ready
     * @throws StartRefused if the world does not allow it
     */
    public static Gateway start(GatewayConfig config) {
        return start(config, Engines::choose);
    }

    /**
     * Starts over another engine than the one that {@link Engines#choose()} would choose.
     *
     * @param config everything it is told
     * @param engines opens the engine; the gateway closes it
     * @return the gateway, listening and ready
     * @throws StartRefused if the world does not allow it
     */
    public static Gateway start(GatewayConfig config, Supplier<Engine> engines) {
        WatchedClock clock = new WatchedClock();
        int eventLoops = config.threads().eventLoops();
        Cores cores = Cores.of(config.threads().ring());
        UUID tenant = UUID.fromString(config.tenantId());
        TokenVerifier verifier = new TokenVerifier(tenant, config.issuers(), clock);
        Challenge challenge = new Challenge(config.loginAuthority(), tenant, config.resource());

        TlsFiles tlsFiles = tlsFiles(config, clock);
        Opened opened = new Opened();
        try {
            Foundation foundation = opened.add(Foundation.open(config.dataFolder(), config.rootKey(), engines));
            clock.whenJumped(foundation.state()::fail);
            ThreadPoolExecutor verification =
                    executor("token-", config.threads().verifiers(), EdgeLimits.TOKEN_QUEUE_MAX);
            opened.add(verification::shutdown);
            StatementSigner signer = new StatementSigner(tlsFiles.certificates(), tlsFiles.privateKey());
            RefusalLog refusals = opened.add(refusals(config, clock));
            boolean openSsl = openSsl();
            TokenCache tokens = new TokenCache();
            AuditLog audit = opened.add(audit(config, clock, cores));
            Observation observation =
                    opened.add(new Observation(config, foundation, tlsFiles, tokens, refusals, audit, openSsl, clock));
            Vertx vertx = vertx(eventLoops, observation.metrics());
            opened.add(() -> vertx.close().await(STOP_SECONDS_MAX, TimeUnit.SECONDS));
            // The thread of executeBlocking starts here and not from an event loop, whose cores it would inherit.
            var _ = vertx.executeBlocking(Cores::freeCurrent);
            Vault vault = opened.add(new Vault(
                    new OpenHsm.Surroundings(config, foundation, signer, refusals, audit, observation, vertx, clock)));
            observation.lookAt(vault);
            vault.openAtStart();
            KeyKeeper keyKeeper = KeyKeeper.start(verifier, new KeySetDownload(vertx), clock, FIRST_KEYS_SECONDS_MAX);
            observation.lookAt(keyKeeper);
            Gateway gateway = opened.owner(new Gateway(
                    config, foundation, vault, verification, keyKeeper, refusals, audit, observation, vertx));
            EdgeServices services = new EdgeServices(
                    config.listeners(),
                    config.tls(),
                    tlsFiles,
                    openSsl,
                    verifier,
                    tokens,
                    challenge,
                    verification,
                    keyKeeper.refresh(),
                    refusals,
                    observation.traces(),
                    audit,
                    observation.pulse(),
                    EdgeLimits.INTAKE_BYTES_MAX / eventLoops,
                    new LongBodies(Backups::longBody),
                    clock,
                    config.region());
            gateway.listen(services, eventLoops, cores);
            gateway.watchTls(tlsFiles, signer, clock);
            vault.warmUp();
            return gateway;
        } catch (SealFailure | StoreRefused | BackupFailure refused) {
            opened.close(refused);
            throw new StartRefused(String.valueOf(refused.getMessage()), refused);
        } catch (IllegalArgumentException notToBeUsed) {
            opened.close(notToBeUsed);
            throw new StartRefused(String.valueOf(notToBeUsed.getMessage()), notToBeUsed);
        } catch (RuntimeException e) {
            opened.close(e);
            throw e;
        }
    }

    private static TlsFiles tlsFiles(GatewayConfig config, Clock clock) {
        try {
            return TlsFiles.read(config.tls(), clock.instant());
        } catch (IllegalArgumentException refused) {
            throw new StartRefused(String.valueOf(refused.getMessage()), refused);
        }
    }

    private static RefusalLog refusals(GatewayConfig config, Clock clock) {
        try {
            return RefusalLog.open(config.refusals(), clock);
        } catch (IOException e) {
            throw new StartRefused(
                    "Refused tokens cannot be recorded in " + config.refusals().folder()
                            + ": make it a folder that this process may write.",
                    e);
        }
    }

    private static AuditLog audit(GatewayConfig config, Clock clock, Cores cores) {
        AuditSource source = AuditSource.of(
                config.tenantId(), config.baseUrl(), config.audit().resourceId());
        try {
            return AuditLog.open(config.audit(), source, clock, cores::besideFastWorkers);
        } catch (IOException e) {
            throw new StartRefused(
                    "The audit log cannot be written in " + config.audit().folder()
                            + ": make it a folder that this process may write, on a disk with room.",
                    e);
        } catch (AuditRefused refused) {
            throw new StartRefused(String.valueOf(refused.getMessage()), refused);
        }
    }

    /** Threads that end when nothing is asked of them, and a queue that refuses when it is full. */
    static ThreadPoolExecutor executor(String name, int threads, int queueMax) {
        ThreadPoolExecutor executor = new ThreadPoolExecutor(
                threads,
                threads,
                1,
                TimeUnit.MINUTES,
                new ArrayBlockingQueue<>(queueMax),
                Cores.freeThreads(Thread.ofPlatform().daemon().name(name, 0)));
        executor.allowCoreThreadTimeOut(true);
        return executor;
    }

    private static Vertx vertx(int eventLoops, Metrics metrics) {
        VertxOptions options = new VertxOptions()
                .setEventLoopPoolSize(eventLoops)
                .setMetricsOptions(Metrics.vertxOptions())
                .setWorkerPoolSize(1)
                .setInternalBlockingPoolSize(1);
        Transport epoll = Transport.EPOLL;
        if (epoll != null && epoll.available()) {
            return Vertx.builder()
                    .with(options)
                    .withMetrics(metrics.vertx())
                    .withTransport(epoll)
                    .build();
        }
        LOG.warn(
                "SLOWER PATH: the epoll transport is not available on this machine, NIO is used instead: {}",
                epoll == null ? "not on the class path" : String.valueOf(epoll.unavailabilityCause()));
        return Vertx.builder()
                .with(options)
                .withMetrics(metrics.vertx())
                .withTransport(Transport.NIO)
                .build();
    }

    private static boolean openSsl() {
        boolean available = OpenSSLEngineOptions.isAvailable();
        if (!available) {
            LOG.warn("SLOWER PATH: BoringSSL is not available on this machine, the JDK's TLS is used instead");
        }
        return available;
    }

    private void listen(EdgeServices services, int eventLoops, Cores cores) {
        try {
            vertx.deployVerticle(
                            () -> new Edge(
                                    services,
                                    edge -> { // on its event loop
                                        cores.besideFastWorkers();
                                        observation.lookAt(edge);
                                        return vault.doorway(edge);
                                    }),
                            new DeploymentOptions().setInstances(eventLoops))
                    .await(STOP_SECONDS_MAX, TimeUnit.SECONDS);
        } catch (Exception e) {
            Listener listener = e instanceof CannotListen cannot ? cannot.listener() : config.front();
            throw new StartRefused(ListenFailure.sentence(listener.bindAddress(), listener.port(), e), e);
        }
        LOG.info("{}", cores);
        config.listeners()
                .forEach(listener -> LOG.info(
                        "listening on {} port {} for {}, from {}, {} event loops",
                        listener.bindAddress(),
                        listener.port(),
                        listener.planes(),
                        listener.allowed(),
                        eventLoops));
    }

    /** One edge speaks for all: they share their listening sockets. */
    private void watchTls(TlsFiles first, StatementSigner signer, Clock clock) {
        Edge edge = observation.edges().element();
        tlsReload = new TlsReload(config.tls(), first, clock, files -> {
            observation.use(files);
            signer.use(files.certificates(), files.privateKey());
            try {
                edge.use(files).await(STOP_SECONDS_MAX, TimeUnit.SECONDS);
            } catch (TimeoutException e) {
                throw new IllegalStateException("the listeners do not take it", e);
            }
        });
    }

    /** The port on which clients come. */
    public int port() {
        return config.front().port();
    }

    /** Where clients find the HSM. */
    public URI url() {
        return URI.create(config.baseUrl());
    }

    /**
     * Takes nothing new, finishes and answers what has begun, then ends. Waits for all of it, up to {@value
     * #STOP_SECONDS_MAX} s for the connections.
     */
    @Override
    public void close() {
        foundation.state().become(HsmCondition.DRAINING);
        TlsReload reload = tlsReload;
        if (reload != null) {
            reload.close();
        }
        observation.pulse().close(); // connections that are told of it would not end by themselves
        vault.letLoopsSeeIt();
        keyKeeper.close();
        // Ends before the event loops do, so that answers to changes still get out.
        vault.drain();
        try {
            vertx.close().await(STOP_SECONDS_MAX, TimeUnit.SECONDS);
            vault.closeRoutes();
        } catch (Exception e) {
            LOG.warn("connections did not end in time: {}", e.toString());
        }
        verification.shutdown();
        refusals.close();
        audit.close();
        observation.close();
        vault.close();
        foundation.close();
    }

    /** What the HSM's condition is. Any thread. */
    public HsmCondition condition() {
        return foundation.state().now();
    }

    /** How the audit log is. Any thread. */
    public AuditHealth audit() {
        return audit.health();
    }

    /** How well the keys are kept now. Any thread that may read from the disk. */
    public CustodyReport custody() {
        return foundation.report();
    }
}
