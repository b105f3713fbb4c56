// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.keyring;

import dev.managedhsm.crypto.engine.EngineKey;
import dev.managedhsm.crypto.key.KeyFacts;
import dev.managedhsm.crypto.key.KeyType;
import dev.managedhsm.crypto.seal.RecordMark;
import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.Collections;
import java.util.Deque;
import java.util.IdentityHashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Changes the keyring. Owned by the control worker; at start, before that runs, by the thread that fills the keyring.
 *
 * <p>Every change is made durable before it is made here. What is taken away is first made unfindable, then put on the
 * retired list, and closed and freed by {@link #sweep} once no reader holds it.
 */
public final class KeyringWriter implements AutoCloseable {
    private final Keyring keyring;
    private final KeyTable table;
    private final Hazards hazards;
    private final SealedSlab slab = new SealedSlab();
    /** Hot keys in the order in which the sweep's hand passes them; some may have been unloaded since. */
    private final Deque<LivingKey> clock = new ArrayDeque<>();

    private final Deque<Retired> retired = new ArrayDeque<>();

    /** Keys that have a handle and no name. */
    private final Set<LivingKey> lent = Collections.newSetFromMap(new IdentityHashMap<>());

    KeyringWriter(Keyring keyring, KeyTable table, Hazards hazards) {
        this.keyring = keyring;
        this.table = table;
        this.hazards = hazards;
    }

    /**
     * Adds a key version, which becomes the current one of its key.
     *
     * @param record its facts; its ordinal is above that of all other versions of the key
     * @param sealedSecret the sealed secret, on the heap or outside it; copied
     */
    public LivingKey add(KeyRecord record, MemorySegment sealedSecret) {
        String folded = record.facts().name().folded();
        KeyChain chain = keyring.chain(folded);
        if (chain != null && chain.current().ordinal() >= record.ordinal()) {
            throw new IllegalStateException("versions are added in their order");
        }
        LivingKey key = living(record, sealedSecret);
        if (chain == null) {
            keyring.put(folded, new KeyChain(key));
        } else {
            chain.add(key);
        }
        return key;
    }

    /**
     * Adds a key with all its versions at once.
     *
     * @param records the versions, oldest first, at least one; there is no key of this name
     * @param sealedSecrets their sealed secrets, on the heap or outside it; copied
     * @return the current version
     */
    public LivingKey addKey(List<KeyRecord> records, List<MemorySegment> sealedSecrets) {
        String folded = records.getFirst().facts().name().folded();
        if (keyring.chain(folded) != null) {
            throw new IllegalStateException("there is a key of this name");
        }
        LivingKey[] versions = new LivingKey[records.size()];
        for (int i = 0; i < versions.length; i++) {
            versions[i] = living(records.get(i), sealedSecrets.get(i));
        }
        keyring.put(folded, new KeyChain(versions));
        return versions[versions.length - 1];
    }

    private LivingKey living(KeyRecord record, MemorySegment sealedSecret) {
        boolean counts = record.facts().keyClass().type() == KeyType.OCT;
        return living(record, sealedSecret, counts ? new AtomicLong() : null);
    }

    private LivingKey living(KeyRecord record, MemorySegment sealedSecret, @Nullable AtomicLong encryptions) {
        LivingKey key =
                new LivingKey(table.reserve(record.facts().keyClass()), record, slab.keep(sealedSecret), encryptions);
        table.publish(key);
        return key;
    }

    /**
     * Makes a key version that is found by its handle only, belongs to no key, and is kept nowhere else.
     *
     * @param record its facts
     * @param sealedSecret the sealed secret, on the heap or outside it; copied
     */
    public LivingKey lend(KeyRecord record, MemorySegment sealedSecret) {
        LivingKey key = living(record, sealedSecret);
        lent.add(key);
        return key;
    }

    /** Takes back what {@link #lend} made; its memory is wiped as soon as no reader holds it. Once more is nothing. */
    public void takeBack(LivingKey key) {
        if (lent.remove(key)) {
            table.remove(key);
            retired.add(new Retired(key, null, true));
        }
    }

    /** Replaces the facts of a key version. Operations that are under way see either. */
    public void replace(LivingKey key, KeyFacts facts, RecordMark factsMark) {
        key.replace(facts, factsMark);
    }

    /**
     * Takes a key with all its versions out of use; operations that are under way come to their end.
     *
     * @param folded its folded name; it must be there
     * @param deletedSeconds when, in Unix seconds
     * @param purgeSeconds when it will be purged, in Unix seconds
     * @param mark mark of the soft-delete record
     */
    public DeletedKey delete(String folded, long deletedSeconds, long purgeSeconds, RecordMark mark) {
        KeyChain chain = keyring.chain(folded);
        if (chain == null) {
            throw new IllegalStateException("no key to delete");
        }
        DeletedKey deletedKey = new DeletedKey(chain.versions(), deletedSeconds, purgeSeconds, mark);
        keyring.putDeleted(folded, deletedKey);
        keyring.remove(folded);
        for (LivingKey key : deletedKey.living()) {
            table.remove(key);
            retired.add(new Retired(key, null, false));
        }
        return deletedKey;
    }

    /**
     * Brings a soft-deleted key back, all versions at once and under new handles: a handle that has died stays dead.
     *
     * @return the current version
     */
    public LivingKey recover(DeletedKey deletedKey) {
        LivingKey[] gone = deletedKey.living();
        LivingKey[] back = new LivingKey[gone.length];
        for (int i = 0; i < gone.length; i++) {
            LivingKey old = gone[i];
            KeyRecord record = new KeyRecord(old.facts(), old.ordinal(), old.factsMark(), old.secretMark());
            back[i] = living(record, old.sealedSecret().content(), old.encryptions());
        }
        keyring.put(deletedKey.name().folded(), new KeyChain(back));
        purge(deletedKey);
        return back[back.length - 1];
    }

    /** Forgets a soft-deleted key; its memory is wiped as soon as no reader holds it. */
    public void purge(DeletedKey deletedKey) {
        keyring.removeDeleted(deletedKey.name().folded());
        for (LivingKey old : deletedKey.living()) {
            retired.add(new Retired(old, null, true));
        }
    }

    /**
     * Gives a key a rotation policy, or takes it away. It stays while the key is soft-deleted.
     *
     * @param folded the key's folded name
     * @param rotation the policy and its mark, or null for none
     */
    public void rotation(String folded, @Nullable RotationRecord rotation) {
        if (rotation == null) {
            keyring.removeRotation(folded);
        } else {
            keyring.putRotation(folded, rotation);
        }
    }

    /** Sets what is called, by any reader, when more keys are hot than should be; it should lead to a {@link #sweep}. */
    public void onPressure(Runnable wake) {
        keyring.onPressure(wake);
    }

    /**
     * Evicts cold keys where too many are hot, and closes and frees what has been retired and is held by no reader.
     *
     * @return whether something retired is still held, so that another sweep is needed soon
     */
    public boolean sweep() {
        keyring.pressureSeen();
        for (LivingKey key = keyring.nextLoaded(); key != null; key = keyring.nextLoaded()) {
            clock.add(key);
        }
        if (clock.size() > 2 * keyring.hotCount() + 64) {
            clock.removeIf(key -> !key.hot());
        }
        evict();
        reclaim();
        return !retired.isEmpty();
    }

    /** How many bytes of sealed secrets are held, rounded up to the slab's units. */
    long sealedBytes() {
        return slab.liveBytes();
    }

    /** Second chance: a key used since the hand last passed stays; twice round finds one in any case. */
    private void evict() {
        for (int steps = 2 * clock.size(); steps > 0 && keyring.tooHot(); steps--) {
            LivingKey key = clock.poll();
            if (key == null) {
                return; // what is too much was loaded just now and comes with the next sweep
            }
            if (key.untouch()) {
                clock.add(key);
                continue;
            }
            EngineKey unloaded = key.unload();
            if (unloaded != null) {
                keyring.unloaded();
                retired.add(new Retired(key, unloaded, false));
            }
        }
    }

    private void reclaim() {
        for (Iterator<Retired> each = retired.iterator(); each.hasNext(); ) {
            Retired gone = each.next();
            if (!hazards.held(gone.key())) {
                each.remove();
                finish(gone);
            }
        }
    }

    private void finish(Retired gone) {
        if (gone.evicted() != null) {
            gone.evicted().close();
            return;
        }
        close(gone.key());
        if (gone.free()) {
            slab.free(gone.key().sealedSecret());
        }
    }

    private void close(LivingKey key) {
        EngineKey unloaded = key.unload();
        if (unloaded != null) {
            keyring.unloaded();
            unloaded.close();
        }
    }

    /** Closes all engine keys and gives back all memory. No reader may be used afterwards. */
    @Override
    public void close() {
        List.copyOf(lent).forEach(this::takeBack);
        retired.forEach(this::finish);
        retired.clear();
        for (KeyChain chain : keyring.all()) {
            for (LivingKey key : chain.versions()) {
                table.remove(key);
                close(key);
            }
        }
        slab.close();
    }

    /**
     * Something that waits until no reader holds its key.
     *
     * @param key what readers may hold
     * @param evicted the engine key that was taken from it, or null if it is taken when nobody holds the key
     * @param free whether the sealed secret is given back too
     */
    private record Retired(LivingKey key, @Nullable EngineKey evicted, boolean free) {}
}
