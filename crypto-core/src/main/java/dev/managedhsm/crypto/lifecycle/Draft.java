// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.lifecycle;

import dev.managedhsm.crypto.engine.Engine;
import dev.managedhsm.crypto.key.ReleasePolicy;
import dev.managedhsm.crypto.memory.LockedMemory;
import dev.managedhsm.crypto.seal.Anchor;
import dev.managedhsm.crypto.seal.RecordMark;
import dev.managedhsm.crypto.seal.RecordName;
import dev.managedhsm.crypto.seal.RecordSeal;
import dev.managedhsm.crypto.seal.SealPurpose;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The writes of one commit while they are gathered, and the anchor they lead to. Owned by the control worker, and used
 * again for each commit.
 */
final class Draft implements AutoCloseable {
    private static final RecordName ANCHOR = new RecordName(SealPurpose.ANCHOR, "", "");
    /** Room for the longest facts: 15 tags of 512 characters of 3 bytes, a release policy, a modulus, and the rest. */
    static final int CONTENT_LENGTH_MAX = 15 * 512 * 3 + 3 * ReleasePolicy.LENGTH_MAX + 8 * 1024;

    private final RecordSeal seal;
    private final LockedMemory secret = LockedMemory.allocate(Engine.SECRET_LENGTH_MAX, "secret of a new key");
    private final Arena arena = Arena.ofShared();
    private final MemorySegment content = arena.allocate(CONTENT_LENGTH_MAX);
    private final MemorySegment sealed = arena.allocate(CONTENT_LENGTH_MAX + RecordSeal.OVERHEAD);
    private final List<JournalWrite> writes = new ArrayList<>();
    private Anchor durable;
    private Anchor next;

    Draft(RecordSeal seal, Anchor durable) {
        this.seal = seal;
        this.durable = durable;
        this.next = durable.next();
    }

    /**
     * Locked memory for the secret that is being sealed. Wiped by {@link #putSecret}, or, where it does not come to that,
     * by {@link #restart}.
     */
    MemorySegment secret() {
        return secret.segment();
    }

    /** Revision of the commit. */
    long revision() {
        return next.revision();
    }

    /** A record and its mark, sealed. */
    @SuppressWarnings("ArrayRecordComponent") // nobody compares these, and nobody writes to the array
    record Sealed(byte[] blob, RecordMark mark) {}

    /** Seals the first {@code length} bytes of {@link #secret()} as a new record, and wipes them. */
    Sealed putSecret(RecordName name, int length) {
        try {
            return put(name, secret.segment().asSlice(0, length), null);
        } finally {
            secret.wipe();
        }
    }

    /** Seals facts or another thing that is no secret, in the place of the record that had the mark {@code was}. */
    RecordMark put(RecordName name, byte[] bytes, @Nullable RecordMark was) {
        MemorySegment.copy(bytes, 0, content, ValueLayout.JAVA_BYTE, 0, bytes.length);
        return put(name, content.asSlice(0, bytes.length), was).mark();
    }

    private Sealed put(RecordName name, MemorySegment plain, @Nullable RecordMark was) {
        byte[] blob = sealed(name, plain, was == null ? 0 : was.revision());
        RecordMark mark = seal.mark(name, sealed.asSlice(0, blob.length));
        next = (was == null ? next : next.without(was)).with(mark);
        writes.add(new JournalWrite.Put(name, blob));
        return new Sealed(blob, mark);
    }

    void remove(RecordName name, RecordMark was) {
        next = next.without(was);
        writes.add(new JournalWrite.Remove(name));
    }

    /**
     * Replaces all records that there are; nothing else may be in the commit.
     *
     * @param gone names of all records that there are, besides the anchor
     * @param come the records that take their place, sealed, besides the anchor
     * @param sum the anchor that vouched for them where they come from
     * @param others records under another anchor that change with them
     */
    void replaceAll(Set<RecordName> gone, List<JournalWrite.Put> come, Anchor sum, List<JournalWrite> others) {
        if (!isEmpty()) {
            throw new IllegalStateException("records are replaced in a commit of their own");
        }
        Set<RecordName> removed = new LinkedHashSet<>(gone);
        come.forEach(put -> removed.remove(put.name()));
        removed.forEach(name -> writes.add(new JournalWrite.Remove(name)));
        writes.addAll(come);
        writes.addAll(others);
        // Above both, so that no revision is used twice for one record.
        next = sum.at(Math.max(durable.revision(), sum.revision())).next();
    }

    private byte[] sealed(RecordName name, MemorySegment plain, long previous) {
        int length = seal.seal(name, next.revision(), previous, plain, sealed);
        return sealed.asSlice(0, length).toArray(ValueLayout.JAVA_BYTE);
    }

    boolean isEmpty() {
        return writes.isEmpty();
    }

    /** All writes, the anchor's last. */
    List<JournalWrite> finish() {
        next.encode(content);
        byte[] blob = sealed(ANCHOR, content.asSlice(0, Anchor.LENGTH), durable.revision());
        writes.add(new JournalWrite.Put(ANCHOR, blob));
        return List.copyOf(writes);
    }

    /** The writes are durable: the next commit follows them. */
    void committed() {
        durable = next;
        restart();
    }

    /** Forgets the writes, and wipes the secret. */
    void restart() {
        secret.wipe();
        writes.clear();
        next = durable.next();
    }

    @Override
    public void close() {
        secret.close();
        arena.close();
    }
}
