// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.engine;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import dev.managedhsm.crypto.key.KeyHandle;
import dev.managedhsm.crypto.operation.Algorithm;
import dev.managedhsm.crypto.operation.Completions;
import dev.managedhsm.crypto.operation.Limits;
import dev.managedhsm.crypto.operation.Operation;
import dev.managedhsm.crypto.operation.OperationSlot;
import dev.managedhsm.crypto.operation.OperationSlot.Field;
import dev.managedhsm.crypto.operation.Outcome;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Map;

/**
 * Runs operations outside any ring, on a worker and a slot of its own, for self-tests and rare signatures. Used by the thread that made it;
 * its answers are on the heap, so it is for keys and data that are no secret, or whose answers are none.
 */
public final class Rehearsal implements AutoCloseable {
    /** Nobody waits for slots that never enter a ring. */
    record Nobody() implements Completions {
        @Override
        public void offer(OperationSlot slot) {
            throw new IllegalStateException("a rehearsed slot is not handed back");
        }

        @Override
        public void wake() {
            throw new IllegalStateException("a rehearsed slot is not handed back");
        }
    }

    private final Arena arena = Arena.ofConfined();
    private final OperationSlot slot = new OperationSlot(0, arena.allocate(Limits.SLOT_LENGTH, 64), new Nobody());
    private final EngineWorker worker;

    /** @param engine whose keys are used */
    public Rehearsal(Engine engine) {
        worker = engine.worker();
    }

    /** Runs one operation; its answer can be read until the next one is run. */
    public Outcome run(EngineKey key, Operation operation, Algorithm algorithm, Map<Field, byte[]> inputs) {
        slot.wipe();
        inputs.forEach((field, bytes) -> {
            MemorySegment.copy(bytes, 0, slot.memory(), JAVA_BYTE, slot.inputEnd(), bytes.length);
            slot.put(field, bytes.length);
        });
        slot.ask(operation, algorithm, new KeyHandle(0, 0, key.keyClass()));
        worker.execute(slot, key);
        return slot.outcome();
    }

    /** The answered value. */
    public byte[] value() {
        return output(OperationSlot.OUTPUT_VALUE, slot.outputValueLength());
    }

    /** The answered vector. */
    byte[] iv() {
        return output(OperationSlot.OUTPUT_IV, slot.outputIvLength());
    }

    /** The answered tag. */
    byte[] tag() {
        return output(OperationSlot.OUTPUT_TAG, slot.outputTagLength());
    }

    private byte[] output(int at, int length) {
        return slot.memory().asSlice(at, length).toArray(JAVA_BYTE);
    }

    /** Wipes and frees. */
    @Override
    public void close() {
        try {
            worker.close();
        } finally {
            slot.wipe();
            arena.close();
        }
    }
}
