// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.http;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2Flags;
import io.netty.handler.codec.http2.Http2FrameListener;
import io.netty.handler.codec.http2.Http2FrameListenerDecorator;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2Settings;

/**
 * Takes the body bytes of HTTP/2 requests before Vert.x would copy them to the heap, and keeps the budget of control
 * frames.
 *
 * <p>Frames that cost the server work but bring no request (SETTINGS, PING and its answer, PRIORITY, WINDOW_UPDATE and
 * unknown ones) each take one from a store of {@link EdgeLimits#CONTROL_FRAMES_MAX}; each request gives ten back, each
 * DATA frame one. A connection whose store is empty is ended with ENHANCE_YOUR_CALM (RFC 9113 section 10.5). Neither
 * Vert.x nor Netty bounds these floods.
 */
final class Http2BodyTap extends Http2FrameListenerDecorator {
    private static final int CREDIT_PER_REQUEST = 10;

    private final Connection connection;
    private int store = EdgeLimits.CONTROL_FRAMES_MAX;

    Http2BodyTap(Http2FrameListener next, Connection connection) {
        super(next);
        this.connection = connection;
    }

    @Override
    public void onHeadersRead(
            ChannelHandlerContext context, int stream, Http2Headers headers, int padding, boolean endOfStream)
            throws Http2Exception {
        begin(stream, headers, endOfStream);
        super.onHeadersRead(context, stream, headers, padding, endOfStream);
        trailersEnd(stream, headers, endOfStream);
    }

    @Override
    public void onHeadersRead(
            ChannelHandlerContext context,
            int stream,
            Http2Headers headers,
            int dependency,
            short weight,
            boolean exclusive,
            int padding,
            boolean endOfStream)
            throws Http2Exception {
        begin(stream, headers, endOfStream);
        super.onHeadersRead(context, stream, headers, dependency, weight, exclusive, padding, endOfStream);
        trailersEnd(stream, headers, endOfStream);
    }

    private void begin(int stream, Http2Headers headers, boolean endOfStream) {
        credit(CREDIT_PER_REQUEST);
        if (headers.method() != null && !endOfStream) {
            connection.begin(stream);
        }
    }

    /** A second HEADERS frame of a stream carries trailers and no method; it ends the body. */
    private void trailersEnd(int stream, Http2Headers headers, boolean endOfStream) {
        if (headers.method() == null && endOfStream) {
            connection.end(stream);
        }
    }

    @Override
    public int onDataRead(ChannelHandlerContext context, int stream, ByteBuf data, int padding, boolean endOfStream)
            throws Http2Exception {
        credit(1);
        int length = data.readableBytes();
        boolean mayGoOn = connection.append(stream, data);
        Wipe.readable(data);
        if (!mayGoOn) {
            throw Http2Exception.streamError(stream, Http2Error.ENHANCE_YOUR_CALM, "request body far beyond its limit");
        }
        if (endOfStream) {
            connection.end(stream);
        }
        super.onDataRead(context, stream, Unpooled.EMPTY_BUFFER, 0, endOfStream);
        return length + padding; // consumed: the window opens again at once, the intake has its own limits
    }

    @Override
    public void onRstStreamRead(ChannelHandlerContext context, int stream, long errorCode) throws Http2Exception {
        connection.reset(stream);
        super.onRstStreamRead(context, stream, errorCode);
    }

    @Override
    public void onSettingsRead(ChannelHandlerContext context, Http2Settings settings) throws Http2Exception {
        take();
        super.onSettingsRead(context, settings);
    }

    @Override
    public void onPingRead(ChannelHandlerContext context, long data) throws Http2Exception {
        take();
        super.onPingRead(context, data);
    }

    @Override
    public void onPingAckRead(ChannelHandlerContext context, long data) throws Http2Exception {
        take();
        super.onPingAckRead(context, data);
    }

    @Override
    public void onPriorityRead(
            ChannelHandlerContext context, int stream, int dependency, short weight, boolean exclusive)
            throws Http2Exception {
        take();
        super.onPriorityRead(context, stream, dependency, weight, exclusive);
    }

    @Override
    public void onWindowUpdateRead(ChannelHandlerContext context, int stream, int increment) throws Http2Exception {
        take();
        super.onWindowUpdateRead(context, stream, increment);
    }

    @Override
    public void onUnknownFrame(ChannelHandlerContext context, byte type, int stream, Http2Flags flags, ByteBuf payload)
            throws Http2Exception {
        take();
        super.onUnknownFrame(context, type, stream, flags, payload);
    }

    private void credit(int frames) {
        store = Math.min(EdgeLimits.CONTROL_FRAMES_MAX, store + frames);
    }

    private void take() throws Http2Exception {
        if (--store < 0) {
            throw Http2Exception.connectionError(Http2Error.ENHANCE_YOUR_CALM, "control frame budget");
        }
    }
}
