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
}
