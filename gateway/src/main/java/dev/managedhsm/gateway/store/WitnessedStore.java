// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.store;

import dev.managedhsm.crypto.seal.RecordName;
import dev.managedhsm.crypto.seal.RecordSeal;
import dev.managedhsm.crypto.seal.SealFailure;
import dev.managedhsm.crypto.seal.SealPurpose;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A store with a witness outside it: a small sealed file that knows, after every commit, which anchors the store has. At
 * start the store must have the same, or those of the one commit that followed; a store that was put back to an earlier
 * moment, wholly or in the records of keys or of roles alone, is refused.
 *
 * <pre>
 *   commit ---> store, forced to disk ---> witness, forced to disk ---> Committed
 *                                     |
 *                        a crash here: the store is one commit ahead, and its anchor names the witnessed one as the one before
 * </pre>
 *
 * <p>What it cannot see is store and witness put back together to the same moment; so the witness is best kept on another
 * device than the store. Methods may be called as those of any store.
 */
public final class WitnessedStore implements Store {
    private static final Logger LOG = LoggerFactory.getLogger(WitnessedStore.class);
    private static final List<SealPurpose> ANCHORS = List.of(SealPurpose.ANCHOR, SealPurpose.ROLE_ANCHOR);
    private static final int ANCHOR_LENGTH_MAX = 1024;

    /** How far the clock may be behind the last commit: as far as it may be wrong otherwise. */
    private static final long CLOCK_BEHIND_SECONDS_MAX = 300;

    private final Store store;
    private final WitnessFile file;
    private Witnessed now;
    private volatile @Nullable String failure;

    private WitnessedStore(Store store, WitnessFile file, Witnessed now) {
        this.store = store;
        this.file = file;
        this.now = now;
    }

    /**
     * Puts the witness's word against what the store holds.
     *
     * @param store the store; closed with this one
     * @param path the witness file; made if neither it nor any record is there
     * @param seal seals the witness
     * @param clock the time, which the witness also remembers
     * @throws SealFailure if the store is not the one that was witnessed last, the file is damaged, or it is missing; if the
     *     clock is behind the last commit
     */
    public static WitnessedStore open(Store store, Path path, RecordSeal seal, InstantSource clock) {
        Witnessed found = found(store);
        WitnessFile file = WitnessFile.open(path, seal, clock);
        try {
            refuseEarlier(path, file.newestSeconds(), clock.instant().getEpochSecond());
            Witnessed said = file.newest();
            if (said == null) {
                if (!found.equals(Witnessed.NOTHING)) {
                    throw new SealFailure(
                            "the witness file " + path + " is missing or empty and the store has records: put the"
                                    + " file back, or run hsm store accept if you know that the store is the newest one");
                }
                file.write(found);
            } else if (!said.equals(found)) {
                follow(path, seal, store, said, found);
                file.write(found);
                LOG.info("the store is one commit ahead of its witness, as after a crash: witnessed");
            }
            return new WitnessedStore(store, file, found);
        } catch (RuntimeException e) {
            file.close();
            throw e;
        }
    }

    /** By a clock that is behind, tokens would be good that are not any more, and nothing would be due. */
    private static void refuseEarlier(Path path, long witnessedSeconds, long nowSeconds) {
        if (nowSeconds + CLOCK_BEHIND_SECONDS_MAX < witnessedSeconds) {
            throw new SealFailure(
                    "the clock says " + Instant.ofEpochSecond(nowSeconds) + " and the store was changed at "
                            + Instant.ofEpochSecond(witnessedSeconds) + " already, says the witness file " + path
                            + ": set the clock right, or run hsm store accept if it was wrong then");
        }
    }

    /**
     * Has the witness believe the store as it is: for an operator who knows that it is the newest, because the witness file
     * was lost or an older store was put back on purpose. Not to be called while the HSM runs.
     *
     * @param store the store; stays open
     * @param path the witness file; replaced
     */
    public static void accept(Store store, Path path, RecordSeal seal) {
        WitnessFile.remove(path);
        try (WitnessFile file = WitnessFile.open(path, seal, InstantSource.system())) {
            file.write(found(store));
        }
    }

    /**
     * Has the witness go on under another root key, after every record was sealed anew at the revisions it had. Does nothing
     * if that was done already.
     *
     * @param store the store, sealed anew; stays open
     * @param path the witness file
     * @param from the seal under which it may still be
     * @param to the seal of the store's records
     * @throws SealFailure if the store is not the one that was witnessed last
     */
    public static void carryOver(Store store, Path path, RecordSeal from, RecordSeal to) {
        if (!Files.exists(path) || opens(path, to)) {
            return;
        }
        Witnessed said;
        InstantSource clock = InstantSource.system();
        try (WitnessFile file = WitnessFile.open(path, from, clock)) {
            said = file.newest();
        }
        Witnessed found = found(store);
        for (SealPurpose anchor : ANCHORS) {
            if (said != null
                    && said.seen(anchor).revision() != found.seen(anchor).revision()) {
                throw new SealFailure(
                        "the witness file " + path + " knows the store at another revision than it was sealed"
                                + " anew at: put the newest store back, or run hsm store accept if you know why it is older");
            }
        }
        WitnessFile.replace(path, to, clock, found);
    }

    private static boolean opens(Path path, RecordSeal seal) {
        try (WitnessFile _ = WitnessFile.open(path, seal, InstantSource.system())) {
            return true;
        } catch (SealFailure another) {
            return false;
        }
    }

    private static Witnessed found(Store store) {
        Map<SealPurpose, Witnessed.Seen> seen = new EnumMap<>(SealPurpose.class);
        try (Snapshot snapshot = store.snapshot()) {
            for (SealPurpose anchor : ANCHORS) {
                StoredRecord record = snapshot.find(namespace(anchor), "");
                if (record != null) {
                    seen.put(anchor, Witnessed.Seen.of(record.value()));
                }
            }
        }
        return Witnessed.of(seen);
    }

    private static String namespace(SealPurpose anchor) {
        String ofKeys = StoreJournal.namespacesOfKeys().get(anchor);
        return ofKeys == null ? String.valueOf(StoreJournal.namespacesOfRoles().get(anchor)) : ofKeys;
    }

    /** An anchor that is not the witnessed one must be genuine and follow it directly. */
    private static void follow(Path path, RecordSeal seal, Store store, Witnessed said, Witnessed found) {
        for (SealPurpose anchor : ANCHORS) {
            Witnessed.Seen was = said.seen(anchor);
            Witnessed.Seen is = found.seen(anchor);
            if (is.equals(was)) {
                continue;
            }
            String whose = anchor == SealPurpose.ANCHOR ? "keys" : "roles";
            if (is.revision() <= was.revision()) {
                throw new SealFailure("the store's records of " + whose + " are at revision " + is.revision()
                        + " and were at " + was.revision() + " already, says the witness file " + path
                        + ": the store was put back to an earlier moment; put the newest store back, or run hsm store"
                        + " accept if you know why it is older");
            }
            if (previous(seal, store, anchor) != was.revision()) {
                throw new SealFailure("the witness file " + path + " knows the records of " + whose + " at revision "
                        + was.revision() + " and the store has them at " + is.revision()
                        + ": the file is not the newest one; put that back, or run hsm store accept if you know why it"
                        + " is older");
            }
        }
    }

    private static long previous(RecordSeal seal, Store store, SealPurpose anchor) {
        try (Snapshot snapshot = store.snapshot();
                Arena arena = Arena.ofConfined()) {
            StoredRecord record = snapshot.find(namespace(anchor), "");
            if (record == null || record.value().length > ANCHOR_LENGTH_MAX) {
                throw new SealFailure("the store's " + anchor.label() + " is not one; restore the store from a backup");
            }
            MemorySegment blob = arena.allocateFrom(ValueLayout.JAVA_BYTE, record.value());
            seal.open(new RecordName(anchor, "", ""), blob, arena.allocate(ANCHOR_LENGTH_MAX));
            return RecordSeal.previous(blob);
        }
    }

    @Override
    public long head() {
        return store.head();
    }

    @Override
    public synchronized Commit commit(Transaction transaction) {
        String failed = failure;
        if (failed != null) {
            return new Commit.NotCommitted(failed);
        }
        Commit end = store.commit(transaction);
        if (end instanceof Commit.Unknown) {
            end = store.settle(transaction.operation());
        }
        return end instanceof Commit.Committed ? witnessed(transaction, end) : end;
    }

    /** The commit is durable; what was acknowledged must not be refused later, so the witness is too before anybody hears. */
    private Commit witnessed(Transaction transaction, Commit end) {
        Witnessed next = now;
        for (Transaction.Write write : transaction.writes()) {
            for (SealPurpose anchor : ANCHORS) {
                if (write instanceof Transaction.Put put && put.namespace().equals(namespace(anchor))) {
                    next = next.with(anchor, Witnessed.Seen.of(put.value()));
                }
            }
        }
        try {
            if (!next.equals(now)) {
                file.write(next);
                now = next;
            }
            return end;
        } catch (SealFailure e) {
            failure = String.valueOf(e.getMessage());
            LOG.error("the store takes no more changes until it is started anew: {}", failure);
            return new Commit.Unknown(String.valueOf(e.getMessage()));
        }
    }

    @Override
    public Commit settle(String operation) {
        String failed = failure;
        return failed == null ? store.settle(operation) : new Commit.Unknown(failed);
    }

    @Override
    public Snapshot snapshot() {
        return store.snapshot();
    }

    @Override
    public StoreHealth health() {
        StoreHealth health = store.health();
        return failure == null ? health : new StoreHealth(health.description(), health.revision(), failure);
    }

    /** Lets go of the witness, and leaves the store open. */
    public void leave() {
        file.close();
    }

    @Override
    public void close() {
        try {
            store.close();
        } finally {
            file.close();
        }
    }
}
