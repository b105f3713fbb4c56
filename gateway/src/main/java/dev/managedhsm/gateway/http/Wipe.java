// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.http;

import io.netty.buffer.ByteBuf;

/** Letting go of buffers that may have held a plaintext. Any thread. */
final class Wipe {
    private Wipe() {}

    /** Overwrites what was written to the buffer, then releases it. */
    static void release(ByteBuf buffer) {
        buffer.setZero(0, buffer.writerIndex());
        buffer.release();
    }

    /** Overwrites what can be read of a buffer that was copied; it stays whoever's it is. */
    static void readable(ByteBuf buffer) {
        buffer.setZero(buffer.readerIndex(), buffer.readableBytes());
    }

    /** Overwrites a buffer if nobody else holds it, and releases it. */
    static void releaseLast(ByteBuf buffer) {
        if (buffer.refCnt() == 1) {
            buffer.setZero(0, buffer.capacity());
        }
        buffer.release();
    }
}
