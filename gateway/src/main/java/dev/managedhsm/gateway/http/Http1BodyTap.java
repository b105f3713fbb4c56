// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.http;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.LastHttpContent;

/**
 * Takes the body bytes of HTTP/1.1 requests off the pipeline before Vert.x would copy them to the heap. Vert.x sees every
 * request's head and its end, and no content.
 */
final class Http1BodyTap extends ChannelInboundHandlerAdapter {
    private final Connection connection;

    Http1BodyTap(Connection connection) {
        this.connection = connection;
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        if (message instanceof HttpRequest) {
            connection.begin();
        }
        if (!(message instanceof HttpContent content) || content.decoderResult().isFailure()) {
            context.fireChannelRead(message);
            return;
        }
        boolean mayGoOn;
        try {
            mayGoOn = connection.append(content.content());
        } finally {
            Wipe.readable(content.content());
            content.release();
        }
        if (!mayGoOn) {
            var _ = context.close();
        } else if (content instanceof LastHttpContent) {
            connection.end();
            context.fireChannelRead(LastHttpContent.EMPTY_LAST_CONTENT);
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
        connection.close();
        context.fireChannelInactive();
    }
}
