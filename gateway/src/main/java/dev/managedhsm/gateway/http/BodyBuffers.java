// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.http;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.util.ArrayDeque;

/**
 * Direct buffers for the bodies of one event loop, of requests and of answers. Some of ordinary length are its own and are used
 * again, which is cheaper than an allocator that all threads share; all others come from there. Each is wiped when it is given
 * back. Used by its event loop's thread only.
 *
 * <p>A buffer of its own that nobody has is full, so that who writes to it although it was given back is found out.
 */
public final class BodyBuffers {
    /** Capacity of its own buffers, in bytes: an RSA-4096 signature in its answer fits. */
    static final int ORDINARY = 1280;

    /** How many are its own at most: 160 KiB, which no account counts. */
    static final int OWN_MAX = 128;

    private final ByteBufAllocator own = new UnpooledByteBufAllocator(true);
    private final ArrayDeque<ByteBuf> spare = new ArrayDeque<>(OWN_MAX);
    private int made;
    private boolean closed;

    BodyBuffers() {}

    /**
     * A buffer with nothing in it, which the caller gives back.
     *
     * @param length how many bytes it must take, at least
     * @throws OutOfMemoryError if the allocator has reached its limit
     */
    public ByteBuf take(int length) {
        if (length < ORDINARY) { // one that is as long could be full although somebody has it
            ByteBuf one = spare.poll();
            if (one != null) {
                return one.clear();
            }
            if (made < OWN_MAX && !closed) {
                made++;
                return own.directBuffer(ORDINARY, ORDINARY);
            }
        }
        return ByteBufAllocator.DEFAULT.directBuffer(length, length);
    }

    /**
     * Wipes a buffer and takes it back.
     *
     * @throws IllegalStateException if somebody else holds it, or it was given back before
     */
    public void giveBack(ByteBuf buffer) {
        if (!buffer.alloc().equals(own) || closed) {
            Wipe.release(buffer);
            return;
        }
        if (buffer.refCnt() != 1 || buffer.readerIndex() == ORDINARY) {
            throw new IllegalStateException("a buffer is given back once, by the only one who holds it");
        }
        buffer.setZero(0, buffer.writerIndex());
        spare.push(buffer.setIndex(ORDINARY, ORDINARY));
    }

    /** Lets go of its own buffers, also of those that are given back from here on. */
    void close() {
        closed = true;
        spare.forEach(ByteBuf::release);
        spare.clear();
    }
}
