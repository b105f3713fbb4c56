// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.perf.rig;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.Http2ConnectionHandler;
import io.netty.handler.codec.http2.Http2ConnectionHandlerBuilder;
import io.netty.handler.codec.http2.Http2EventAdapter;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2Settings;
import io.netty.util.AsciiString;
import io.netty.util.collection.IntObjectHashMap;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One connection of the {@link Http2Sender}, on frames. Its event loop only, once it is opened. */
final class Http2Link extends Http2EventAdapter {
    private static final Logger LOG = LoggerFactory.getLogger(Http2Link.class);
    private static final AsciiString RETRY_AFTER = AsciiString.cached("retry-after");

    /** Until the server says how many it takes. */
    private static final long STREAMS_AT_FIRST = 100;

    private static final long PING_SECONDS = 20;
    private static final int WINDOW_BYTES = 1 << 20;

    private final AsciiString authority;
    private final AsciiString bearer;
    private final Http2ConnectionHandler handler;
    private final IdentityHashMap<Ask, Message> messages = new IdentityHashMap<>();
    private final IntObjectHashMap<Open> open = new IntObjectHashMap<>();
    private final Queue<Waiting> waiting = new ArrayDeque<>();
    private @Nullable ChannelHandlerContext context;
    private long streamsMax = STREAMS_AT_FIRST;
    private boolean unflushed;
    private boolean closed;

    /** A request as it goes out, made once for each {@link Ask}. */
    private record Message(Http2Headers headers, ByteBuf body) {}

    private record Waiting(Ask ask, Sender.Ending ending) {}

    /** What has come of an answer. */
    private static final class Open {
        final Sender.Ending ending;
        int status;
        int retryAfterSeconds = -1;

        Open(Sender.Ending ending) {
            this.ending = ending;
        }
    }

    Http2Link(URI base, String token) {
        this.authority = AsciiString.of(base.getRawAuthority());
        this.bearer = AsciiString.of("Bearer " + token);
        this.handler = new Http2ConnectionHandlerBuilder()
                .server(false)
                .frameListener(this)
                .initialSettings(
                        Http2Settings.defaultSettings().pushEnabled(false).initialWindowSize(WINDOW_BYTES))
                .gracefulShutdownTimeoutMillis(0)
                .build();
    }

    Http2ConnectionHandler handler() {
        return handler;
    }

    /** The connection is there; before anything is sent. It stays while others are measured: no server thinks it idle. */
    void opened(Channel channel) {
        ChannelHandlerContext to = channel.pipeline().context(handler);
        context = to;
        var _ = to.executor().scheduleAtFixedRate(() -> ping(to), PING_SECONDS, PING_SECONDS, TimeUnit.SECONDS);
        channel.closeFuture().addListener(gone -> {
            closed = true;
            List<Open> left = List.copyOf(open.values());
            open.clear();
            left.forEach(one -> one.ending.ended(0, -1));
            for (Waiting one = waiting.poll(); one != null; one = waiting.poll()) {
                one.ending.ended(0, -1);
            }
        });
    }

    private void ping(ChannelHandlerContext to) {
        if (!closed) {
            var _ = handler.encoder().writePing(to, false, 0, to.newPromise());
            handler.flush(to);
        }
    }

    void send(Ask ask, Sender.Ending ending) {
        // One less than the server takes: a stream is still counted while its end is being told.
        ChannelHandlerContext to = context;
        if (closed && to != null) {
            to.executor().execute(() -> ending.ended(0, -1)); // whoever sends the next one at each end does not recurse
        } else if (open.size() >= streamsMax - 1 || !waiting.isEmpty()) {
            waiting.add(new Waiting(ask, ending));
        } else {
            write(ask, ending);
        }
    }

    /** Has what was sent since the last time leave. */
    void flush() {
        ChannelHandlerContext to = context;
        if (unflushed && to != null) {
            unflushed = false;
            handler.flush(to);
        }
    }

    private void write(Ask ask, Sender.Ending ending) {
        ChannelHandlerContext to = context;
        if (to == null) {
            throw new IllegalStateException("the connection is not opened");
        }
        unflushed = true;
        Message message = messages.computeIfAbsent(ask, this::message);
        int stream = handler.connection().local().incrementAndGetNextStreamId();
        open.put(stream, new Open(ending));
        var _ = handler.encoder().writeHeaders(to, stream, message.headers(), 0, false, to.newPromise());
        handler.encoder()
                .writeData(to, stream, message.body().retainedDuplicate(), 0, true, to.newPromise())
                .addListener(written -> {
                    if (!written.isSuccess()) {
                        ended(stream, 0);
                    }
                });
    }

    private Message message(Ask ask) {
        byte[] body = ask.body().getBytes(StandardCharsets.UTF_8);
        Http2Headers headers = new DefaultHttp2Headers()
                .method("POST")
                .scheme("https")
                .authority(authority)
                .path(AsciiString.of(ask.path()))
                .add("authorization", bearer)
                .add("content-type", AsciiString.of("application/json"))
                .add("content-length", AsciiString.of(Integer.toString(body.length)));
        ByteBuf bytes = Unpooled.directBuffer(body.length).writeBytes(body);
        return new Message(headers, Unpooled.unreleasableBuffer(bytes));
    }

    @Override
    public void onSettingsRead(ChannelHandlerContext from, Http2Settings settings) {
        Long streams = settings.maxConcurrentStreams();
        streamsMax = streams == null ? streamsMax : streams;
    }

    @Override
    public void onHeadersRead(
            ChannelHandlerContext from, int stream, Http2Headers headers, int padding, boolean endOfStream) {
        Open one = open.get(stream);
        if (one != null) {
            CharSequence status = headers.status();
            CharSequence wait = headers.get(RETRY_AFTER);
            one.status = status == null ? one.status : number(status);
            one.retryAfterSeconds = wait == null ? -1 : number(wait);
        }
        if (endOfStream) {
            ended(stream);
        }
    }

    @Override
    public void onHeadersRead(
            ChannelHandlerContext from,
            int stream,
            Http2Headers headers,
            int dependency,
            short weight,
            boolean exclusive,
            int padding,
            boolean endOfStream) {
        onHeadersRead(from, stream, headers, padding, endOfStream);
    }

    @Override
    public int onDataRead(ChannelHandlerContext from, int stream, ByteBuf data, int padding, boolean endOfStream) {
        if (endOfStream) {
            ended(stream);
        }
        return data.readableBytes() + padding;
    }

    @Override
    public void onGoAwayRead(ChannelHandlerContext from, int lastStream, long error, ByteBuf why) {
        LOG.warn("the server ends a connection: error {}, {}", error, why.toString(StandardCharsets.UTF_8));
    }

    @Override
    public void onRstStreamRead(ChannelHandlerContext from, int stream, long error) {
        ended(stream, 0);
    }

    private void ended(int stream) {
        Open one = open.get(stream);
        ended(stream, one == null ? 0 : one.status);
    }

    private void ended(int stream, int status) {
        Open one = open.remove(stream);
        if (one != null) {
            one.ending.ended(status, one.retryAfterSeconds);
            if (!waiting.isEmpty() && open.size() < streamsMax - 1) {
                Waiting first = waiting.remove();
                write(first.ask, first.ending);
            }
        }
    }

    private static int number(CharSequence text) {
        return Integer.parseInt(text, 0, text.length(), 10);
    }
}
