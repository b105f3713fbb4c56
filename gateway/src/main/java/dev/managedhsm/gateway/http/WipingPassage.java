// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.http;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;

/**
 * Overwrites the decrypted bytes of an HTTP/1.1 connection once they were read. Bytes of which the decoder keeps the rest, a
 * head that is not whole yet, are let go; the body behind it is overwritten by the tap that takes it.
 */
final class WipingPassage extends ChannelInboundHandlerAdapter {
    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        if (!(message instanceof ByteBuf bytes)) {
            context.fireChannelRead(message);
            return;
        }
        bytes.retain();
        try {
            context.fireChannelRead(bytes);
        } finally {
            Wipe.releaseLast(bytes);
        }
    }
}
