// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.http;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http2.Http2ConnectionEncoder;
import io.netty.handler.codec.http2.Http2ConnectionHandler;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2Stream;
import io.vertx.core.http.HttpServerRequest;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes answers of one HTTP/2 connection as frames: a HEADERS frame, a DATA frame that ends the stream (RFC 9113 section 8.1).
 *
 * <p>To Vert.x the stream has ended early, which it tells to handlers that nobody has set.
 */
final class Http2Answers implements Answers {
    private static final Logger LOG = LoggerFactory.getLogger(Http2Answers.class);

    private final Http2ConnectionHandler http2;
    private final ChannelHandlerContext context;

    /**
     * @param http2 the connection's codec
     * @param context the codec's
     */
    Http2Answers(Http2ConnectionHandler http2, ChannelHandlerContext context) {
        this.http2 = http2;
        this.context = context;
    }

    @Override
    public boolean suits(HttpServerRequest request) {
        return true;
    }

    /** Neither side has ended the stream. */
    @Override
    public boolean open(HttpServerRequest request) {
        return open(stream(request));
    }

    @Override
    public void send(HttpServerRequest request, SuccessHead head, SecretBody body) {
        head.length(body.bytes().readableBytes());
        send(stream(request), head, body.bytes(), written -> body.left(written.isSuccess()));
    }

    private static int stream(HttpServerRequest request) {
        return (int) request.streamId(); // 31 bits
    }

    /** Whether a stream still takes an answer: neither side has ended it. */
    boolean open(int id) {
        Http2Stream stream = http2.connection().stream(id);
        return stream != null && !stream.isResetSent() && stream.state().localSideOpen();
    }

    /**
     * Writes an answer to a stream that is open.
     *
     * @param head of the answer
     * @param body stays the caller's: nobody may write to it until {@code written} is told, and nobody releases it
     * @param written told when TLS has copied the body, or that it never will
     */
    void send(int stream, SuccessHead head, ByteBuf body, ChannelFutureListener written) {
        Http2ConnectionEncoder encoder = http2.encoder();
        var _ = encoder.writeHeaders(context, stream, head.http2(), 0, false, context.voidPromise());
        var _ = encoder.writeData(
                context,
                stream,
                Unpooled.unreleasableBuffer(body),
                0,
                true,
                context.newPromise().addListener(written));
        try {
            encoder.flowController().writePendingBytes();
        } catch (Http2Exception broken) {
            LOG.debug("an answer was not written", broken);
            http2.onError(context, true, broken);
        }
        context.flush();
    }
}
