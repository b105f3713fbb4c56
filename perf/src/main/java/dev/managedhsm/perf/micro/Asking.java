// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.perf.micro;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import dev.managedhsm.crypto.key.KeyHandle;
import dev.managedhsm.crypto.operation.Algorithm;
import dev.managedhsm.crypto.operation.Operation;
import dev.managedhsm.crypto.operation.OperationSlot;
import dev.managedhsm.crypto.operation.OperationSlot.Field;
import java.lang.foreign.MemorySegment;

/** One question with everything it needs, to be put into any number of slots. Immutable; any thread. */
final class Asking {
    private final Operation operation;
    private final Algorithm algorithm;
    private final KeyHandle key;
    private final byte[] value;

    Asking(Operation operation, Algorithm algorithm, KeyHandle key, byte[] value) {
        this.operation = operation;
        this.algorithm = algorithm;
        this.key = key;
        this.value = value;
    }

    KeyHandle key() {
        return key;
    }

    /** Fills a wiped slot, as decoding a request does. Allocates nothing. */
    void put(OperationSlot slot) {
        slot.ask(operation, algorithm, key);
        MemorySegment.copy(value, 0, slot.memory(), JAVA_BYTE, slot.inputEnd(), value.length);
        slot.put(Field.VALUE, value.length);
    }
}
