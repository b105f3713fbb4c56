// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.engine;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import dev.managedhsm.crypto.operation.OperationSlot;
import dev.managedhsm.crypto.operation.OperationSlot.Field;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The heap arrays of one call that may hold secrets; closing overwrites them all. Used by one thread, in a
 * try-with-resources statement around the call.
 */
final class HeapCopies implements AutoCloseable {
    private final List<byte[]> arrays = new ArrayList<>(8);

    /** A copy of off-heap bytes. */
    byte[] copy(MemorySegment source) {
        return keep(source.toArray(JAVA_BYTE));
    }

    /** A copy of an input field; empty where it was not given. */
    byte[] copy(OperationSlot slot, Field field) {
        return copy(slot.memory().asSlice(slot.offset(field), slot.length(field)));
    }

    /** A new array. */
    byte[] allocate(int length) {
        return keep(new byte[length]);
    }

    /** Takes charge of an array that somebody else made. */
    byte[] keep(byte[] array) {
        arrays.add(array);
        return array;
    }

    @Override
    public void close() {
        for (byte[] array : arrays) {
            Arrays.fill(array, (byte) 0);
        }
        arrays.clear();
    }
}
