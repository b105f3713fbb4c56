// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.lifecycle;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import dev.managedhsm.crypto.engine.Engine;
import dev.managedhsm.crypto.engine.EngineKey;
import dev.managedhsm.crypto.engine.Engines;
import dev.managedhsm.crypto.key.KeyFacts;
import dev.managedhsm.crypto.key.KeyRotation;
import dev.managedhsm.crypto.key.KeyType;
import dev.managedhsm.crypto.keyring.DeletedKey;
import dev.managedhsm.crypto.keyring.Keyring;
import dev.managedhsm.crypto.keyring.KeyringWriter;
import dev.managedhsm.crypto.keyring.LivingKey;
import dev.managedhsm.crypto.keyring.SecretAccess;
import dev.managedhsm.crypto.memory.LockedMemory;
import dev.managedhsm.crypto.seal.Anchor;
import dev.managedhsm.crypto.seal.RecordName;
import dev.managedhsm.crypto.seal.RecordSeal;
import dev.managedhsm.crypto.seal.SealFailure;
import dev.managedhsm.crypto.seal.SealPurpose;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * All records of keys as they were at one moment, with the anchor that vouches for them: what a backup of the whole HSM
 * holds of keys. One exists only after every record has been opened and the anchor has been found to fit. Immutable; any
 * thread.
 */
public final class KeyArchive {
    private final Engine engine;
    private final RecordSeal seal;
    private final List<JournalWrite.Put> all;
    private final Map<RecordName, byte[]> byName = new HashMap<>();
    private final Anchor anchor;
    private final int keyCount;
    private final int deletedCount;
    private final List<HeldKey> held = new ArrayList<>();

    /**
     * Checks records and keeps them. Blocks: some tens of microseconds for each.
     *
     * @param engine what can load the keys
     * @param seal opens the records
     * @param records all of them and their anchor, as {@link KeyJournal#load} would show them; kept, not copied
     * @throws SealFailure naming the first record that is not as it was written
     */
    public KeyArchive(Engine engine, RecordSeal seal, List<JournalWrite.Put> records) {
        this.engine = engine;
        this.seal = seal;
        this.all = List.copyOf(records);
        all.forEach(record -> byName.put(record.name(), record.blob()));
        Keyring trial = new Keyring(engine, seal, 1, 1);
        try (KeyringWriter writer = trial.writer()) {
            this.anchor = load(seal, writer, new OwnRecords());
            this.keyCount = trial.keyCount();
            List<DeletedKey> deleted = trial.listDeleted(null, Integer.MAX_VALUE);
            this.deletedCount = deleted.size();
            for (LivingKey key : trial.list(null, Integer.MAX_VALUE)) {
                String name = key.facts().name().text();
                held.add(HeldKey.living(trial.versions(name, null, Integer.MAX_VALUE)));
            }
            deleted.forEach(key -> held.add(HeldKey.deleted(key)));
        }
        openSecrets();
    }

    /** Loading leaves secrets sealed; a secret that does not open is found here. */
    private void openSecrets() {
        try (LockedMemory memory = LockedMemory.allocate(Engine.SECRET_LENGTH_MAX, "secrets of a backup")) {
            for (JournalWrite.Put record : all) {
                if (record.name().purpose() == SealPurpose.KEY_SECRET) {
                    secret(record, SecretAccess.BACKUP, memory.segment());
                    memory.wipe();
                }
            }
        }
    }

    /** Fills a keyring. Answers the anchor. */
    Anchor load(RecordSeal with, KeyringWriter writer, OwnRecords own) {
        try (KeyLoader loader = new KeyLoader(with, writer, own)) {
            return loader.load(new KeyJournal() {
                @Override
                public void load(Visitor visitor) {
                    all.forEach(record -> visitor.record(record.name(), record.blob()));
                }

                @Override
                public Ending commit(List<JournalWrite> writes) {
                    throw new IllegalStateException("a backup is not written to");
                }
            });
        }
    }

    /** All records, the anchor too, in the order in which a journal shows them. */
    public List<JournalWrite.Put> all() {
        return all;
    }

    /** All records but the anchor. */
    List<JournalWrite.Put> records() {
        return all.stream()
                .filter(record -> record.name().purpose() != SealPurpose.ANCHOR)
                .toList();
    }

    Anchor anchor() {
        return anchor;
    }

    /** All keys, living and soft-deleted, by what is known of them and no secret. */
    public List<HeldKey> held() {
        return List.copyOf(held);
    }

    /** How many living keys there are. */
    public int keyCount() {
        return keyCount;
    }

    /** How many soft-deleted keys there are. */
    public int deletedCount() {
        return deletedCount;
    }

    /** How many versions all these keys have together. */
    public int versionCount() {
        return (int) all.stream()
                .filter(record -> record.name().purpose() == SealPurpose.KEY_SECRET)
                .count();
    }

    /**
     * Loads every version into the engine and has it prove its pair: a signature made with one half must fit the other.
     *
     * @return how many versions did
     * @throws SealFailure naming the first version that does not
     */
    public int proveAll() {
        int proved = 0;
        try (LockedMemory memory = LockedMemory.allocate(Engine.SECRET_LENGTH_MAX, "secrets of a backup")) {
            for (JournalWrite.Put record : all) {
                RecordName name = record.name();
                if (name.purpose() == SealPurpose.KEY_SECRET) {
                    int length = secret(record, SecretAccess.BACKUP, memory.segment());
                    prove(name, facts(name).facts(), memory.segment().asSlice(0, length));
                    memory.wipe();
                    proved++;
                }
            }
        }
        return proved;
    }

    private void prove(RecordName name, KeyFacts facts, MemorySegment secret) {
        try (EngineKey key = engine.load(facts.keyClass(), facts.publicPart(), secret)) {
            if (facts.keyClass().type() != KeyType.OCT) {
                Engines.checkPair(engine, key);
            }
        } catch (RuntimeException notAPair) {
            throw new SealFailure("the record \"" + name + "\" opens and holds no key that works; use another backup");
        }
    }

    private FactsCodec.Placed facts(RecordName secret) {
        byte[] blob = byName.get(new RecordName(SealPurpose.KEY_FACTS, secret.key(), secret.version()));
        if (blob == null) {
            throw new IllegalStateException("loading found facts for every secret");
        }
        return FactsCodec.decode(opened(new RecordName(SealPurpose.KEY_FACTS, secret.key(), secret.version()), blob));
    }

    private byte[] opened(RecordName name, byte[] blob) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment content = arena.allocate(Math.max(1, blob.length));
            return content.asSlice(0, open(name, blob, content)).toArray(JAVA_BYTE);
        }
    }

    /** Opens a secret into locked memory. */
    private int secret(JournalWrite.Put record, SecretAccess access, MemorySegment out) {
        Objects.requireNonNull(access, "access");
        return open(record.name(), record.blob(), out);
    }

    private int open(RecordName name, byte[] blob, MemorySegment out) {
        try (Arena arena = Arena.ofConfined()) {
            return seal.open(name, arena.allocateFrom(JAVA_BYTE, blob), out);
        }
    }

    /** Room for the secrets of one key, in bytes; at least 1. */
    long secretsLength(String folded) {
        return 1 + (long) secrets(folded).size() * Engine.SECRET_LENGTH_MAX;
    }

    private List<JournalWrite.Put> secrets(String folded) {
        return all.stream()
                .filter(record -> record.name().purpose() == SealPurpose.KEY_SECRET)
                .filter(record -> record.name().key().equals(folded))
                .toList();
    }

    /**
     * One key with its secrets.
     *
     * @param folded its folded name
     * @param out locked memory where the secrets go, {@link #secretsLength} bytes; the caller wipes it
     * @return null if there is no such key
     */
    BackupCodec.@Nullable Content key(String folded, MemorySegment out) {
        List<BackupCodec.Version> versions = new ArrayList<>();
        long at = 0;
        for (JournalWrite.Put record : secrets(folded)) {
            MemorySegment room = out.asSlice(at, Engine.SECRET_LENGTH_MAX);
            int length = secret(record, SecretAccess.BACKUP, room);
            FactsCodec.Placed placed = facts(record.name());
            versions.add(new BackupCodec.Version(placed.facts(), placed.ordinal(), room.asSlice(0, length)));
            at += Engine.SECRET_LENGTH_MAX;
        }
        versions.sort(Comparator.comparingInt(BackupCodec.Version::ordinal));
        return versions.isEmpty() ? null : new BackupCodec.Content(versions, rotation(folded));
    }

    private KeyRotation rotation(String folded) {
        RecordName name = SetRotationPolicy.recordName(folded);
        byte[] blob = byName.get(name);
        return blob == null ? KeyRotation.NONE : RotationCodec.decode(opened(name, blob));
    }
}
