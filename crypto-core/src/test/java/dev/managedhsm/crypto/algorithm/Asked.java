// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.algorithm;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import dev.managedhsm.crypto.key.KeyClass;
import dev.managedhsm.crypto.key.KeyHandle;
import dev.managedhsm.crypto.memory.LockedMemory;
import dev.managedhsm.crypto.operation.Algorithm;
import dev.managedhsm.crypto.operation.Completions;
import dev.managedhsm.crypto.operation.Limits;
import dev.managedhsm.crypto.operation.Operation;
import dev.managedhsm.crypto.operation.OperationSlot;
import dev.managedhsm.crypto.operation.OperationSlot.Field;
import dev.managedhsm.crypto.operation.Outcome;
import java.lang.foreign.MemorySegment;
import java.util.HexFormat;

/** A slot for a test: filled from hexadecimal text, executed in place, read as an array. */
final class Asked implements AutoCloseable {
    /** Answer of a verification that found the signature good. */
    static final String VALID = "01";

    private final LockedMemory memory = LockedMemory.allocate(Limits.SLOT_LENGTH, "a test");
    private final OperationSlot slot = new OperationSlot(0, memory.segment(), new Nowhere());

    Asked(Operation operation, Algorithm algorithm, KeyClass keyClass) {
        slot.ask(operation, algorithm, new KeyHandle(0, 0, keyClass));
    }

    Asked put(Field field, String hex) {
        return put(field, HexFormat.of().parseHex(hex));
    }

    Asked put(Field field, byte[] bytes) {
        MemorySegment.copy(bytes, 0, slot.memory(), JAVA_BYTE, slot.inputEnd(), bytes.length);
        slot.put(field, bytes.length);
        return this;
    }

    OperationSlot slot() {
        return slot;
    }

    /** The output value; for a verification one byte, 1 for a good signature; nothing for any other end. */
    byte[] answer() {
        return switch (slot.outcome()) {
            case DONE ->
                memory.segment()
                        .asSlice(OperationSlot.OUTPUT_VALUE, slot.outputValueLength())
                        .toArray(JAVA_BYTE);
            case SIGNATURE_VALID -> new byte[] {1};
            case SIGNATURE_INVALID -> new byte[] {0};
            default -> new byte[0];
        };
    }

    /** Output bytes beside the value: the vector or the tag. */
    byte[] output(int at, int length) {
        return memory.segment().asSlice(at, length).toArray(JAVA_BYTE);
    }

    @Override
    public void close() {
        memory.close();
    }

    /** A test reads its slot itself. */
    private static final class Nowhere implements Completions {
        @Override
        public void offer(OperationSlot finished) {
            if (finished.outcome() == Outcome.PENDING) {
                throw new IllegalStateException("a slot without an outcome was handed back");
            }
        }

        @Override
        public void wake() {
            // Nobody sleeps.
        }
    }
}
