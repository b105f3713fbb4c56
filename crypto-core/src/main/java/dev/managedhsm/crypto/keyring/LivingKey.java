// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.keyring;

import dev.managedhsm.crypto.engine.EngineKey;
import dev.managedhsm.crypto.key.KeyFacts;
import dev.managedhsm.crypto.key.KeyHandle;
import dev.managedhsm.crypto.seal.RecordMark;
import dev.managedhsm.crypto.seal.RecordName;
import dev.managedhsm.crypto.seal.SealPurpose;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReferenceFieldUpdater;
import org.jspecify.annotations.Nullable;

/**
 * One key version that can be used: its facts, its sealed secret off-heap, and, while it is hot, its engine key.
 *
 * <p>Any thread may read handle and facts. The engine key is reached through a {@link KeyringReader} only. All changes
 * are the control worker's, except that a reader may put the engine key it loaded.
 */
public final class LivingKey {
    private static final AtomicReferenceFieldUpdater<LivingKey, @Nullable EngineKey> ENGINE_KEY =
            AtomicReferenceFieldUpdater.newUpdater(LivingKey.class, EngineKey.class, "engineKey");

    private final KeyHandle handle;
    private final int ordinal;
    private final RecordMark secretMark;
    private final SealedSlab.Kept sealedSecret;
    /** Encryptions that need a vector, counted through evictions and recovery; null for keys that make none. */
    private final @Nullable AtomicLong encryptions;

    private RecordMark factsMark;
    private volatile KeyFacts facts;
    private volatile @Nullable EngineKey engineKey;
    /** Set by readers, cleared by the sweep: whether the key was used since the sweep passed. Need not be exact. */
    private boolean touched;

    LivingKey(KeyHandle handle, KeyRecord record, SealedSlab.Kept sealedSecret, @Nullable AtomicLong encryptions) {
        this.handle = handle;
        this.ordinal = record.ordinal();
        this.facts = record.facts();
        this.factsMark = record.factsMark();
        this.secretMark = record.secretMark();
        this.sealedSecret = sealedSecret;
        this.encryptions = encryptions;
    }

    /** Finds this key again, on a worker. Never null, never changes. */
    public KeyHandle handle() {
        return handle;
    }

    /** What is known of the key version now. Read once and use that, because it may be replaced at any time. */
    public KeyFacts facts() {
        return facts;
    }

    /** Place among the versions of its key: 1 for the first. */
    public int ordinal() {
        return ordinal;
    }

    /** Mark of the sealed facts. For the control worker. */
    public RecordMark factsMark() {
        return factsMark;
    }

    /** Mark of the sealed secret. For the control worker. */
    public RecordMark secretMark() {
        return secretMark;
    }

    /** Whether the engine key is loaded. */
    public boolean hot() {
        return engineKey != null;
    }

    SealedSlab.Kept sealedSecret() {
        return sealedSecret;
    }

    RecordName secretName() {
        KeyFacts now = facts;
        return new RecordName(
                SealPurpose.KEY_SECRET, now.name().folded(), now.version().text());
    }

    void replace(KeyFacts newFacts, RecordMark newMark) {
        factsMark = newMark;
        facts = newFacts;
    }

    @Nullable
    EngineKey engineKey() {
        return engineKey;
    }

    /** The counter that every loaded copy of this key version shares. */
    @Nullable
    AtomicLong encryptions() {
        return encryptions;
    }

    /** Puts a loaded engine key unless another reader was first. */
    boolean offer(EngineKey loaded) {
        return ENGINE_KEY.compareAndSet(this, null, loaded);
    }

    /** Takes the engine key away: no reader that enters from now on finds it. */
    @Nullable
    EngineKey unload() {
        return ENGINE_KEY.getAndSet(this, null);
    }

    void touch() {
        if (!touched) {
            touched = true;
        }
    }

    /** Whether the key was used since this was last asked. */
    boolean untouch() {
        boolean was = touched;
        touched = false;
        return was;
    }

    @Override
    public String toString() {
        KeyFacts now = facts;
        return now.name() + "/" + now.version();
    }
}
