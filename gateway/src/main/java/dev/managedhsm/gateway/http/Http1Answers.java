// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.http;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPipeline;
import io.netty.handler.codec.http.HttpResponseEncoder;
import io.netty.handler.timeout.IdleStateHandler;
import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.impl.http1.Http1ServerResponse;
import java.util.List;
import java.util.Objects;

/**
 * Writes answers of one HTTP/1.1 connection as one buffer each, head and body (RFC 9112). Vert.x hands out a request when the one
 * before it is answered, so at most one is: answers keep the order of their requests, and nothing else is written between the moment
 * when an answer is made and that when it leaves.
 *
 * <p>To Vert.x such a response has been taken over, as by a protocol that is switched to: it writes nothing and goes on with the next
 * request.
 */
final class Http1Answers implements Answers {
    private final ChannelHandlerContext encoder;
    private final IdleStateHandler idle;
    private final Connection connection;
    private final BodyBuffers buffers;

    /**
     * @param pipeline the connection's, with Vert.x's encoder, which is passed by, and what ends idle connections
     * @param buffers for answers
     */
    Http1Answers(ChannelPipeline pipeline, Connection connection, BodyBuffers buffers) {
        this.encoder = Objects.requireNonNull(pipeline.context(HttpResponseEncoder.class));
        this.idle = Objects.requireNonNull(pipeline.get(IdleStateHandler.class));
        this.connection = connection;
        this.buffers = buffers;
    }

    /** A request after which the connection goes on, of a client that reads its answers. HTTP/1.0 never comes so far. */
    @Override
    public boolean suits(HttpServerRequest request) {
        return plain(request.headers()) && encoder.channel().isWritable();
    }

    /** Whether a request's headers want nothing of the connection: that it goes on is HTTP/1.1's rule (RFC 9112 section 9.3). */
    static boolean plain(MultiMap headers) {
        if (headers.contains("expect")) {
            return false; // Vert.x may hold its 100 back
        }
        if (!headers.contains("connection")) {
            return true;
        }
        List<String> wanted = headers.getAll("connection");
        return wanted.size() == 1 && wanted.getFirst().equalsIgnoreCase("keep-alive");
    }

    @Override
    public boolean open(HttpServerRequest request) {
        return !request.response().closed();
    }

    @Override
    public void send(HttpServerRequest request, SuccessHead head, SecretBody body) {
        write(head, body);
        ((Http1ServerResponse) request.response()).completeHandshake(); // goes on with the next request, maybe at once
    }

    /**
     * Writes an answer.
     *
     * @param head without the body's length
     * @param body let go of once nobody reads it any more
     */
    void write(SuccessHead head, SecretBody body) {
        ByteBuf bytes = body.bytes();
        head.length(bytes.readableBytes());
        ByteBuf all;
        try {
            all = buffers.take(head.http1Length() + bytes.readableBytes());
        } catch (OutOfMemoryError noDirectMemory) { // Netty's, of its own limit: in two buffers, then
            ByteBuf first = Unpooled.buffer(head.http1Length());
            head.writeHttp1(first);
            var _ = encoder.write(first);
            flush(body);
            return;
        }
        head.writeHttp1(all);
        all.writeBytes(bytes, bytes.readerIndex(), bytes.readableBytes());
        body.letGo();
        flush(new SecretBody(connection, buffers, all));
    }

    private void flush(SecretBody last) {
        var _ = encoder.writeAndFlush(Unpooled.unreleasableBuffer(last.bytes())).addListener(written -> {
            idle.resetWriteTimeout(); // which looks at what comes through it only
            last.left(written.isSuccess());
            if (!written.isSuccess()) {
                var _ = encoder.channel().close(); // no later answer may stand in this one's place
            }
        });
    }
}
