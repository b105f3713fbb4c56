// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.http;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import java.util.ArrayDeque;

/**
 * Direct buffers for the bodies of one event loop, of requests and of answers. Those of ordinary length are used again, by this
 * event loop alone, which is cheaper than giving them to an allocator that all threads share; each is wiped before. Used by its
 * event loop's thread only.
 */
public final class BodyBuffers {
    /** Capacity of the buffers that are kept, in bytes: an RSA-4096 signature in its answer fits. */
    static final int ORDINARY = 1280;

    /** So many are kept, 160 KiB. */
    private static final int SPARE_MAX = 128;

    private final ArrayDeque<ByteBuf> spare = new ArrayDeque<>(SPARE_MAX);
    private boolean closed;

    BodyBuffers() {}

    /**
     * A buffer with nothing in it, which the caller gives back.
     *
     * @param length how many bytes it must take, at least
     * @throws OutOfMemoryError if the allocator has reached its limit
     */
    public ByteBuf take(int length) {
        if (length > ORDINARY) {
            return ByteBufAllocator.DEFAULT.directBuffer(length, length);
        }
        ByteBuf buffer = spare.poll();
        return buffer == null ? ByteBufAllocator.DEFAULT.directBuffer(ORDINARY, ORDINARY) : buffer;
    }

    /** What a buffer for so many bytes can take. */
    static int capacity(int length) {
        return Math.max(length, ORDINARY);
    }

    /** Wipes a buffer and takes it back; nobody else holds it. */
    public void giveBack(ByteBuf buffer) {
        if (closed || buffer.capacity() != ORDINARY || spare.size() == SPARE_MAX) {
            Wipe.release(buffer);
        } else {
            buffer.setZero(0, buffer.writerIndex());
            spare.push(buffer.clear());
        }
    }

    /** Lets go of what is kept; what is given back from here on is not. */
    void close() {
        closed = true;
        spare.forEach(ByteBuf::release);
        spare.clear();
    }
}
