// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.memory;

import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/**
 * Many small secrets of one size in {@link LockedMemory}: a page for each would be waste. Any thread may take and give;
 * for the control plane, because they wait for each other.
 *
 * <p>Memory is taken from the system chunk by chunk and kept until {@link #close()}.
 */
public final class SecretCells implements AutoCloseable {
    private static final long CHUNK_LENGTH = 64 * 1024;

    private final long cellLength;
    private final String purpose;
    private final List<LockedMemory> chunks = new ArrayList<>();
    private final Deque<MemorySegment> free = new ArrayDeque<>();
    private long taken;

    /**
     * @param cellLength bytes of one cell, a divisor of 64 KiB
     * @param purpose what for, in the words of a log line
     */
    public SecretCells(long cellLength, String purpose) {
        if (cellLength < 1 || CHUNK_LENGTH % cellLength != 0) {
            throw new IllegalStateException("cells of " + cellLength + " bytes do not fill a chunk");
        }
        this.cellLength = cellLength;
        this.purpose = purpose;
    }

    /** A zeroed cell, the caller's own until it is given back. */
    public synchronized MemorySegment take() {
        if (free.isEmpty()) {
            LockedMemory chunk = LockedMemory.allocate(CHUNK_LENGTH, purpose);
            chunks.add(chunk);
            for (long at = 0; at < CHUNK_LENGTH; at += cellLength) {
                free.add(chunk.segment().asSlice(at, cellLength));
            }
        }
        taken++;
        return free.remove();
    }

    /** Takes a cell back and wipes it; the caller must not touch it afterwards. */
    public synchronized void give(MemorySegment cell) {
        cell.fill((byte) 0);
        taken--;
        free.add(cell);
    }

    /** How many cells are out. */
    public synchronized long taken() {
        return taken;
    }

    /** Wipes and gives back everything, cells that are still out included. */
    @Override
    public synchronized void close() {
        free.clear();
        chunks.forEach(LockedMemory::close);
        chunks.clear();
    }
}
