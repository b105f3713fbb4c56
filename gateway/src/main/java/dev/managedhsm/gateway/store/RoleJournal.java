// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.store;

import dev.managedhsm.auth.role.RoleAssignment;
import dev.managedhsm.auth.role.RoleDefinition;
import dev.managedhsm.auth.role.RoleSnapshot;
import dev.managedhsm.crypto.lifecycle.JournalWrite;
import dev.managedhsm.crypto.lifecycle.KeyJournal;
import dev.managedhsm.crypto.seal.Anchor;
import dev.managedhsm.crypto.seal.RecordMark;
import dev.managedhsm.crypto.seal.RecordName;
import dev.managedhsm.crypto.seal.RecordSeal;
import dev.managedhsm.crypto.seal.SealFailure;
import dev.managedhsm.crypto.seal.SealPurpose;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Role definitions and assignments, kept durably and sealed: one record each, and an anchor over all of them. A record that
 * was changed, put in another's place, put back in an older state, left out or added is noticed when they are loaded. Used
 * by one thread at a time: the one that starts, then the one that changes roles.
 *
 * <p>The anchor is not that of keys, which the control worker alone may move. So what it cannot see is all records of roles
 * put back together as they were at one earlier moment.
 */
public final class RoleJournal {
    private static final RecordName ANCHOR = new RecordName(SealPurpose.ROLE_ANCHOR, "", "");

    private final KeyJournal records;
    private final RecordSeal seal;
    private final Map<RecordName, RecordMark> marks = new HashMap<>();
    private @Nullable Anchor durable;

    /**
     * @param records where the sealed records are kept; nobody else commits to it
     * @param seal seals and opens them
     */
    public RoleJournal(KeyJournal records, RecordSeal seal) {
        this.records = records;
        this.seal = seal;
    }

    /** An assignment and the revision of the commit that made it. */
    private record Made(RoleAssignment assignment, long revision) {}

    /**
     * Reads all roles, assignments in the order in which they were made. Called before any commit, and again after all
     * records were replaced.
     *
     * @return the roles, or null if none were ever written
     * @throws SealFailure naming the first record that is not as it was written
     */
    public @Nullable RoleSnapshot load() {
        List<RoleDefinition> definitions = new ArrayList<>();
        List<Made> made = new ArrayList<>();
        marks.clear();
        durable = null;
        records.load((name, blob) -> {
            try (Arena arena = Arena.ofConfined()) {
                MemorySegment sealed = arena.allocate(blob.length);
                MemorySegment.copy(blob, 0, sealed, ValueLayout.JAVA_BYTE, 0, blob.length);
                MemorySegment content = arena.allocate(blob.length);
                MemorySegment opened = content.asSlice(0, seal.open(name, sealed, content));
                byte[] bytes = opened.toArray(ValueLayout.JAVA_BYTE);
                switch (name.purpose()) {
                    case ROLE_DEFINITION -> definitions.add(RoleCodec.definition(bytes));
                    case ROLE_ASSIGNMENT ->
                        made.add(new Made(RoleCodec.assignment(bytes), RecordSeal.revision(sealed)));
                    case ROLE_ANCHOR -> durable = Anchor.decode(opened);
                    default -> throw new SealFailure("the record \"" + name + "\" does not belong to roles; remove it");
                }
                if (name.purpose() != SealPurpose.ROLE_ANCHOR) {
                    marks.put(name, seal.mark(name, sealed));
                }
            }
        });
        check();
        if (durable == null) {
            return null;
        }
        made.sort(Comparator.comparingLong(Made::revision));
        return RoleSnapshot.of(definitions, made.stream().map(Made::assignment).toList());
    }

    private void check() {
        Anchor anchor = durable == null ? Anchor.EMPTY : durable;
        Anchor found = Anchor.EMPTY.at(anchor.revision());
        for (RecordMark mark : marks.values()) {
            found = found.with(mark);
        }
        if (!anchor.vouchesFor(found)) {
            throw RecordSeal.unlike("roles", anchor, found, marks.keySet());
        }
        durable = durable == null ? null : found;
    }

    /**
     * Makes all writes or none, durably. Blocks.
     *
     * @param writes each about another definition or assignment; what is removed is there
     * @return how it ended; only after {@link KeyJournal.Ending#COMMITTED} may the roles be used as written
     */
    public KeyJournal.Ending commit(List<RoleWrite> writes) {
        Anchor before = durable == null ? Anchor.EMPTY : durable;
        Draft draft = new Draft(before.next());
        writes.forEach(draft::add);
        draft.seal(ANCHOR, draft.anchor(), before.revision());
        KeyJournal.Ending ending = records.commit(draft.sealed);
        if (ending == KeyJournal.Ending.COMMITTED) {
            draft.written.forEach(marks::put);
            draft.removed.forEach(marks::remove);
            durable = draft.next;
        }
        return ending;
    }

    /**
     * What is to be written so that these records take the place of all that there are. The caller commits it together with
     * what else is replaced, and then loads again.
     *
     * @param come records of roles with their anchor, from a backup
     * @return the writes; none if the backup has no records of roles
     * @throws SealFailure naming the first record that is not as it was written
     */
    public List<JournalWrite> replacement(List<JournalWrite.Put> come) {
        RoleJournal other = new RoleJournal(new ListedRecords(come), seal);
        other.load();
        Anchor sum = other.durable;
        if (sum == null) {
            return List.of();
        }
        Anchor before = durable == null ? Anchor.EMPTY : durable;
        long above = Math.max(before.revision(), sum.revision());
        Draft draft = new Draft(sum.at(above).next());
        marks.keySet().stream()
                .filter(name -> !other.marks.containsKey(name))
                .forEach(name -> draft.sealed.add(new JournalWrite.Remove(name)));
        come.stream().filter(put -> !put.name().equals(ANCHOR)).forEach(draft.sealed::add);
        draft.seal(ANCHOR, draft.anchor(), before.revision());
        return List.copyOf(draft.sealed);
    }

    /** What one commit writes, and what it makes of the anchor. */
    private final class Draft {
        private final List<JournalWrite> sealed = new ArrayList<>();
        private final Map<RecordName, RecordMark> written = new HashMap<>();
        private final List<RecordName> removed = new ArrayList<>();
        private Anchor next;

        Draft(Anchor next) {
            this.next = next;
        }

        void add(RoleWrite write) {
            switch (write) {
                case RoleWrite.PutDefinition(RoleDefinition definition) ->
                    put(name(SealPurpose.ROLE_DEFINITION, definition.id()), RoleCodec.encode(definition));
                case RoleWrite.PutAssignment(RoleAssignment assignment) ->
                    put(name(SealPurpose.ROLE_ASSIGNMENT, assignment.name()), RoleCodec.encode(assignment));
                case RoleWrite.RemoveDefinition(UUID id) -> remove(name(SealPurpose.ROLE_DEFINITION, id));
                case RoleWrite.RemoveAssignment(UUID id) -> remove(name(SealPurpose.ROLE_ASSIGNMENT, id));
            }
        }

        private static RecordName name(SealPurpose purpose, UUID id) {
            return new RecordName(purpose, id.toString(), "");
        }

        private void put(RecordName name, byte[] content) {
            RecordMark was = marks.get(name);
            RecordMark mark = seal(name, content, was == null ? 0 : was.revision());
            next = (was == null ? next : next.without(was)).with(mark);
            written.put(name, mark);
        }

        private void remove(RecordName name) {
            RecordMark was = marks.get(name);
            if (was == null) {
                throw new IllegalStateException("the record \"" + name + "\" is not there");
            }
            next = next.without(was);
            removed.add(name);
            sealed.add(new JournalWrite.Remove(name));
        }

        RecordMark seal(RecordName name, byte[] content, long previous) {
            try (Arena arena = Arena.ofConfined()) {
                MemorySegment plain = arena.allocateFrom(ValueLayout.JAVA_BYTE, content);
                MemorySegment blob = arena.allocate(content.length + RecordSeal.OVERHEAD);
                RoleJournal.this.seal.seal(name, next.revision(), previous, plain, blob);
                sealed.add(new JournalWrite.Put(name, blob.toArray(ValueLayout.JAVA_BYTE)));
                return RoleJournal.this.seal.mark(name, blob);
            }
        }

        byte[] anchor() {
            try (Arena arena = Arena.ofConfined()) {
                MemorySegment bytes = arena.allocate(Anchor.LENGTH);
                next.encode(bytes);
                return bytes.toArray(ValueLayout.JAVA_BYTE);
            }
        }
    }
}
