// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.lifecycle;

import dev.managedhsm.crypto.engine.Engine;
import dev.managedhsm.crypto.keyring.KeyRecord;
import dev.managedhsm.crypto.keyring.KeyringWriter;
import dev.managedhsm.crypto.keyring.RotationRecord;
import dev.managedhsm.crypto.memory.LockedMemory;
import dev.managedhsm.crypto.seal.Anchor;
import dev.managedhsm.crypto.seal.RecordMark;
import dev.managedhsm.crypto.seal.RecordName;
import dev.managedhsm.crypto.seal.RecordSeal;
import dev.managedhsm.crypto.seal.SealFailure;
import dev.managedhsm.crypto.seal.SealPurpose;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Fills a keyring from the journal at start. Opens every facts, policy and soft-delete record, keeps secrets sealed, and checks
 * that all records together fit the anchor. Used once, by one thread.
 */
final class KeyLoader implements KeyJournal.Visitor, AutoCloseable {
    private static final int RECORD_LENGTH_MAX = 64 * 1024;

    /** A version whose facts were read. */
    private record Known(FactsCodec.Placed placed, RecordMark mark) {}

    /** A version whose secret was read too. */
    @SuppressWarnings("ArrayRecordComponent") // nobody compares these
    private record Whole(KeyRecord record, byte[] sealedSecret) {}

    private final RecordSeal seal;
    private final KeyringWriter writer;
    private final OwnRecords own;
    private final Arena arena = Arena.ofConfined();
    private final MemorySegment sealed = arena.allocate(RECORD_LENGTH_MAX);
    private final MemorySegment content = arena.allocate(RECORD_LENGTH_MAX);
    private final Map<String, Known> facts = new HashMap<>();
    /** Versions of the one key whose secrets are passing by. */
    private final List<Whole> chain = new ArrayList<>();

    /** Folded names of the keys that were published and are not deleted. */
    private final Set<String> living = new HashSet<>();

    private String chainKey = "";
    private Anchor found = Anchor.EMPTY;
    private @Nullable Anchor anchor;

    /** @param own takes the records that belong to no key */
    KeyLoader(RecordSeal seal, KeyringWriter writer, OwnRecords own) {
        this.seal = seal;
        this.writer = writer;
        this.own = own;
    }

    /**
     * Loads.
     *
     * @return the anchor, from which the next commit goes on
     * @throws SealFailure naming the first record that is not as it was written
     */
    Anchor load(KeyJournal journal) {
        journal.load(this);
        publishChain();
        for (Known alone : facts.values()) {
            throw new SealFailure("the record \"" + factsName(alone.placed())
                    + "\" has lost its secret; restore the store from a backup");
        }
        if (anchor == null) {
            if (found.count() != 0) {
                throw new SealFailure("the store has records and no anchor; restore the store from a backup");
            }
            return Anchor.EMPTY;
        }
        if (!anchor.vouchesFor(found)) {
            throw unlike(journal, anchor);
        }
        return found.at(anchor.revision());
    }

    /** Looks for the record that is not as it was. Secrets, which loading leaves sealed, are opened for that. */
    private SealFailure unlike(KeyJournal journal, Anchor vouched) {
        List<RecordName> names = new ArrayList<>();
        try (LockedMemory memory = LockedMemory.allocate(Engine.SECRET_LENGTH_MAX, "secrets that are looked at")) {
            journal.load((name, blob) -> {
                if (name.purpose() == SealPurpose.KEY_SECRET) {
                    MemorySegment.copy(blob, 0, sealed, ValueLayout.JAVA_BYTE, 0, blob.length);
                    seal.open(name, sealed.asSlice(0, blob.length), memory.segment());
                    memory.wipe();
                }
                if (name.purpose() != SealPurpose.ANCHOR) {
                    names.add(name);
                }
            });
        }
        return RecordSeal.unlike("keys", vouched, found, names);
    }

    private static RecordName factsName(FactsCodec.Placed placed) {
        return new RecordName(
                SealPurpose.KEY_FACTS,
                placed.facts().name().folded(),
                placed.facts().version().text());
    }

    @Override
    public void record(RecordName name, byte[] blob) {
        if (blob.length > RECORD_LENGTH_MAX) {
            throw new SealFailure("the record \"" + name + "\" is too long; restore the store from a backup");
        }
        MemorySegment.copy(blob, 0, sealed, ValueLayout.JAVA_BYTE, 0, blob.length);
        MemorySegment record = sealed.asSlice(0, blob.length);
        if (name.purpose() == SealPurpose.ANCHOR) {
            anchor = Anchor.decode(content.asSlice(0, seal.open(name, record, content)));
            return;
        }
        RecordMark mark = seal.mark(name, record);
        found = found.with(mark);
        switch (name.purpose()) {
            case KEY_FACTS -> facts(name, record, mark);
            case KEY_SECRET -> secret(name, blob, mark);
            case ROTATION_POLICY -> rotation(name, record, mark);
            case DELETED_KEY -> deleted(name, record, mark);
            case ATTESTATION_KEY -> own.put(name, blob);
            default -> throw new SealFailure("the record \"" + name + "\" does not belong into a store; remove it");
        }
    }

    private void facts(RecordName name, MemorySegment record, RecordMark mark) {
        int length = seal.open(name, record, content);
        byte[] bytes = content.asSlice(0, length).toArray(ValueLayout.JAVA_BYTE);
        facts.put(name.key() + '/' + name.version(), new Known(decoded(name, bytes), mark));
    }

    /** The record has opened, so what cannot be read was written by us in words that came later. */
    private static FactsCodec.Placed decoded(RecordName name, byte[] bytes) {
        try {
            return FactsCodec.decode(bytes);
        } catch (UncheckedIOException | IllegalArgumentException e) {
            throw newer(name);
        }
    }

    private static SealFailure newer(RecordName name) {
        return new SealFailure("the record \"" + name
                + "\" was written by a newer version of this software; start that version, or a newer one");
    }

    private void secret(RecordName name, byte[] blob, RecordMark mark) {
        Known known = facts.remove(name.key() + '/' + name.version());
        if (known == null || blob.length > Engine.SECRET_LENGTH_MAX + RecordSeal.OVERHEAD) {
            throw new SealFailure(
                    "the record \"" + name + "\" does not belong to any key; restore the store from a" + " backup");
        }
        if (!name.key().equals(chainKey)) {
            publishChain();
            chainKey = name.key();
        }
        FactsCodec.Placed placed = known.placed();
        chain.add(new Whole(new KeyRecord(placed.facts(), placed.ordinal(), known.mark(), mark), blob));
    }

    private void publishChain() {
        chain.sort(Comparator.comparingInt(whole -> whole.record().ordinal()));
        for (Whole whole : chain) {
            writer.add(whole.record(), MemorySegment.ofArray(whole.sealedSecret()));
            living.add(whole.record().facts().name().folded());
        }
        chain.clear();
    }

    private void rotation(RecordName name, MemorySegment record, RecordMark mark) {
        publishChain();
        if (!living.contains(name.key())) {
            throw withoutKey(name);
        }
        int length = seal.open(name, record, content);
        byte[] bytes = content.asSlice(0, length).toArray(ValueLayout.JAVA_BYTE);
        try {
            writer.rotation(name.key(), new RotationRecord(RotationCodec.decode(bytes), mark));
        } catch (UncheckedIOException | IllegalArgumentException e) {
            throw newer(name);
        }
    }

    private void deleted(RecordName name, MemorySegment record, RecordMark mark) {
        publishChain();
        if (!living.remove(name.key())) {
            throw withoutKey(name);
        }
        seal.open(name, record, content);
        writer.delete(name.key(), content.get(DeleteKey.SECONDS, 0), content.get(DeleteKey.SECONDS, 8), mark);
    }

    private static SealFailure withoutKey(RecordName name) {
        return new SealFailure(
                "the record \"" + name + "\" is about a key that is not there; restore the store from a backup");
    }

    @Override
    public void close() {
        arena.close();
    }
}
