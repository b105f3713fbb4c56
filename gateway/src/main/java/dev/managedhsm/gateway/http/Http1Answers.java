// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.http;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.impl.http1.Http1ServerResponse;

/**
 * Writes answers of one HTTP/1.1 connection as one buffer each, head and body (RFC 9112). Vert.x hands out a request when the one
 * before it is answered, so at most one is: answers keep the order of their requests.
 *
 * <p>To Vert.x such a response has been taken over, as by a protocol that is switched to: it writes nothing and goes on with the next
 * request.
 */
final class Http1Answers implements Answers {
    private final ChannelHandlerContext encoder;
    private final Connection connection;
    private final BodyBuffers buffers;

    /**
     * @param encoder the context of the connection's encoder, which is passed by
     * @param buffers for answers
     */
    Http1Answers(ChannelHandlerContext encoder, Connection connection, BodyBuffers buffers) {
        this.encoder = encoder;
        this.connection = connection;
        this.buffers = buffers;
    }

    /** A connection that goes on after the answer, of a client that reads its answers. */
    @Override
    public boolean suits(HttpServerRequest request) {
        String wanted = request.getHeader("connection");
        return (wanted == null || wanted.equalsIgnoreCase("keep-alive"))
                && request.response() instanceof Http1ServerResponse
                && encoder.channel().isWritable();
    }

    @Override
    public boolean open(HttpServerRequest request) {
        return !request.response().closed();
    }

    /** Where there is no memory for head and body together the connection ends: what was recorded has no other answer. */
    @Override
    public void send(HttpServerRequest request, SuccessHead head, SecretBody body) {
        head.length(body.bytes().readableBytes());
        ByteBuf all;
        try {
            all = buffers.take(head.http1Length() + body.bytes().readableBytes());
        } catch (OutOfMemoryError full) {
            body.left(true);
            var _ = encoder.channel().close();
            return;
        }
        head.writeHttp1(all);
        all.writeBytes(body.bytes(), body.bytes().readerIndex(), body.bytes().readableBytes());
        body.left(true);
        SecretBody answer = new SecretBody(connection, buffers, all);
        var _ = encoder.writeAndFlush(Unpooled.unreleasableBuffer(all))
                .addListener(written -> answer.left(written.isSuccess()));
        ((Http1ServerResponse) request.response()).completeHandshake(); // goes on with the next request, maybe at once
    }
}
