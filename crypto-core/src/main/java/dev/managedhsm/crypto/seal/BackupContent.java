// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.seal;

import dev.managedhsm.crypto.memory.LockedMemory;
import java.lang.foreign.MemorySegment;

/**
 * What was in a backup: secrets among it, so it lies in locked memory. Whoever got it closes it.
 *
 * @param memory where it lies
 * @param length how many bytes of that it has
 */
public record BackupContent(LockedMemory memory, int length) implements AutoCloseable {
    /** The content; for any thread, until it is closed. */
    public MemorySegment bytes() {
        return memory.segment().asSlice(0, length);
    }

    /** Wipes and gives back. Closing twice is the same as closing once. */
    @Override
    public void close() {
        memory.close();
    }
}
