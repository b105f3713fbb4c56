// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.keyring;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/**
 * Off-heap memory for sealed secrets, cut from big pieces into lengths that are multiples of 64 bytes; a piece given
 * back is used again for the same length. What lies here is ciphertext, so it need not be locked.
 *
 * <p>Owned by the control worker; others only read what they were given.
 */
final class SealedSlab implements AutoCloseable {
    private static final int UNIT = 64;
    private static final int PIECE_LENGTH = 1 << 20;
    private static final int CLASSES = 128;

    /** Longest sealed secret, in bytes. */
    static final int LENGTH_MAX = UNIT * (CLASSES - 1);

    private final Arena arena = Arena.ofShared();
    /** Pieces given back, by length in units. */
    private final List<Deque<MemorySegment>> free = new ArrayList<>(CLASSES);

    private MemorySegment piece = MemorySegment.NULL;
    private long pieceUsed;
    private long liveBytes;

    SealedSlab() {
        for (int i = 0; i < CLASSES; i++) {
            free.add(new ArrayDeque<>());
        }
    }

    /** A copy of the content in memory of its own. */
    Kept keep(MemorySegment content) {
        int length = Math.toIntExact(content.byteSize());
        int units = (length + UNIT - 1) / UNIT;
        if (units >= CLASSES) {
            throw new IllegalStateException("a sealed secret has at most " + LENGTH_MAX + " bytes");
        }
        MemorySegment whole = free.get(units).poll();
        if (whole == null) {
            whole = cut((long) units * UNIT);
        }
        liveBytes += whole.byteSize();
        MemorySegment.copy(content, 0, whole, 0, length);
        return new Kept(whole, length);
    }

    /** Takes back what {@link #keep} gave; nobody may read it afterwards. */
    void free(Kept kept) {
        kept.whole().fill((byte) 0);
        liveBytes -= kept.whole().byteSize();
        free.get((int) (kept.whole().byteSize() / UNIT)).add(kept.whole());
    }

    /** How many bytes are given out, rounded up to units. */
    long liveBytes() {
        return liveBytes;
    }

    private MemorySegment cut(long bytes) {
        if (piece.byteSize() - pieceUsed < bytes) {
            piece = arena.allocate(PIECE_LENGTH, UNIT);
            pieceUsed = 0;
        }
        MemorySegment whole = piece.asSlice(pieceUsed, bytes);
        pieceUsed += bytes;
        return whole;
    }

    @Override
    public void close() {
        arena.close();
    }

    /**
     * One piece in use.
     *
     * @param whole the piece
     * @param length how many of its bytes are content
     */
    record Kept(MemorySegment whole, int length) {
        /** The content. */
        MemorySegment content() {
            return whole.asSlice(0, length);
        }
    }
}
