// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway;

import dev.managedhsm.auth.decision.Authoriser;
import dev.managedhsm.crypto.lifecycle.KeyRelease;
import dev.managedhsm.crypto.lifecycle.SecureKeys;
import dev.managedhsm.crypto.ring.OperationRing;
import dev.managedhsm.crypto.seal.RootKeys;
import dev.managedhsm.gateway.attestation.AttestationVerifier;
import dev.managedhsm.gateway.attestation.StatementSigner;
import dev.managedhsm.gateway.audit.AuditLog;
import dev.managedhsm.gateway.backup.BackupJobs;
import dev.managedhsm.gateway.backup.BackupParts;
import dev.managedhsm.gateway.backup.BackupTargets;
import dev.managedhsm.gateway.http.Edge;
import dev.managedhsm.gateway.http.EdgeLimits;
import dev.managedhsm.gateway.observe.Sources;
import dev.managedhsm.gateway.pulse.OpenKeys;
import dev.managedhsm.gateway.refusal.RefusalLog;
import dev.managedhsm.gateway.resource.Backups;
import dev.managedhsm.gateway.resource.FullBackups;
import dev.managedhsm.gateway.resource.KeyAttestations;
import dev.managedhsm.gateway.resource.RandomBytes;
import dev.managedhsm.gateway.resource.Releasing;
import dev.managedhsm.gateway.resource.Resources;
import dev.managedhsm.gateway.resource.RoleChanges;
import dev.managedhsm.gateway.resource.Routes;
import dev.managedhsm.gateway.resource.SecurityDomains;
import dev.managedhsm.gateway.resource.WarmUp;
import dev.managedhsm.gateway.store.RoleJournal;
import dev.managedhsm.gateway.store.StoreJournal;
import dev.managedhsm.gateway.wire.KeyBody;
import io.vertx.core.Vertx;
import java.net.URI;
import java.time.Clock;
import java.util.List;
import java.util.Locale;
import java.util.Queue;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The HSM with its keys open: what holds them, who may use them, what executes, and the routes to all that. There is one
 * while the HSM is operational, and for a moment two while the root key is being replaced.
 */
final class OpenHsm {
    private static final Logger LOG = LoggerFactory.getLogger(OpenHsm.class);
    private static final long STOP_SECONDS_MAX = 20;

    /**
     * What is there before any keys, and outlives them.
     *
     * @param config everything the gateway is told
     * @param foundation engine, store and condition
     * @param signer signs what is released
     * @param refusals what is remembered of refused tokens
     * @param audit records the end of every request
     * @param observation what is to be seen of it
     * @param vertx runs what asks other hosts
     * @param clock wall clock
     */
    record Surroundings(
            GatewayConfig config,
            Foundation foundation,
            StatementSigner signer,
            RefusalLog refusals,
            AuditLog audit,
            Observation observation,
            Vertx vertx,
            Clock clock) {}

    private final KeyCustody custody;
    private final RoleChanges roleChanges;
    private final BackupJobs backupJobs;
    private final OperationRing ring;
    private final ThreadPoolExecutor release;
    private final Resources resources;
    private final AuditSealing audit;
    private final Queue<Routes> routes = new ConcurrentLinkedQueue<>();

    private OpenHsm(
            KeyCustody custody,
            RoleChanges roleChanges,
            BackupJobs backupJobs,
            OperationRing ring,
            ThreadPoolExecutor release,
            Resources resources,
            AuditSealing audit) {
        this.custody = custody;
        this.roleChanges = roleChanges;
        this.backupJobs = backupJobs;
        this.ring = ring;
        this.release = release;
        this.resources = resources;
        this.audit = audit;
    }

    /**
     * Opens the keys.
     *
     * @param around what is there already
     * @param roots the root keys; closed by this from here on, also if it fails
     * @param domains the security domain
     */
    static OpenHsm open(Surroundings around, RootKeys roots, SecurityDomains domains) {
        GatewayConfig config = around.config();
        Clock clock = around.clock();
        Opened opened = new Opened();
        try {
            KeyCustody custody = opened.add(
                    KeyCustody.open(around.foundation(), roots, config.custody().witness(), config.deletion(), clock));
            RoleJournal roleJournal = new RoleJournal(StoreJournal.ofRoles(custody.store()), custody.seal());
            Authoriser authoriser =
                    new Authoriser(InitialRoles.load(roleJournal, config.administrators(), config.initialRoles()));
            RoleChanges roleChanges = opened.add(new RoleChanges(roleJournal, authoriser, custody.state()));
            BackupTargets targets = new BackupTargets(config.custody().backups(), clock);
            BackupJobs backupJobs = opened.add(new BackupJobs(parts(config, custody, roleChanges), clock));
            OperationRing ring = opened.add(ring(config, custody, clock));
            ThreadPoolExecutor release =
                    Gateway.executor("release-", config.threads().verifiers(), EdgeLimits.RELEASE_QUEUE_MAX);
            opened.add(release::shutdown);
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
                    domains,
                    new FullBackups(backupJobs, targets, config.baseUrl()),
                    new RandomBytes(custody.engine(), custody.state()),
                    attestations(custody, config.baseUrl(), clock, release),
                    releasing(around, custody, release),
                    ring,
                    around.observation().watch(),
                    around.refusals(),
                    config.baseUrl(),
                    config.threads().ring().slots());
            AuditSealing audit = opened.add(AuditSealing.open(around.audit(), around.foundation(), custody));
            return new OpenHsm(custody, roleChanges, backupJobs, ring, release, resources, audit);
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

    private static KeyAttestations attestations(KeyCustody custody, String baseUrl, Clock clock, Executor work) {
        KeyBody body = new KeyBody(baseUrl, custody.lifecycle().policy());
        return new KeyAttestations(custody.keyring(), custody.attestationKey(), body, baseUrl, clock, work);
    }

    private static Releasing releasing(Surroundings around, KeyCustody custody, ThreadPoolExecutor work) {
        GatewayConfig config = around.config();
        Clock clock = around.clock();
        return new Releasing(
                new AttestationVerifier(around.vertx(), config.attestationAuthorities(), work, clock),
                new KeyRelease(custody.keyring(), custody.engine(), custody.state()),
                new SecureKeys(custody.keyring(), custody.engine(), custody.state(), clock),
                around.signer(),
                work);
    }

    private static OperationRing ring(GatewayConfig config, KeyCustody custody, Clock clock) {
        return new OperationRing(config.threads().ring(), custody.engine(), custody.keyring(), clock, failure -> {
            LOG.error("a worker met a failure of the engine", failure);
            custody.state().fail("the engine broke a promise; see the log");
        });
    }

    /** The routes of an event loop, made on that event loop. */
    Routes routes(Edge edge) {
        Routes own = new Routes(edge, resources);
        routes.add(own);
        return own;
    }

    /** What of it the dashboard looks at. */
    OpenKeys looked() {
        return new OpenKeys(custody.keyring(), ring.lanes());
    }

    /** What of it is to be seen. */
    Sources.Open observed() {
        return new Sources.Open(ring, custody.keyring(), custody.store());
    }

    /** Runs what requests will run; the event loops must have their routes. */
    CompletionStage<?> warmUp(WarmUp plan) {
        return plan.run(custody.lifecycle(), List.copyOf(routes));
    }

    KeyCustody custody() {
        return custody;
    }

    /**
     * Makes the changes of keys and roles that wait, then none until what is returned is run; operations go on.
     *
     * @return has changes made again
     */
    Runnable hold() throws InterruptedException {
        Runnable roles = roleChanges.hold();
        custody.lifecycle().hold();
        return () -> {
            custody.lifecycle().release();
            roles.run();
        };
    }

    /** Finishes what has begun; answers can still get out on the event loops. Nothing new may come. */
    void drain() {
        ring.close();
        backupJobs.close();
        roleChanges.close();
        endReleases();
        custody.backups().close();
        custody.lifecycle().close();
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

    /** Gives back the routes; all operations must have come back. On the event loops, or after they ended. */
    void closeRoutes() {
        routes.forEach(Routes::close);
        routes.clear();
    }

    /** Wipes everything; after {@link #drain}. */
    void close() {
        audit.close();
        custody.close();
    }
}
