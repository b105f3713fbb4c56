// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.keyring;

import dev.managedhsm.crypto.engine.Engine;
import dev.managedhsm.crypto.key.KeyHandle;
import dev.managedhsm.crypto.key.KeyRotation;
import dev.managedhsm.crypto.seal.RecordSeal;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.NavigableMap;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * All living keys, found by name, by name and version, or by handle.
 *
 * <p>Any thread may read; nobody waits. What a reader finds was durable before it could be found. Changes are made by
 * the one {@link #writer()}, each on one key's entries only, so that a hundred thousand keys cost a change no more than
 * ten.
 */
public final class Keyring {
    /** How many engine keys stay loaded unless told otherwise. */
    public static final int HOT_MAX_DEFAULT = 20_000;

    /** How many readers a keyring serves unless told otherwise. */
    public static final int READERS_MAX_DEFAULT = 64;

    private final Engine engine;
    private final RecordSeal seal;
    private final int hotMax;
    private final Hazards hazards;
    private final KeyTable table = new KeyTable();
    /** The same chains twice: hashed for finding, ordered for listing. */
    private final ConcurrentHashMap<String, KeyChain> chains = new ConcurrentHashMap<>();

    private final NavigableMap<String, KeyChain> ordered = new ConcurrentSkipListMap<>();
    private final NavigableMap<String, DeletedKey> deleted = new ConcurrentSkipListMap<>();
    /** Of living and of soft-deleted keys. */
    private final ConcurrentHashMap<String, RotationRecord> rotations = new ConcurrentHashMap<>();

    private final AtomicInteger hot = new AtomicInteger();
    private final Queue<LivingKey> loaded = new ConcurrentLinkedQueue<>();
    private final AtomicBoolean pressing = new AtomicBoolean();
    private final AtomicBoolean writerGiven = new AtomicBoolean();
    private volatile Runnable pressure = () -> {};

    /**
     * An empty keyring.
     *
     * @param engine what loads keys
     * @param seal what opens their secrets
     * @param hotMax how many engine keys stay loaded; readers may pass it until the control worker's next sweep
     * @param readersMax how many readers can be made
     */
    public Keyring(Engine engine, RecordSeal seal, int hotMax, int readersMax) {
        this.engine = engine;
        this.seal = seal;
        this.hotMax = hotMax;
        this.hazards = new Hazards(readersMax);
    }

    /** A reader for one worker thread, with a scratch buffer of its own. */
    public KeyringReader reader() {
        return new KeyringReader(this, engine, seal, hazards);
    }

    /** The only writer; asked for once. */
    public KeyringWriter writer() {
        if (writerGiven.getAndSet(true)) {
            throw new IllegalStateException("a keyring has one writer");
        }
        return new KeyringWriter(this, table, hazards);
    }

    /**
     * The current version of a key.
     *
     * @param name in any case of letters; lower case is found without allocation
     * @return null if there is no such key
     */
    public @Nullable LivingKey find(String name) {
        KeyChain chain = chains.get(folded(name));
        return chain == null ? null : chain.current();
    }

    /**
     * One version of a key.
     *
     * @param name in any case of letters
     * @param version in any case of letters
     * @return null if there is no such version
     */
    public @Nullable LivingKey find(String name, String version) {
        KeyChain chain = chains.get(folded(name));
        return chain == null ? null : chain.find(version);
    }

    /** The key version that has this handle, or null if it is not living any more. Allocates nothing. */
    public @Nullable LivingKey resolve(KeyHandle handle) {
        return table.resolve(handle);
    }

    /**
     * Current versions in the order of folded names.
     *
     * @param after where the page before ended: only names behind this one; null for the first page
     * @param max how many at most
     */
    public List<LivingKey> list(@Nullable String after, int max) {
        List<LivingKey> page = new ArrayList<>();
        for (KeyChain chain : behind(ordered, after).values()) {
            if (page.size() >= max) {
                break;
            }
            page.add(chain.current());
        }
        return page;
    }

    /**
     * Versions of one key, oldest first.
     *
     * @param name in any case of letters
     * @param after the version where the page before ended; null for the first page
     * @param max how many at most
     * @return empty if there is no such key, or no such version to start after
     */
    public List<LivingKey> versions(String name, @Nullable String after, int max) {
        KeyChain chain = chains.get(folded(name));
        if (chain == null) {
            return List.of();
        }
        int from = 0;
        if (after != null) {
            LivingKey last = chain.find(after);
            if (last == null) {
                return List.of();
            }
            from = last.ordinal();
        }
        int start = from;
        return Arrays.stream(chain.versions())
                .filter(key -> key.ordinal() > start)
                .limit(max)
                .toList();
    }

    /** The soft-deleted key of this name, in any case of letters, or null. */
    public @Nullable DeletedKey findDeleted(String name) {
        return deleted.get(folded(name));
    }

    /** Soft-deleted keys in the order of folded names; as {@link #list}. */
    public List<DeletedKey> listDeleted(@Nullable String after, int max) {
        return behind(deleted, after).values().stream().limit(max).toList();
    }

    /**
     * The rotation policy of a key, living or soft-deleted.
     *
     * @param name in any case of letters
     * @return {@link KeyRotation#NONE} if the key has none or is not there
     */
    public KeyRotation rotation(String name) {
        RotationRecord record = rotations.get(folded(name));
        return record == null ? KeyRotation.NONE : record.rotation();
    }

    /** Policy and mark, or null if there is no policy. For the control worker. */
    public @Nullable RotationRecord rotationRecord(String folded) {
        return rotations.get(folded);
    }

    /** Folded names of all keys that have a rotation policy, in no order. */
    public Set<String> withRotation() {
        return Collections.unmodifiableSet(rotations.keySet());
    }

    /** How many keys are living, each counted once however many versions it has. */
    public int keyCount() {
        return chains.size();
    }

    /** How many keys are soft-deleted. Walks them all: not for an event loop. */
    public int deletedCount() {
        return deleted.size();
    }

    /** How many engine keys are loaded. */
    public int hotCount() {
        return hot.get();
    }

    /** Lower case of a key name; the name itself where it is in lower case already. */
    static String folded(String name) {
        for (int i = 0; i < name.length(); i++) {
            char c = name.charAt(i);
            if (c >= 'A' && c <= 'Z') {
                return name.toLowerCase(Locale.ROOT);
            }
        }
        return name;
    }

    /** Says that a reader loaded this key. Any reader. */
    void loaded(LivingKey key) {
        loaded.add(key);
        if (hot.incrementAndGet() > hotMax && !pressing.getAndSet(true)) {
            pressure.run();
        }
    }

    // Below: for the writer alone.

    @Nullable
    LivingKey nextLoaded() {
        return loaded.poll();
    }

    void unloaded() {
        hot.decrementAndGet();
    }

    boolean tooHot() {
        return hot.get() > hotMax;
    }

    void pressureSeen() {
        pressing.set(false);
    }

    void onPressure(Runnable wake) {
        pressure = wake;
    }

    @Nullable
    KeyChain chain(String folded) {
        return chains.get(folded);
    }

    void put(String folded, KeyChain chain) {
        ordered.put(folded, chain);
        chains.put(folded, chain);
    }

    void remove(String folded) {
        chains.remove(folded);
        ordered.remove(folded);
    }

    void putDeleted(String folded, DeletedKey key) {
        deleted.put(folded, key);
    }

    void removeDeleted(String folded) {
        deleted.remove(folded);
    }

    void putRotation(String folded, RotationRecord rotation) {
        rotations.put(folded, rotation);
    }

    void removeRotation(String folded) {
        rotations.remove(folded);
    }

    Iterable<KeyChain> all() {
        return chains.values();
    }

    private static <T> NavigableMap<String, T> behind(NavigableMap<String, T> map, @Nullable String after) {
        return after == null ? map : map.tailMap(folded(after), false);
    }
}
