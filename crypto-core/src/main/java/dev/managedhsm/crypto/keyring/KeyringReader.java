// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.keyring;

import dev.managedhsm.crypto.engine.Engine;
import dev.managedhsm.crypto.engine.EngineFailure;
import dev.managedhsm.crypto.engine.EngineKey;
import dev.managedhsm.crypto.key.KeyFacts;
import dev.managedhsm.crypto.key.KeyHandle;
import dev.managedhsm.crypto.memory.LockedMemory;
import dev.managedhsm.crypto.seal.RecordSeal;
import dev.managedhsm.crypto.seal.SealFailure;
import java.lang.foreign.MemorySegment;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * One worker's way to engine keys. Owned by that worker's thread; all methods are called by it alone.
 *
 * <p>Between {@link #enter} and {@link #exit} the key that was entered, its sealed secret and the engine key that was
 * lent stay whole, whatever happens to the key meanwhile. One key at a time. For a key that is loaded nothing is
 * allocated and no lock is taken.
 */
public final class KeyringReader implements AutoCloseable {
    private final Keyring keyring;
    private final Engine engine;
    private final RecordSeal seal;
    private final Hazards hazards;
    private final int place;
    private final LockedMemory scratch = LockedMemory.allocate(Engine.SECRET_LENGTH_MAX, "unsealed key of a worker");

    KeyringReader(Keyring keyring, Engine engine, RecordSeal seal, Hazards hazards) {
        this.keyring = keyring;
        this.engine = engine;
        this.seal = seal;
        this.hazards = hazards;
        this.place = hazards.take();
    }

    /**
     * Enters a key version.
     *
     * @param handle of the key version
     * @return null if it is not living any more; then there is nothing to exit
     */
    public @Nullable LivingKey enter(KeyHandle handle) {
        LivingKey key = keyring.resolve(handle);
        if (key == null) {
            return null;
        }
        hazards.hold(place, key);
        if (keyring.resolve(handle) != key) {
            hazards.release(place);
            return null;
        }
        return key;
    }

    /**
     * Lends the engine key of the key that was entered, until {@link #exit}. Where it is not loaded, unseals the secret
     * into this reader's locked memory, loads it and wipes the memory: tens of microseconds, and a wait for other readers
     * that unseal at the same moment.
     *
     * @param key what {@link #enter} returned
     * @throws SealFailure if the sealed secret was changed in memory; the HSM must move to failed
     * @throws EngineFailure if the engine cannot load what it made; the HSM must move to failed
     */
    public EngineKey engineKey(LivingKey key) {
        key.touch();
        EngineKey warm = key.engineKey();
        return warm != null ? warm : load(key);
    }

    private EngineKey load(LivingKey key) {
        EngineKey mine = unseal(key);
        while (!key.offer(mine)) {
            EngineKey other = key.engineKey();
            if (other != null) {
                mine.close();
                return other;
            }
        }
        keyring.loaded(key);
        return mine;
    }

    private EngineKey unseal(LivingKey key) {
        KeyFacts facts = key.facts();
        MemorySegment secret = scratch.segment();
        try {
            int length = seal.open(key.secretName(), key.sealedSecret().content(), secret);
            EngineKey loaded = engine.load(facts.keyClass(), facts.publicPart(), secret.asSlice(0, length));
            AtomicLong encryptions = key.encryptions();
            if (encryptions != null) {
                loaded.countOn(encryptions);
            }
            return loaded;
        } finally {
            scratch.wipe();
        }
    }

    /**
     * Unseals the secret of the key that was entered. Tens of microseconds.
     *
     * @param key what {@link #enter} returned
     * @param access why the secret is read
     * @param out locked memory of at least {@link Engine#SECRET_LENGTH_MAX} bytes; the caller wipes it
     * @return length of the secret encoding in {@code out}, in bytes
     * @throws SealFailure if the sealed secret was changed in memory; the HSM must move to failed
     */
    public int secret(LivingKey key, SecretAccess access, MemorySegment out) {
        Objects.requireNonNull(access, "access");
        return seal.open(key.secretName(), key.sealedSecret().content(), out);
    }

    /** Leaves the key: neither it nor its engine key may be touched any more. */
    public void exit() {
        hazards.release(place);
    }

    /** Leaves, wipes this reader's memory and makes its place free for another. Called once. */
    @Override
    public void close() {
        hazards.giveBack(place);
        scratch.close();
    }
}
