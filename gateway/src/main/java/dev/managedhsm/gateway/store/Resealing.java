// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.store;

import dev.managedhsm.crypto.lifecycle.JournalWrite;
import dev.managedhsm.crypto.memory.LockedMemory;
import dev.managedhsm.crypto.seal.Anchor;
import dev.managedhsm.crypto.seal.RecordName;
import dev.managedhsm.crypto.seal.RecordSeal;
import dev.managedhsm.crypto.seal.SealFailure;
import dev.managedhsm.crypto.seal.SealPurpose;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Seals every record of a store anew under another root key, in one commit: all of it or nothing, whenever the power goes.
 * Revisions stay. What is read is checked against the anchors first, so that nothing foreign is taken over. Used by one
 * thread, while nobody changes keys or roles.
 */
public final class Resealing {
    private static final int CONTENT_LENGTH_MAX = 128 * 1024;

    private final RecordSeal from;
    private final RecordSeal to;
    private final List<Transaction.Guard> guards = new ArrayList<>();
    private final List<Transaction.Write> writes = new ArrayList<>();

    /**
     * @param from opens the records
     * @param to seals them
     */
    public Resealing(RecordSeal from, RecordSeal to) {
        this.from = from;
        this.to = to;
    }

    /**
     * Seals all of it.
     *
     * @param store whose records
     * @param also what is written in the same commit
     * @return how it ended, settled
     * @throws SealFailure naming the first record that is not as it was written
     */
    public Commit run(Store store, List<Transaction.Write> also) {
        family(new StoreJournal(store), SealPurpose.ANCHOR);
        family(StoreJournal.ofRoles(store), SealPurpose.ROLE_ANCHOR);
        writes.addAll(also);
        String operation = UUID.randomUUID().toString();
        Commit end = store.commit(new Transaction(operation, guards, writes));
        return end instanceof Commit.Unknown ? store.settle(operation) : end;
    }

    /** How many records were sealed anew, anchors included. */
    public long count() {
        return writes.size();
    }

    private void family(StoreJournal journal, SealPurpose anchorPurpose) {
        List<JournalWrite> sealed = new ArrayList<>();
        try (LockedMemory memory = LockedMemory.allocate(CONTENT_LENGTH_MAX, "a record that is sealed anew");
                Arena arena = Arena.ofConfined()) {
            Pass pass = new Pass(anchorPurpose, memory.segment(), arena.allocate(CONTENT_LENGTH_MAX), sealed);
            journal.load(pass::record);
            pass.end();
        }
        guards.add(journal.guard());
        writes.addAll(journal.writes(sealed));
    }

    /** One pass over the records of an anchor. */
    private final class Pass {
        private final SealPurpose anchorPurpose;
        private final MemorySegment content;
        private final MemorySegment blob;
        private final List<JournalWrite> out;
        private final List<RecordName> names = new ArrayList<>();
        private @Nullable Anchor vouched;
        private long anchorPrevious;
        private Anchor found = Anchor.EMPTY;
        private Anchor made = Anchor.EMPTY;

        Pass(SealPurpose anchorPurpose, MemorySegment content, MemorySegment blob, List<JournalWrite> out) {
            this.anchorPurpose = anchorPurpose;
            this.content = content;
            this.blob = blob;
            this.out = out;
        }

        void record(RecordName name, byte[] bytes) {
            if (bytes.length > CONTENT_LENGTH_MAX) {
                throw new SealFailure("the record \"" + name + "\" is too long; restore the store from a backup");
            }
            MemorySegment.copy(bytes, 0, blob, ValueLayout.JAVA_BYTE, 0, bytes.length);
            MemorySegment record = blob.asSlice(0, bytes.length);
            int length = from.open(name, record, content);
            if (name.purpose() == anchorPurpose) {
                vouched = Anchor.decode(content.asSlice(0, length));
                anchorPrevious = RecordSeal.previous(record);
                return;
            }
            found = found.with(from.mark(name, record));
            names.add(name);
            long revision = RecordSeal.revision(record);
            put(name, revision, RecordSeal.previous(record), content.asSlice(0, length));
            made = made.with(to.mark(name, blob.asSlice(0, bytes.length))); // sealing changes no length
        }

        /** Checks the sum, and seals the new one. */
        void end() {
            Anchor was = vouched;
            if (was == null) {
                if (found.count() != 0) {
                    throw unlike(Anchor.EMPTY);
                }
                return;
            }
            if (!was.vouchesFor(found)) {
                throw unlike(was);
            }
            made.at(was.revision()).encode(content);
            RecordName name = new RecordName(anchorPurpose, "", "");
            put(name, was.revision(), anchorPrevious, content.asSlice(0, Anchor.LENGTH));
        }

        private void put(RecordName name, long revision, long previous, MemorySegment plain) {
            int length = to.seal(name, revision, previous, plain, blob);
            out.add(new JournalWrite.Put(name, blob.asSlice(0, length).toArray(ValueLayout.JAVA_BYTE)));
        }

        private SealFailure unlike(Anchor was) {
            String whose = anchorPurpose == SealPurpose.ANCHOR ? "keys" : "roles";
            return RecordSeal.unlike(whose, was, found, names);
        }
    }
}
