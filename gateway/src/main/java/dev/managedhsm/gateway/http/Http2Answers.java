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
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes answers to key operations of one HTTP/2 connection as frames, past Vert.x's response: a HEADERS frame, a DATA frame that
 * ends the stream (RFC 9113 section 8.1). A Vert.x response would make a map of the headers, which are nearly the same in every
 * answer, a queue and three promises. Everything else is answered by Vert.x. Used by the connection's event loop only.
 *
 * <p>To Vert.x the stream has ended early, which it tells to handlers that nobody has set.
 */
final class Http2Answers {
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
    void send(int stream, Http2Head head, ByteBuf body, ChannelFutureListener written) {
        Http2ConnectionEncoder encoder = http2.encoder();
        var _ = encoder.writeHeaders(context, stream, head.headers(), 0, false, context.voidPromise());
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
