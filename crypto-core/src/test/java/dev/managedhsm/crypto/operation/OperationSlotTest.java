// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.operation;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.managedhsm.crypto.key.KeyClass;
import dev.managedhsm.crypto.key.KeyHandle;
import dev.managedhsm.crypto.operation.OperationSlot.Field;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class OperationSlotTest {
    private static final KeyHandle KEY = new KeyHandle(0, 0, KeyClass.OCT_256);

    private final Arena arena = Arena.ofConfined();
    private final MemorySegment memory = arena.allocate(Limits.SLOT_LENGTH);
    private final OperationSlot slot = new OperationSlot(0, memory, new NoCompletions());

    @AfterEach
    void release() {
        arena.close();
    }

    @Test
    void packsFieldsInTheOrderTheyCome() {
        slot.put(Field.IV, 16);
        slot.put(Field.VALUE, 100);
        assertEquals(0, slot.offset(Field.IV));
        assertEquals(16, slot.offset(Field.VALUE));
        assertEquals(116, slot.inputEnd());
        assertEquals(Limits.INPUT_LENGTH_MAX - 116, slot.inputRoom());
    }

    @Test
    void tellsAnEmptyFieldFromAnAbsentOne() {
        slot.put(Field.AAD, 0);
        assertTrue(slot.has(Field.AAD));
        assertFalse(slot.has(Field.TAG));
        assertEquals(0, slot.length(Field.TAG));
    }

    @Test
    void refusesAFieldThatIsPutTwice() {
        slot.put(Field.AAD, 1);
        assertThrows(IllegalStateException.class, () -> slot.put(Field.AAD, 1));
    }

    @Test
    void refusesAFieldThatDoesNotFit() {
        slot.put(Field.VALUE, Limits.INPUT_LENGTH_MAX);
        assertThrows(IllegalStateException.class, () -> slot.put(Field.AAD, 1));
    }

    @Test
    void leavesNoByteBehindWhenADecryptionIsWiped() {
        slot.put(Field.VALUE, 5000);
        slot.put(Field.TAG, 16);
        slot.ask(Operation.DECRYPT, Algorithm.A256GCM, KEY);
        memory.asSlice(0, 5016).fill((byte) 0x5A);
        memory.asSlice(OperationSlot.OUTPUT_VALUE, 5000).fill((byte) 0x5A);
        slot.done(5000);
        slot.wipe();
        assertAllZero();
    }

    @Test
    void leavesNoByteBehindWhenADecryptionFailedHalfWay() {
        slot.put(Field.VALUE, Limits.VALUE_LENGTH_MAX);
        slot.ask(Operation.DECRYPT, Algorithm.A256CBCPAD, KEY);
        memory.fill((byte) 0x5A);
        memory.asSlice(Limits.VALUE_LENGTH_MAX, Limits.INPUT_LENGTH_MAX - Limits.VALUE_LENGTH_MAX)
                .fill((byte) 0);
        memory.asSlice(OperationSlot.OUTPUT_VALUE + OperationSlot.OUTPUT_VALUE_LENGTH_MAX)
                .fill((byte) 0);
        slot.end(Outcome.DECRYPTION_FAILED);
        slot.wipe();
        assertAllZero();
    }

    @Test
    void leavesNoByteBehindWhenAnEncryptionBroke() {
        slot.put(Field.VALUE, 5000);
        slot.ask(Operation.ENCRYPT, Algorithm.A256CBCPAD, KEY);
        memory.asSlice(OperationSlot.OUTPUT_VALUE, 5000).fill((byte) 0x5A); // the plaintext, on its way in place
        slot.end(Outcome.ENGINE_FAILED);
        slot.wipe();
        assertAllZero();
    }

    @Test
    void leavesNoByteBehindOfABodyThatWasRefused() {
        memory.asSlice(0, 700).fill((byte) 0x5A); // written, and never put, because the text went wrong behind it
        slot.wipe();
        assertAllZero();
    }

    @Test
    void forgetsWhatWasAsked() {
        slot.ask(Operation.SIGN, Algorithm.HS256, KEY);
        slot.put(Field.VALUE, 32);
        slot.end(Outcome.KEY_GONE);
        slot.wipe();
        assertThrows(IllegalStateException.class, slot::operation);
        assertThrows(IllegalStateException.class, slot::key);
        assertFalse(slot.has(Field.VALUE));
        assertEquals(Outcome.PENDING, slot.outcome());
    }

    @Test
    void measuresEachStageFromTheEndOfTheOneBefore() {
        slot.start(100);
        long now = 100;
        for (Stage stage : Stage.values()) {
            now += stage.ordinal() + 1;
            slot.stamp(stage, now);
        }
        for (Stage stage : Stage.values()) {
            assertEquals(stage.ordinal() + 1, slot.nanos(stage));
        }
    }

    @Test
    void timesOutliveTheSlot() {
        slot.ask(Operation.SIGN, Algorithm.ES256, KEY);
        slot.start(100);
        for (Stage stage : Stage.values()) {
            slot.stamp(stage, 100 + 10L * (stage.ordinal() + 1));
        }
        StageTimes times = new StageTimes(slot);
        slot.wipe();
        slot.start(0);
        slot.stamp(Stage.QUEUE, 0);
        assertEquals(10, times.nanos(Stage.QUEUE));
        times.stamp(Stage.AUDIT, 500);
        assertEquals(400, times.totalNanos());
        assertEquals(Operation.SIGN, times.operation());
    }

    private void assertAllZero() {
        for (long i = 0; i < memory.byteSize(); i++) {
            assertEquals(0, memory.get(ValueLayout.JAVA_BYTE, i), "byte " + i);
        }
    }

    private record NoCompletions() implements Completions {
        @Override
        public void offer(OperationSlot slot) {
            throw new IllegalStateException("no worker has this slot");
        }

        @Override
        public void wake() {
            throw new IllegalStateException("no worker has this slot");
        }
    }
}
