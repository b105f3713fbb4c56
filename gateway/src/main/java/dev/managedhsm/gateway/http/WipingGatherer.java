// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.http;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.handler.codec.ByteToMessageDecoder.Cumulator;

/**
 * Puts decrypted bytes of an HTTP/2 connection together until they are a frame, and leaves no copy of them behind: what was
 * copied is overwritten before it goes back to the pool. Used by the connection's event loop only; has no state.
 */
final class WipingGatherer implements Cumulator {
    @Override
    public ByteBuf cumulate(ByteBufAllocator allocator, ByteBuf gathered, ByteBuf more) {
        if (!gathered.isReadable()) {
            Wipe.releaseLast(gathered);
            return more;
        }
        ByteBuf into = gathered;
        try {
            int sum = gathered.readableBytes() + more.readableBytes();
            if (gathered.writableBytes() < more.readableBytes() || gathered.refCnt() > 1) {
                // Not by growing: the pool would copy, and keep what was.
                into = allocator.buffer(Math.max(sum, 2 * gathered.readableBytes()));
                into.writeBytes(gathered);
                Wipe.releaseLast(gathered);
            }
            into.writeBytes(more);
            return into;
        } finally {
            Wipe.releaseLast(more);
        }
    }
}
