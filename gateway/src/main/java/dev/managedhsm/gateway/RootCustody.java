// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway;

import dev.managedhsm.crypto.engine.Engine;
import dev.managedhsm.crypto.lifecycle.HsmCondition;
import dev.managedhsm.crypto.seal.RetiredKeys;
import dev.managedhsm.crypto.seal.RootKey;
import dev.managedhsm.crypto.seal.RootKeys;
import dev.managedhsm.crypto.seal.SealFailure;
import dev.managedhsm.crypto.seal.SecurityDomain;
import dev.managedhsm.gateway.resource.DomainKeeper;
import dev.managedhsm.gateway.store.Commit;
import dev.managedhsm.gateway.store.RootKeyRecords;
import dev.managedhsm.gateway.store.Transaction;
import dev.managedhsm.gateway.wire.DomainBody;
import dev.managedhsm.gateway.wire.DomainText;
import dev.managedhsm.gateway.wire.Refused;
import dev.managedhsm.gateway.wire.WireError;
import java.time.Clock;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The root key's ways in and out: activation, download and upload of the security domain, unsealing. What a step changes is
 * durable before it is answered, in an order that leaves a defined condition wherever it is interrupted. Threads wait for
 * each other.
 *
 * <pre>
 *   provisioned --download: store says "activated"--------------------------------> operational
 *   provisioned --upload: key file beside the old one, store, key file renamed----> operational
 *   sealed      --upload: the root key that the store names, key file likewise----> operational
 * </pre>
 */
final class RootCustody implements DomainKeeper, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(RootCustody.class);
    private static final Standing NOTHING = new Standing(Progress.NONE, "Nothing was begun since the HSM was started");

    private final Foundation foundation;
    private final Doors doors;
    private final Clock clock;
    private @Nullable RootKeys provisional;
    private @Nullable TransferKeyPair transferKey;
    private volatile Standing downloaded = NOTHING;
    private volatile Standing uploaded = NOTHING;

    /** What leads requests to the keys once they are open. */
    interface Doors {
        /** Opens the keys and leads requests to them; closes the root keys if that fails. */
        void open(RootKeys roots);

        /** The HSM with its keys open, or null. */
        @Nullable
        OpenHsm opened();

        /** Has the root key replaced; answers how many records were sealed anew. */
        long rotate(OpenHsm from, RootKeys to, Activation activation) throws Refused;
    }

    /**
     * @param foundation engine, store and condition
     * @param doors what is told when there are root keys
     */
    RootCustody(Foundation foundation, Doors doors, Clock clock) {
        this.foundation = foundation;
        this.doors = doors;
        this.clock = clock;
    }

    /** Keeps the root key of an HSM that nobody has activated, until somebody does. */
    synchronized void keep(RootKeys roots) {
        provisional = roots;
    }

    /** Says in the store that the HSM was activated by being started. */
    void activated(RootKeys roots) {
        String identity = Activation.identity(foundation.engine(), roots.current());
        if (!record(foundation, new Activation(identity, Activation.Way.START, null, null, now(clock)), roots)) {
            throw new StartRefused(
                    "The activation could not be written to the store: check the disk, then start anew.");
        }
    }

    @Override
    public synchronized String download(DomainBody.Download wanted) throws Refused {
        OpenHsm open = doors.opened();
        if (open == null && foundation.state().now() != HsmCondition.PROVISIONED) {
            throw new Refused(WireError.unavailable("The HSM is sealed: its root key is not available"));
        }
        RootKeys roots = open == null ? provisional() : open.custody().roots();
        try {
            String text = domain(foundation, clock, roots, wanted);
            if (open == null) {
                provisional = null;
                doors.open(roots);
            }
            downloaded = new Standing(Progress.SUCCESS, "The security domain was downloaded");
            return text;
        } catch (Refused refused) {
            downloaded = new Standing(Progress.FAILED, refused.error().message());
            throw refused;
        }
    }

    /**
     * Makes a domain and says so in the store, which activates an HSM that was not.
     *
     * @return the text of the domain
     */
    static String domain(Foundation foundation, Clock clock, RootKeys roots, DomainBody.Download wanted)
            throws Refused {
        Engine engine = foundation.engine();
        SecurityDomain.Kept kept;
        try {
            kept = SecurityDomain.make(engine, roots, wanted.custodians(), wanted.quorum());
        } catch (SealFailure failure) {
            throw new Refused(String.valueOf(failure.getMessage()));
        }
        String identity = Activation.identity(engine, roots.current());
        String quorum = wanted.quorum() + " of " + wanted.custodians().size();
        Activation before = foundation.activation();
        Activation after = before == null
                ? new Activation(identity, Activation.Way.DOWNLOAD, identity, quorum, now(clock))
                : new Activation(identity, before.way(), identity, quorum, before.at());
        if (!record(foundation, after, roots)) {
            throw new Refused(WireError.unavailable("The activation could not be made durable and was not made"));
        }
        LOG.info("the security domain was downloaded for a quorum of {}", quorum);
        return DomainText.write(kept);
    }

    /** The root key of the HSM to be; made now where only custodians will have it. */
    private RootKeys provisional() {
        RootKeys roots = provisional;
        if (roots == null) {
            roots = RootKeys.of(RootKey.create(foundation.engine()));
            provisional = roots;
        }
        return roots;
    }

    @Override
    public Standing downloaded() {
        return downloaded;
    }

    @Override
    public synchronized TransferKey transferKey() {
        TransferKeyPair pair = transferKey;
        if (pair == null) {
            pair = TransferKeyPair.make(foundation.engine(), clock);
            transferKey = pair;
        }
        return pair.shown();
    }

    @Override
    public synchronized void upload(String domain) throws Refused {
        TransferKeyPair pair = transferKey;
        if (pair == null) {
            throw new Refused(
                    "No transfer key was asked for since the HSM was started: fetch it, and make the blob with it");
        }
        if (uploaded.progress() == Progress.IN_PROGRESS || doors.opened() != null) {
            throw new Refused(new WireError(409, "Conflict", "A security domain was uploaded already"));
        }
        byte[] thumbprint = DomainBody.thumbprint(pair.shown().certificate());
        SecurityDomain.Transfer transfer = DomainText.read(domain, thumbprint);
        RootKeys roots;
        try {
            roots = SecurityDomain.open(foundation.engine(), transfer, pair.key());
        } catch (SealFailure failure) {
            throw new Refused(String.valueOf(failure.getMessage()));
        }
        RootKeys accepted = accepted(roots);
        uploaded = new Standing(Progress.IN_PROGRESS, "The keys are being opened");
        Thread.ofPlatform().name("unseal").start(() -> unseal(accepted));
    }

    /** Checks root keys against the store, and makes them the ones that count. */
    private RootKeys accepted(RootKeys roots) throws Refused {
        boolean done = false;
        try {
            Engine engine = foundation.engine();
            String identity = Activation.identity(engine, roots.current());
            RootKeyRecords.Said said = RootKeyRecords.read(foundation.store());
            Activation before = foundation.activation();
            if (before != null && !before.root().equals(identity)) {
                throw new Refused(
                        "The security domain is not that of the root key under which this HSM's records are sealed: it is"
                                + " another HSM's, or one from before the root key was rotated");
            }
            if (before != null && said.activation() != null) {
                Activation.check(engine, roots.current(), said.activation());
            }
            foundation.sealingFile().stage(engine, roots.current());
            if (before == null
                    && !record(
                            foundation,
                            new Activation(identity, Activation.Way.UPLOAD, identity, null, now(clock)),
                            roots)) {
                throw new Refused(WireError.unavailable("The activation could not be made durable and was not made"));
            }
            foundation.sealingFile().finish();
            done = true;
            return roots;
        } catch (SealFailure failure) {
            throw new Refused(String.valueOf(failure.getMessage()));
        } finally {
            if (!done) {
                roots.close();
            }
        }
    }

    private void unseal(RootKeys roots) {
        try {
            RootKeyRecords.Said said = RootKeyRecords.read(foundation.store());
            RootKeys all = said.retired() == null
                    ? roots
                    : foundation.with(roots.current(), said); // the store knows of later ones than the domain may
            doors.open(all);
            synchronized (this) {
                forgetProvisional();
                TransferKeyPair used = transferKey;
                if (used != null) {
                    used.close();
                    transferKey = null;
                }
            }
            LOG.info("the HSM was opened by its custodians");
            uploaded = new Standing(Progress.SUCCESS, "The HSM is operational");
        } catch (RuntimeException e) {
            LOG.error("the uploaded root key does not open the HSM", e);
            uploaded = new Standing(
                    Progress.FAILED, e instanceof SealFailure ? String.valueOf(e.getMessage()) : "See the log");
        }
    }

    private void forgetProvisional() {
        RootKeys never = provisional;
        if (never != null) {
            never.close();
            provisional = null;
        }
    }

    @Override
    public Standing uploaded() {
        return uploaded;
    }

    @Override
    public synchronized long rotateRootKey() throws Refused {
        OpenHsm open = doors.opened();
        Activation before = foundation.activation();
        if (open == null || before == null || foundation.state().now() != HsmCondition.OPERATIONAL) {
            throw new Refused(WireError.unavailable("The HSM is not operational"));
        }
        Engine engine = foundation.engine();
        RootKeys old = open.custody().roots();
        if (old.retired().size() + 2 > RootKeys.COUNT_MAX) {
            throw new Refused("The root key was rotated " + old.retired().size() + " times, which is the limit");
        }
        RootKeys roots = old.followedBy(RootKey.create(engine));
        String identity = Activation.identity(engine, roots.current());
        Activation after = new Activation(identity, before.way(), before.domain(), before.quorum(), before.at());
        long records = doors.rotate(open, roots, after);
        LOG.warn("the root key was rotated: download the security domain again, and take a full backup");
        return records;
    }

    private static Instant now(Clock clock) {
        return clock.instant().truncatedTo(ChronoUnit.SECONDS);
    }

    /** Makes durable what is said of the root key. */
    private static boolean record(Foundation foundation, Activation activation, RootKeys roots) {
        List<Transaction.Write> writes = writes(foundation.engine(), activation, roots);
        String operation = UUID.randomUUID().toString();
        Commit end = foundation.store().commit(new Transaction(operation, List.of(), writes));
        if (end instanceof Commit.Unknown) {
            end = foundation.store().settle(operation);
        }
        return end instanceof Commit.Committed;
    }

    /** What the store is to say of the root key. */
    static List<Transaction.Write> writes(Engine engine, Activation activation, RootKeys roots) {
        byte[] retired = roots.retired().isEmpty() ? null : RetiredKeys.seal(engine, roots);
        return RootKeyRecords.writes(new RootKeyRecords.Said(activation.text(engine, roots.current()), retired));
    }

    /** Wipes what was never used. */
    @Override
    public synchronized void close() {
        forgetProvisional();
        TransferKeyPair pair = transferKey;
        if (pair != null) {
            pair.close();
            transferKey = null;
        }
    }
}
