// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway;

import dev.managedhsm.auth.decision.Authoriser;
import dev.managedhsm.auth.role.BuiltInRoles;
import dev.managedhsm.auth.role.RoleAssignment;
import dev.managedhsm.auth.role.RoleSnapshot;
import dev.managedhsm.auth.role.Scope;
import dev.managedhsm.crypto.engine.Engine;
import dev.managedhsm.crypto.lifecycle.HsmCondition;
import dev.managedhsm.crypto.seal.RecordSeal;
import dev.managedhsm.crypto.seal.RootKeys;
import dev.managedhsm.crypto.seal.SealFailure;
import dev.managedhsm.crypto.seal.SealingKeys;
import dev.managedhsm.gateway.http.Edge;
import dev.managedhsm.gateway.http.EdgeLimits;
import dev.managedhsm.gateway.http.Exchange;
import dev.managedhsm.gateway.observe.Check;
import dev.managedhsm.gateway.observe.HealthChecks;
import dev.managedhsm.gateway.resource.ClosedResources;
import dev.managedhsm.gateway.resource.ClosedRoutes;
import dev.managedhsm.gateway.resource.SecurityDomains;
import dev.managedhsm.gateway.store.Commit;
import dev.managedhsm.gateway.store.Resealing;
import dev.managedhsm.gateway.wire.Refused;
import dev.managedhsm.gateway.wire.WireError;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Queue;
import java.util.UUID;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Behind every doorway of the gateway: the keys, or that they are not open. Opens them when there is a root key, and replaces
 * them by the same keys under another root key while operations go on. Threads that open or replace wait for each other; event
 * loops never wait.
 */
final class Vault implements RootCustody.Doors, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Vault.class);
    private static final long STOP_SECONDS_MAX = 20;

    /** How long requests that began before may still be answered by the keys of before: a body may come slowly. */
    private static final long RETIRE_MILLIS = EdgeLimits.BODY_MILLIS_MAX + 5_000;

    private final OpenHsm.Surroundings around;
    private final RootCustody custody;
    private final SecurityDomains domains;
    private final ClosedResources closed;
    private final Queue<Doorway> doorways = new ConcurrentLinkedQueue<>();
    private final Queue<OpenHsm> retiring = new ConcurrentLinkedQueue<>();
    private volatile @Nullable OpenHsm opened;
    private volatile Check warmth = HealthChecks.cold("no keys are open yet");

    Vault(OpenHsm.Surroundings around) {
        this.around = around;
        this.custody = new RootCustody(around.foundation(), this, around.clock());
        this.domains = new SecurityDomains(custody, around.config().baseUrl());
        this.closed = new ClosedResources(
                around.foundation().state(),
                new Authoriser(administrators(around.config().administrators())),
                domains,
                around.observation().watch(),
                around.refusals());
    }

    /** Roles are sealed; until they can be read, the configuration says who may bring the root key, and see what is missing. */
    private static RoleSnapshot administrators(List<String> objectIds) {
        List<RoleAssignment> assignments = objectIds.stream()
                .flatMap(id -> Stream.of(BuiltInRoles.ADMINISTRATOR, BuiltInRoles.SECURITY_READER)
                        .map(role -> new RoleAssignment(
                                UUID.nameUUIDFromBytes((id + ' ' + role.id()).getBytes(StandardCharsets.UTF_8)),
                                role.id(),
                                UUID.fromString(id),
                                Scope.HSM)))
                .toList();
        return RoleSnapshot.of(List.of(), assignments);
    }

    /** Opens the keys if the root key is there and the HSM is activated; no event loop runs yet. */
    void openAtStart() {
        Foundation foundation = around.foundation();
        RootKeys roots = foundation.rootKeys();
        if (roots == null) {
            LOG.warn(
                    "the HSM is {}: it waits for its custodians",
                    foundation.state().now());
        } else if (foundation.state().now() == HsmCondition.PROVISIONED) {
            custody.keep(roots);
            LOG.warn("the HSM is PROVISIONED: download its security domain to activate it");
        } else {
            boolean first = foundation.activation() == null;
            open(roots);
            if (first) {
                custody.activated(roots);
            }
        }
    }

    /** Where the requests of an event loop go; asked for on that event loop. */
    synchronized Doorway doorway(Edge edge) {
        Doorway doorway = new Doorway(edge, routes(edge, opened));
        doorways.add(doorway);
        return doorway;
    }

    private Consumer<Exchange> routes(Edge edge, @Nullable OpenHsm hsm) {
        return hsm == null ? new ClosedRoutes(edge, closed) : hsm.routes(edge);
    }

    @Override
    public @Nullable OpenHsm opened() {
        return opened;
    }

    @Override
    public synchronized void open(RootKeys roots) {
        OpenHsm hsm = OpenHsm.open(around, roots, domains);
        opened = hsm;
        lead(hsm);
        around.observation().pulse().lookAt(hsm.looked());
        around.foundation().state().become(HsmCondition.OPERATIONAL);
        if (!doorways.isEmpty()) { // else the event loops are yet to come
            warmUp();
        }
    }

    /** Has what requests will run be run once before they come; they may come meanwhile. Does nothing while no keys are open. */
    void warmUp() {
        OpenHsm hsm = opened;
        if (hsm == null) {
            return;
        }
        warmth = HealthChecks.cold("the hot path is being run for the first time");
        hsm.warmUp(around.config().observe().warmUp()).whenComplete((_, failure) -> {
            if (failure == null) {
                warmth = HealthChecks.warm();
            } else {
                LOG.error("the HSM could not be warmed up", failure);
                warmth = HealthChecks.cold("the hot path could not be run: see the log");
            }
        });
    }

    /** Whether the hot path has been run. Any thread; does not wait. */
    Check warmth() {
        return warmth;
    }

    /** Leads the requests of all event loops there, and waits until they go there. */
    private void lead(OpenHsm hsm) {
        CountDownLatch led = new CountDownLatch(doorways.size());
        doorways.forEach(doorway -> doorway.edge().loop().execute(() -> {
            doorway.lead(routes(doorway.edge(), hsm));
            led.countDown();
        }));
        await(led);
    }

    @Override
    public synchronized long rotate(OpenHsm from, RootKeys to, Activation activation) throws Refused {
        Runnable release = held(from);
        long records;
        try {
            records = reseal(from, to, activation);
        } catch (RuntimeException | Refused e) {
            to.close();
            release.run();
            throw e;
        }
        // From here on the store is sealed under the new root key, and the old keys must not write to it.
        try {
            OpenHsm next = OpenHsm.open(around, to, domains);
            opened = next;
            lead(next);
            around.observation().pulse().lookAt(next.looked());
        } catch (RuntimeException e) {
            around.foundation().state().fail("the records that were sealed anew do not open: start anew");
            throw e;
        }
        release.run();
        retiring.add(from);
        Thread.ofPlatform().daemon().name("retire").start(this::retireLater);
        return records;
    }

    private static Runnable held(OpenHsm from) throws Refused {
        try {
            return from.hold();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new Refused(WireError.unavailable("The HSM is shutting down"));
        } catch (RejectedExecutionException full) {
            throw new Refused(WireError.throttled());
        }
    }

    private long reseal(OpenHsm from, RootKeys to, Activation activation) throws Refused {
        Foundation foundation = around.foundation();
        Engine engine = foundation.engine();
        foundation.sealingFile().stage(engine, to.current());
        try (SealingKeys keys = KeyCustody.sealingKeys(engine, to.current())) {
            Resealing resealing = new Resealing(from.custody().seal(), new RecordSeal(engine, keys));
            Commit end = resealing.run(foundation.store(), RootCustody.writes(engine, activation, to));
            switch (end) {
                case Commit.Committed _ ->
                    foundation.sealingFile().finish(); // the witness follows when the keys are opened
                case Commit.Unknown _ -> {
                    foundation.state().fail("it is not known whether the records were sealed anew: start anew");
                    throw new Refused(WireError.internal());
                }
                case Commit.NotCommitted _, Commit.Conflict _ -> {
                    foundation.sealingFile().discard();
                    throw new Refused(
                            WireError.unavailable("The records could not be sealed anew: nothing was changed"));
                }
            }
            return resealing.count();
        } catch (SealFailure failure) {
            LOG.error("the root key was not rotated: {}", failure.getMessage());
            throw new Refused(WireError.internal());
        }
    }

    private void retireLater() {
        try {
            TimeUnit.MILLISECONDS.sleep(RETIRE_MILLIS);
            retireAll();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (RuntimeException e) {
            LOG.error("the keys under the old root key could not be given back", e);
        }
    }

    private void retireAll() {
        for (OpenHsm old = retiring.poll(); old != null; old = retiring.poll()) {
            old.drain();
            letLoopsSeeIt();
            old.closeRoutes();
            old.close();
            LOG.info("the old root key and what was derived from it are wiped");
        }
    }

    /** After this no event loop is between its look at the condition and its submission to the ring. */
    void letLoopsSeeIt() {
        CountDownLatch seen = new CountDownLatch(doorways.size());
        doorways.forEach(doorway -> doorway.edge().loop().execute(seen::countDown));
        await(seen);
    }

    private static void await(CountDownLatch latch) {
        try {
            if (!latch.await(STOP_SECONDS_MAX, TimeUnit.SECONDS)) {
                LOG.warn("an event loop does not come to an end with its task");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Finishes what has begun; answers can still get out. */
    synchronized void drain() {
        retireAll();
        OpenHsm hsm = opened;
        if (hsm != null) {
            hsm.drain();
        }
    }

    /** Gives back the routes; the event loops have ended. */
    void closeRoutes() {
        OpenHsm hsm = opened;
        if (hsm != null) {
            hsm.closeRoutes();
        }
    }

    /** Wipes all keys. */
    @Override
    public synchronized void close() {
        custody.close();
        OpenHsm hsm = opened;
        if (hsm != null) {
            hsm.close();
        }
    }
}
