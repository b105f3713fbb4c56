// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.engine;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import dev.managedhsm.crypto.operation.OperationSlot;
import java.lang.foreign.MemorySegment;

/** Puts answers that were made on the heap into a slot. */
final class Output {
    private Output() {}

    /** Ends the slot with this value. */
    static void done(OperationSlot slot, byte[] value) {
        done(slot, value, value.length);
    }

    /** Ends the slot with the first {@code length} bytes. */
    static void done(OperationSlot slot, byte[] value, int length) {
        put(slot, OperationSlot.OUTPUT_VALUE, value, 0, length);
        slot.done(length);
    }

    /** Ends the slot with a value that its tag follows in the array, and the vector it was made with. */
    static void done(OperationSlot slot, byte[] iv, byte[] valueThenTag, int tagLength) {
        int length = valueThenTag.length - tagLength;
        put(slot, OperationSlot.OUTPUT_IV, iv, 0, iv.length);
        put(slot, OperationSlot.OUTPUT_TAG, valueThenTag, length, tagLength);
        put(slot, OperationSlot.OUTPUT_VALUE, valueThenTag, 0, length);
        slot.done(length, iv.length, tagLength);
    }

    private static void put(OperationSlot slot, int at, byte[] bytes, int from, int length) {
        MemorySegment.copy(bytes, from, slot.memory(), JAVA_BYTE, at, length);
    }
}
