// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.http;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.util.ArrayDeque;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Direct buffers for the bodies of one event loop, of requests and of answers. Some of ordinary length are its own and are used
 * again, which is cheaper than an allocator that all threads share; all others come from there. Each is wiped when it is given
 * back. Used by its event loop's thread only.
 *
 * <p>A buffer of its own that nobody has is full: an ordinary write to it fails, and that it is given back again is noticed as long
 * as nobody has taken it.
 */
public final class BodyBuffers {
    /** Capacity of its own buffers, in bytes: an RSA-4096 signature in its answer fits, behind a head of HTTP/1.1 too. */
    static final int ORDINARY = 2048;

    /** How many are its own at most: 256 KiB, which no account counts. */
    static final int OWN_MAX = 128;

    private static final Logger LOG = LoggerFactory.getLogger(BodyBuffers.class);

    private final ByteBufAllocator own = new UnpooledByteBufAllocator(true);
    private final ByteBufAllocator others;
    private final ArrayDeque<ByteBuf> spare = new ArrayDeque<>(OWN_MAX);
    private int made;
    private boolean closed;

    BodyBuffers() {
        this(ByteBufAllocator.DEFAULT);
    }

    /** @param others where all others come from */
    BodyBuffers(ByteBufAllocator others) {
        this.others = others;
    }

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
                ByteBuf fresh = own.directBuffer(ORDINARY, ORDINARY);
                made++; // not before: there may be no memory
                return fresh;
            }
        }
        return others.directBuffer(length, length);
    }

    /**
     * Wipes a buffer and takes it back. Never throws, because exchanges end here: one that was given back already stays where it is,
     * and one that somebody else holds too is not used again; both are a programmer's mistake, and logged.
     */
    public void giveBack(ByteBuf buffer) {
        if (!buffer.alloc().equals(own) || closed) {
            Wipe.release(buffer);
        } else if (buffer.readerIndex() == ORDINARY) {
            LOG.error("a buffer was given back twice", new IllegalStateException());
        } else if (buffer.refCnt() != 1) {
            LOG.error("a buffer was given back that somebody else holds", new IllegalStateException());
            made--;
            Wipe.release(buffer);
        } else {
            buffer.setZero(0, buffer.writerIndex());
            spare.push(buffer.setIndex(ORDINARY, ORDINARY));
        }
    }

    /** Lets go of its own buffers, also of those that are given back from here on. */
    void close() {
        closed = true;
        spare.forEach(ByteBuf::release);
        spare.clear();
    }
}
