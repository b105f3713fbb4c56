// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.engine;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import dev.managedhsm.crypto.key.KeyHandle;
import dev.managedhsm.crypto.operation.Algorithm;
import dev.managedhsm.crypto.operation.Limits;
import dev.managedhsm.crypto.operation.Operation;
import dev.managedhsm.crypto.operation.OperationSlot;
import dev.managedhsm.crypto.operation.OperationSlot.Field;
import dev.managedhsm.crypto.operation.Outcome;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Map;

/**
 * One slot, asked again and again through one worker, that is looked over after each operation: an engine ends it with an
 * outcome, writes nothing around it, leaves its input as it was, and puts nothing into its output unless it is done.
 */
final class GuardedSlot implements AutoCloseable {
    private static final int GUARD_LENGTH = 64;
    private static final byte GUARD = (byte) 0xa5;

    private final Arena arena = Arena.ofConfined();
    private final MemorySegment around = arena.allocate(Limits.SLOT_LENGTH + 2L * GUARD_LENGTH, 64);
    private final OperationSlot slot =
            new OperationSlot(0, around.asSlice(GUARD_LENGTH, Limits.SLOT_LENGTH), new Rehearsal.Nobody());
    private final MemorySegment zeroes = arena.allocate(Limits.SLOT_LENGTH);
    private final MemorySegment guard = arena.allocate(GUARD_LENGTH).fill(GUARD);
    private final EngineWorker worker;

    GuardedSlot(Engine engine) {
        worker = engine.worker();
        around.asSlice(0, GUARD_LENGTH).fill(GUARD);
        around.asSlice(GUARD_LENGTH + (long) Limits.SLOT_LENGTH).fill(GUARD);
    }

    Bench.Answer ask(EngineKey key, Operation operation, Algorithm algorithm, Map<Field, byte[]> inputs) {
        slot.wipe();
        assertSame(zeroes, slot.memory(), "wiping the slot left something of the operation before");
        inputs.forEach((field, bytes) -> {
            MemorySegment.copy(bytes, 0, slot.memory(), JAVA_BYTE, slot.inputEnd(), bytes.length);
            slot.put(field, bytes.length);
        });
        slot.ask(operation, algorithm, new KeyHandle(0, 0, key.keyClass()));
        worker.execute(slot, key);
        assertNotEquals(Outcome.PENDING, slot.outcome());
        inputs.forEach((field, bytes) -> assertArrayEquals(
                bytes, bytes(slot.offset(field), slot.length(field)), () -> "the engine changed its input: " + field));
        assertSame(guard, around.asSlice(0, GUARD_LENGTH), "something was written before the slot");
        assertSame(
                guard,
                around.asSlice(GUARD_LENGTH + (long) Limits.SLOT_LENGTH),
                "something was written behind the slot");
        if (slot.outcome() != Outcome.DONE) {
            assertEquals(0, slot.outputValueLength() + slot.outputIvLength() + slot.outputTagLength());
            MemorySegment output = slot.memory().asSlice(OperationSlot.OUTPUT_IV);
            assertSame(zeroes.asSlice(0, output.byteSize()), output, "something is left in the output");
        }
        return new Bench.Answer(
                slot.outcome(),
                bytes(OperationSlot.OUTPUT_VALUE, slot.outputValueLength()),
                bytes(OperationSlot.OUTPUT_IV, slot.outputIvLength()),
                bytes(OperationSlot.OUTPUT_TAG, slot.outputTagLength()));
    }

    private static void assertSame(MemorySegment expected, MemorySegment found, String otherwise) {
        assertEquals(-1, expected.mismatch(found), otherwise);
    }

    private byte[] bytes(int at, int length) {
        return slot.memory().asSlice(at, length).toArray(JAVA_BYTE);
    }

    @Override
    public void close() {
        worker.close();
        arena.close();
    }
}
