// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.http;

import io.netty.buffer.ByteBuf;

/**
 * A body in a direct buffer, maybe behind its head, which is wiped and given back when it has been written. Used by its connection's
 * event loop only.
 *
 * @param connection on which it leaves
 * @param buffers to which it is given back
 * @param bytes the body
 */
record SecretBody(Connection connection, BodyBuffers buffers, ByteBuf bytes) {
    /**
     * When the write is done, TLS has copied the body; when it failed, a part may still wait in front of TLS, so the buffer is let go
     * behind whatever the connection has still to write.
     */
    void left(boolean written) {
        if (written) {
            letGo();
        } else {
            connection.behindAllWrites(this::letGo);
        }
    }

    /** Nobody reads it any more. */
    void letGo() {
        buffers.giveBack(bytes);
    }
}
