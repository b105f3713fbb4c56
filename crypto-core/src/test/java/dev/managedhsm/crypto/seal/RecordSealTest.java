// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.seal;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.managedhsm.crypto.fixture.CountingEngine;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class RecordSealTest {
    private static final byte[] CONTENT = "what nobody may read".getBytes(StandardCharsets.US_ASCII);
    private static final String VERSION = "0123456789abcdef0123456789abcdef";
    private static final RecordName NAME = new RecordName(SealPurpose.KEY_SECRET, "invoices", VERSION);

    private final Arena arena = Arena.ofConfined();
    private final CountingEngine engine = new CountingEngine();
    private final RootKey root = RootKey.create(engine);
    private final SealingKeys keys = new SealingKeys(engine, root, "hsm-1");
    private final RecordSeal seal = new RecordSeal(engine, keys);

    @AfterEach
    void close() {
        keys.close();
        root.close();
        arena.close();
    }

    @Test
    void opensWhatItSealed() {
        MemorySegment out = arena.allocate(64);

        int length = seal.open(NAME, sealed(NAME, 7, 3), out);

        assertArrayEquals(CONTENT, out.asSlice(0, length).toArray(ValueLayout.JAVA_BYTE));
    }

    @Test
    void tellsRevisions() {
        MemorySegment blob = sealed(NAME, 7, 3);

        assertEquals(7, RecordSeal.revision(blob));
        assertEquals(3, RecordSeal.previous(blob));
    }

    @Test
    void hidesContentAndNeverSealsTheSameWayTwice() {
        byte[] one = sealed(NAME, 7, 3).toArray(ValueLayout.JAVA_BYTE);
        byte[] two = sealed(NAME, 7, 3).toArray(ValueLayout.JAVA_BYTE);

        String text = new String(one, StandardCharsets.ISO_8859_1);
        assertFalse(text.contains("nobody"));
        assertNotEquals(text, new String(two, StandardCharsets.ISO_8859_1));
    }

    @Test
    void refusesEveryChangedByte() {
        MemorySegment blob = sealed(NAME, 7, 3);
        for (long i = 0; i < blob.byteSize(); i++) {
            MemorySegment changed = arena.allocate(blob.byteSize()).copyFrom(blob);
            changed.set(ValueLayout.JAVA_BYTE, i, (byte) (blob.get(ValueLayout.JAVA_BYTE, i) ^ 1));
            assertRefuses(NAME, changed);
        }
    }

    @Test
    void refusesEveryTruncation() {
        MemorySegment blob = sealed(NAME, 7, 3);
        for (long length = 0; length < blob.byteSize(); length++) {
            assertRefuses(NAME, blob.asSlice(0, length));
        }
    }

    @Test
    void refusesRecordOfAnotherKey() {
        assertRefuses(new RecordName(SealPurpose.KEY_SECRET, "payroll", VERSION), sealed(NAME, 7, 3));
    }

    @Test
    void refusesRecordOfAnotherVersion() {
        String other = "ffffffffffffffffffffffffffffffff";
        assertRefuses(new RecordName(SealPurpose.KEY_SECRET, "invoices", other), sealed(NAME, 7, 3));
    }

    @Test
    void refusesRecordOfAnotherPurpose() {
        assertRefuses(new RecordName(SealPurpose.KEY_FACTS, "invoices", VERSION), sealed(NAME, 7, 3));
    }

    @Test
    void refusesNameCutElsewhere() {
        MemorySegment blob = sealed(new RecordName(SealPurpose.KEY_FACTS, "ab", "c"), 7, 3);

        assertRefuses(new RecordName(SealPurpose.KEY_FACTS, "a", "bc"), blob);
    }

    @Test
    void refusesRecordOfAnotherNamespace() {
        try (SealingKeys others = new SealingKeys(engine, root, "hsm-2")) {
            MemorySegment blob = sealed(NAME, 7, 3);
            RecordSeal other = new RecordSeal(engine, others);
            assertThrows(SealFailure.class, () -> other.open(NAME, blob, arena.allocate(64)));
        }
    }

    @Test
    void refusesRecordUnderAnotherRootKey() {
        try (RootKey otherRoot = RootKey.create(engine);
                SealingKeys others = new SealingKeys(engine, otherRoot, "hsm-1")) {
            MemorySegment blob = sealed(NAME, 7, 3);
            RecordSeal other = new RecordSeal(engine, others);
            assertThrows(SealFailure.class, () -> other.open(NAME, blob, arena.allocate(64)));
        }
    }

    @Test
    void namesTheRecordThatDoesNotOpenAndNotItsContent() {
        MemorySegment blob = sealed(NAME, 7, 3).asSlice(0, 50);

        SealFailure failure = assertThrows(SealFailure.class, () -> seal.open(NAME, blob, arena.allocate(64)));

        assertTrue(failure.toString().contains("key secret of invoices/" + VERSION), failure.toString());
    }

    @Test
    void marksDifferByNameAndByEveryByte() {
        MemorySegment blob = sealed(NAME, 7, 3);
        RecordMark mark = seal.mark(NAME, blob);
        assertEquals(mark, seal.mark(NAME, blob));
        assertNotEquals(mark, seal.mark(new RecordName(SealPurpose.KEY_SECRET, "payroll", VERSION), blob));
        for (long i = 0; i < blob.byteSize(); i++) {
            MemorySegment changed = arena.allocate(blob.byteSize()).copyFrom(blob);
            changed.set(ValueLayout.JAVA_BYTE, i, (byte) (blob.get(ValueLayout.JAVA_BYTE, i) ^ 1));
            RecordMark other = seal.mark(NAME, changed);
            assertTrue(mark.high() != other.high() && mark.low() != other.low());
        }
    }

    @Test
    void anchorComesBackToItselfWhenAMarkIsTakenAway() {
        Anchor anchor = Anchor.EMPTY.with(seal.mark(NAME, sealed(NAME, 1, 0)));
        RecordMark mark = seal.mark(NAME, sealed(NAME, 2, 1));

        assertNotEquals(anchor, anchor.with(mark));
        assertEquals(anchor, anchor.with(mark).without(mark));
    }

    @Test
    void anchorSurvivesItsEncoding() {
        Anchor anchor = new Anchor(5, 2, 0x0123456789abcdefL, -1L, 7, 8);
        MemorySegment bytes = arena.allocate(Anchor.LENGTH);

        anchor.encode(bytes);

        assertEquals(anchor, Anchor.decode(bytes));
    }

    @Test
    void anchorWithoutTheSecondSumIsRead() {
        MemorySegment bytes = arena.allocate(Anchor.LENGTH);
        Anchor anchor = Anchor.EMPTY.at(4).with(seal.mark(NAME, sealed(NAME, 1, 0)));
        anchor.encode(bytes);

        Anchor before = Anchor.decode(bytes.asSlice(0, 32));

        assertTrue(before.vouchesFor(anchor));
        assertEquals(anchor.revision(), before.revision());
        assertThrows(SealFailure.class, () -> Anchor.decode(bytes.asSlice(0, 40)));
    }

    @Test
    void anchorTellsWhichRecordIsNotAsItWas() {
        Anchor vouched = Anchor.EMPTY;
        List<RecordName> names = new ArrayList<>();
        List<RecordMark> marks = new ArrayList<>();
        for (int i = 0; i < 40; i++) {
            RecordName name = new RecordName(SealPurpose.KEY_FACTS, "key-" + i, VERSION);
            names.add(name);
            marks.add(seal.mark(name, sealed(name, i, 0)));
            vouched = vouched.with(marks.getLast());
        }
        for (int i = 0; i < 40; i++) {
            Anchor found = vouched.without(marks.get(i)).with(seal.mark(names.get(i), sealed(names.get(i), 99, 98)));
            String said = RecordSeal.unlike("keys", vouched, found, names).toString();
            assertTrue(said.contains("key facts of key-" + i + "/"), said);
            Anchor added = vouched.without(marks.get(i));
            assertTrue(
                    RecordSeal.unlike("keys", added, vouched, names).toString().contains("key-" + i + "/"));
        }
        Anchor two = vouched.without(marks.get(1)).without(marks.get(2));
        assertTrue(RecordSeal.unlike("keys", vouched, two, names).toString().contains("several of them"));
    }

    @Test
    void placesAreMultipliedAsTheStandardDoes() {
        // x^127 times x is x^7 + x^2 + x + 1, and one is neutral.
        RecordPlace top = new RecordPlace(1L << 63, 0);
        assertEquals(new RecordPlace(0, 0x87), top.times(0, 2));
        assertEquals(top, top.times(0, 1));
        RecordPlace any = RecordPlace.of(NAME);
        RecordPlace other = new RecordPlace(0x0123456789abcdefL, -2L);
        assertEquals(any.times(other.high(), other.low()), other.times(any.high(), any.low()));
    }

    private void assertRefuses(RecordName name, MemorySegment blob) {
        MemorySegment out = arena.allocate(64);
        assertThrows(SealFailure.class, () -> seal.open(name, blob, out));
        assertArrayEquals(new byte[64], out.toArray(ValueLayout.JAVA_BYTE));
    }

    private MemorySegment sealed(RecordName name, long revision, long previous) {
        MemorySegment content = arena.allocateFrom(ValueLayout.JAVA_BYTE, CONTENT);
        MemorySegment out = arena.allocate(256);
        return out.asSlice(0, seal.seal(name, revision, previous, content, out));
    }
}
