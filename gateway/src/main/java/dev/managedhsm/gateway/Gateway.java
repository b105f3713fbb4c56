// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway;

import dev.managedhsm.auth.decision.Authoriser;
import dev.managedhsm.auth.token.Challenge;
import dev.managedhsm.auth.token.TokenCache;
import dev.managedhsm.auth.token.TokenVerifier;
import dev.managedhsm.crypto.latency.LatencyBook;
import dev.managedhsm.crypto.lifecycle.HsmCondition;
import dev.managedhsm.crypto.lifecycle.KeyRelease;
import dev.managedhsm.crypto.lifecycle.SecureKeys;
import dev.managedhsm.crypto.ring.OperationRing;
import dev.managedhsm.crypto.ring.RingConfig;
import dev.managedhsm.crypto.seal.SealFailure;
import dev.managedhsm.gateway.attestation.AttestationVerifier;
import dev.managedhsm.gateway.attestation.StatementSigner;
import dev.managedhsm.gateway.backup.BackupFailure;
import dev.managedhsm.gateway.backup.BackupJobs;
import dev.managedhsm.gateway.backup.BackupParts;
import dev.managedhsm.gateway.backup.BackupTargets;
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
import dev.managedhsm.gateway.refusal.RefusalLog;
import dev.managedhsm.gateway.resource.Backups;
import dev.managedhsm.gateway.resource.FullBackups;
import dev.managedhsm.gateway.resource.KeyAttestations;
import dev.managedhsm.gateway.resource.RandomBytes;
import dev.managedhsm.gateway.resource.Releasing;
import dev.managedhsm.gateway.resource.Resources;
import dev.managedhsm.gateway.resource.RoleChanges;
import dev.managedhsm.gateway.resource.Routes;
import dev.managedhsm.gateway.store.RoleJournal;
import dev.managedhsm.gateway.store.StoreJournal;
import dev.managedhsm.gateway.store.StoreRefused;
import dev.managedhsm.gateway.wire.KeyBody;
import io.vertx.core.DeploymentOptions;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.net.OpenSSLEngineOptions;
import io.vertx.core.transport.Transport;
import java.io.IOException;
import java.net.URI;
import java.time.Clock;
import java.util.List;
import java.util.Locale;
import java.util.Queue;
import java.util.UUID;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One managed HSM, running: what holds the keys, what executes, and the edge in front of them, started in this order and
 * ended in the reverse one. Started and ended by one thread that may block.
 */
public final class Gateway implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Gateway.class);
    private static final long STOP_SECONDS_MAX = 20;
    private static final int FIRST_KEYS_SECONDS_MAX = 5;

    private final GatewayConfig config;
    private final KeyCustody custody;
    private final RoleChanges roleChanges;
    private final BackupJobs backupJobs;
    private final OperationRing ring;
    private final ThreadPoolExecutor verification;
    private final ThreadPoolExecutor release;
    private final KeyKeeper keyKeeper;
    private final RefusalLog refusals;
    private final Vertx vertx;
    private final Queue<Executor> loops = new ConcurrentLinkedQueue<>();
    private final Queue<Edge> edges = new ConcurrentLinkedQueue<>();
    private final Queue<Routes> routes = new ConcurrentLinkedQueue<>();
    private volatile @Nullable TlsReload tlsReload;

    private Gateway(
            GatewayConfig config,
            KeyCustody custody,
            RoleChanges roleChanges,
            BackupJobs backupJobs,
            OperationRing ring,
            ThreadPoolExecutor verification,
            ThreadPoolExecutor release,
            KeyKeeper keyKeeper,
            RefusalLog refusals,
            Vertx vertx) {
        this.config = config;
        this.custody = custody;
        this.roleChanges = roleChanges;
        this.backupJobs = backupJobs;
        this.ring = ring;
        this.verification = verification;
        this.release = release;
        this.keyKeeper = keyKeeper;
        this.refusals = refusals;
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
        Clock clock = Clock.systemUTC();
        RingConfig ringConfig = config.threads().ring();
        int eventLoops = config.threads().eventLoops();
        UUID tenant = UUID.fromString(config.tenantId());
        TokenVerifier verifier = new TokenVerifier(tenant, config.issuers(), clock);
        Challenge challenge = new Challenge(config.loginAuthority(), tenant, config.resource());

        TlsFiles tlsFiles = tlsFiles(config, clock);
        Opened opened = new Opened();
        try {
            KeyCustody custody = opened.add(KeyCustody.open(
                    config.dataFolder(), config.rootKey(), config.custody().witness(), config.deletion(), clock));
            RoleJournal roleJournal = new RoleJournal(StoreJournal.ofRoles(custody.store()), custody.seal());
            Authoriser authoriser =
                    new Authoriser(InitialRoles.load(roleJournal, config.administrators(), config.initialRoles()));
            RoleChanges roleChanges = opened.add(new RoleChanges(roleJournal, authoriser, custody.state()));
            BackupTargets targets = new BackupTargets(config.custody().backups());
            BackupJobs backupJobs = opened.add(new BackupJobs(parts(config, custody, roleChanges), clock));
            OperationRing ring = opened.add(ring(ringConfig, custody, clock));
            ThreadPoolExecutor verification =
                    executor("token-", config.threads().verifiers(), EdgeLimits.TOKEN_QUEUE_MAX);
            opened.add(verification::shutdown);
            StatementSigner signer = new StatementSigner(tlsFiles.certificates(), tlsFiles.privateKey());
            ThreadPoolExecutor release =
                    executor("release-", config.threads().verifiers(), EdgeLimits.RELEASE_QUEUE_MAX);
            opened.add(release::shutdown);
            RefusalLog refusals = opened.add(refusals(config, clock));
            Vertx vertx = vertx(eventLoops);
            opened.add(() -> vertx.close().await(STOP_SECONDS_MAX, TimeUnit.SECONDS));
            KeyKeeper keyKeeper = KeyKeeper.start(verifier, new KeySetDownload(vertx), clock, FIRST_KEYS_SECONDS_MAX);
            Gateway gateway = opened.owner(new Gateway(
                    config, custody, roleChanges, backupJobs, ring, verification, release, keyKeeper, refusals, vertx));
            Resources resources = new Resources(
                    custody.state(),
                    authoriser,
                    custody.keyring(),
                    custody.lifecycle(),
                    roleChanges,
                    new Backups(
                            custody.backups(),
                            config.baseUrl(),
                            custody.lifecycle().policy()),
                    new FullBackups(backupJobs, targets, config.baseUrl()),
                    new RandomBytes(custody.engine(), custody.state()),
                    attestations(custody, config.baseUrl(), clock, release),
                    releasing(config, custody, signer, release, vertx, clock),
                    ring,
                    new LatencyBook(clock),
                    refusals,
                    config.baseUrl(),
                    ringConfig.slots());
            EdgeServices services = new EdgeServices(
                    config.listeners(),
                    config.tls(),
                    tlsFiles,
                    openSsl(),
                    verifier,
                    new TokenCache(),
                    challenge,
                    verification,
                    keyKeeper.refresh(),
                    refusals,
                    EdgeLimits.INTAKE_BYTES_MAX / eventLoops,
                    new LongBodies(Backups::longBody),
                    clock,
                    config.region());
            gateway.listen(services, resources, eventLoops);
            gateway.watchTls(tlsFiles, signer, clock);
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

    /** The HSM's name is the first label of its host name. */
    private static BackupParts parts(GatewayConfig config, KeyCustody custody, RoleChanges roles) {
        String host = String.valueOf(URI.create(config.baseUrl()).getHost());
        String label = host.split("\\.", 2)[0].toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9-]", "");
        return new BackupParts(
                label.isEmpty() ? "hsm" : label,
                custody.engine(),
                custody.seal(),
                custody.backupSeal().identity(),
                custody.store(),
                custody.state(),
                custody.lifecycle(),
                custody.backups(),
                roles);
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

    private static KeyAttestations attestations(KeyCustody custody, String baseUrl, Clock clock, Executor work) {
        KeyBody body = new KeyBody(baseUrl, custody.lifecycle().policy());
        return new KeyAttestations(custody.keyring(), custody.attestationKey(), body, baseUrl, clock, work);
    }

    private static Releasing releasing(
            GatewayConfig config,
            KeyCustody custody,
            StatementSigner signer,
            ThreadPoolExecutor work,
            Vertx vertx,
            Clock clock) {
        return new Releasing(
                new AttestationVerifier(vertx, config.attestationAuthorities(), work, clock),
                new KeyRelease(custody.keyring(), custody.engine(), custody.state()),
                new SecureKeys(custody.keyring(), custody.engine(), custody.state(), clock),
                signer,
                work);
    }

    private static OperationRing ring(RingConfig config, KeyCustody custody, Clock clock) {
        return new OperationRing(config, custody.engine(), custody.keyring(), clock, failure -> {
            LOG.error("a worker met a failure of the engine", failure);
            custody.state().fail("the engine broke a promise; see the log");
        });
    }

    private static ThreadPoolExecutor executor(String name, int threads, int queueMax) {
        ThreadPoolExecutor executor = new ThreadPoolExecutor(
                threads,
                threads,
                1,
                TimeUnit.MINUTES,
                new ArrayBlockingQueue<>(queueMax),
                Thread.ofPlatform().daemon().name(name, 0).factory());
        executor.allowCoreThreadTimeOut(true);
        return executor;
    }

    private static Vertx vertx(int eventLoops) {
        VertxOptions options = new VertxOptions()
                .setEventLoopPoolSize(eventLoops)
                .setWorkerPoolSize(1)
                .setInternalBlockingPoolSize(1);
        Transport epoll = Transport.EPOLL;
        if (epoll != null && epoll.available()) {
            return Vertx.builder().with(options).withTransport(epoll).build();
        }
        LOG.warn(
                "SLOWER PATH: the epoll transport is not available on this machine, NIO is used instead: {}",
                epoll == null ? "not on the class path" : String.valueOf(epoll.unavailabilityCause()));
        return Vertx.builder().with(options).withTransport(Transport.NIO).build();
    }

    private static boolean openSsl() {
        boolean available = OpenSSLEngineOptions.isAvailable();
        if (!available) {
            LOG.warn("SLOWER PATH: BoringSSL is not available on this machine, the JDK's TLS is used instead");
        }
        return available;
    }

    private void listen(EdgeServices services, Resources resources, int eventLoops) {
        try {
            vertx.deployVerticle(
                            () -> new Edge(services, edge -> {
                                loops.add(edge.loop());
                                edges.add(edge);
                                Routes own = new Routes(edge, resources);
                                routes.add(own);
                                return own;
                            }),
                            new DeploymentOptions().setInstances(eventLoops))
                    .await(STOP_SECONDS_MAX, TimeUnit.SECONDS);
        } catch (Exception e) {
            Listener listener = e instanceof CannotListen cannot ? cannot.listener() : config.front();
            throw new StartRefused(ListenFailure.sentence(listener.bindAddress(), listener.port(), e), e);
        }
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
        Edge edge = edges.element();
        tlsReload = new TlsReload(config.tls(), first, clock, files -> {
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
        custody.state().become(HsmCondition.DRAINING);
        TlsReload reload = tlsReload;
        if (reload != null) {
            reload.close();
        }
        letLoopsSeeIt();
        keyKeeper.close();
        ring.close();
        backupJobs.close();
        roleChanges.close();
        endReleases();
        // Ends before the event loops do, so that answers to changes still get out; custody.close() finds it closed.
        custody.backups().close();
        custody.lifecycle().close();
        try {
            vertx.close().await(STOP_SECONDS_MAX, TimeUnit.SECONDS);
            routes.forEach(Routes::close);
        } catch (Exception e) {
            LOG.warn("connections did not end in time: {}", e.toString());
        }
        verification.shutdown();
        refusals.close();
        custody.close();
    }

    /** After this nothing reads the keyring for a release. */
    private void endReleases() {
        release.shutdown();
        try {
            if (!release.awaitTermination(STOP_SECONDS_MAX, TimeUnit.SECONDS)) {
                LOG.warn("a key's release does not come to an end");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** After this no event loop is between its look at the condition and its submission to the ring. */
    private void letLoopsSeeIt() {
        List<Executor> all = List.copyOf(loops);
        CountDownLatch seen = new CountDownLatch(all.size());
        all.forEach(loop -> loop.execute(seen::countDown));
        try {
            if (!seen.await(STOP_SECONDS_MAX, TimeUnit.SECONDS)) {
                LOG.warn("an event loop does not come to an end with its task");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
