// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http2.Http2CodecUtil;
import io.netty.handler.codec.http2.Http2ConnectionHandler;
import io.netty.handler.codec.http2.Http2ConnectionHandlerBuilder;
import io.netty.handler.codec.http2.Http2FrameAdapter;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class Http2AnswersTest {
    private static final String BODY = "{\"value\":\"signature\"}";

    /** Frame types of RFC 9113 section 6. */
    private static final int DATA = 0;

    private static final int HEADERS = 1;

    private final Http2ConnectionHandler http2 = new Http2ConnectionHandlerBuilder()
            .server(true)
            .frameListener(new Http2FrameAdapter())
            .build();
    private final EmbeddedChannel channel = new EmbeddedChannel(http2);
    private final ChannelHandlerContext context = channel.pipeline().context(http2);
    private final Http2Answers answers = new Http2Answers(http2, context);
    private final ByteBuf body = Unpooled.directBuffer().writeBytes(BODY.getBytes(StandardCharsets.UTF_8));

    /** How each write ended. */
    private final List<Boolean> written = new ArrayList<>();

    private record Frame(int type, int flags, String payload) {}

    @BeforeEach
    void connect() {
        channel.writeInbound(Http2CodecUtil.connectionPrefaceBuf());
    }

    @AfterEach
    void close() {
        channel.finishAndReleaseAll();
        assertEquals(1, body.refCnt(), "the body stays the caller's");
        body.release();
    }

    /** A POST on stream 1 whose head ends it, behind settings: fields of the static table (RFC 7541 appendix A). */
    private void request(String settings) {
        read(settings);
        read("000003" + "01" + "05" + "00000001" + "838784");
        channel.releaseOutbound();
    }

    private void read(String hex) {
        channel.writeInbound(Unpooled.wrappedBuffer(HexFormat.of().parseHex(hex)));
    }

    private void send() {
        SuccessHead head = new SuccessHead();
        head.length(body.readableBytes());
        answers.send(1, head, body, end -> written.add(end.isSuccess()));
    }

    private List<Frame> sent() {
        ByteBuf all = Unpooled.buffer();
        for (ByteBuf some = channel.readOutbound(); some != null; some = channel.readOutbound()) {
            all.writeBytes(some);
            some.release();
        }
        List<Frame> frames = new ArrayList<>();
        while (all.isReadable()) {
            int length = all.readUnsignedMedium();
            int type = all.readByte();
            int flags = all.readByte();
            assertEquals(1, all.readInt());
            frames.add(new Frame(
                    type,
                    flags,
                    all.readCharSequence(length, StandardCharsets.ISO_8859_1).toString()));
        }
        all.release();
        return frames;
    }

    @Test
    void aHeadAndABodyThatEndsTheStreamAreSent() {
        request("000000" + "04" + "00" + "00000000");
        assertTrue(answers.open(1));
        send();
        List<Frame> frames = sent();
        assertEquals(List.of(HEADERS, DATA), frames.stream().map(Frame::type).toList());
        assertEquals(List.of(4, 1), frames.stream().map(Frame::flags).toList(), "END_HEADERS, END_STREAM");
        assertEquals(BODY, frames.get(1).payload());
        assertEquals(List.of(true), written);
        assertFalse(answers.open(1), "the stream is over");
    }

    @Test
    void aBodyWaitsForTheWindowOfTheClient() {
        request("000006" + "04" + "00" + "00000000" + "000400000000"); // an initial window of nothing
        send();
        assertEquals(List.of(HEADERS), sent().stream().map(Frame::type).toList());
        assertEquals(List.of(), written);
        read("000004" + "08" + "00" + "00000001" + "00001000");
        assertEquals(List.of(BODY), sent().stream().map(Frame::payload).toList());
        assertEquals(List.of(true), written);
    }

    @Test
    void aBodyWhoseConnectionEndsIsToldToBeNeverWritten() {
        request("000006" + "04" + "00" + "00000000" + "000400000000");
        send();
        var _ = context.close(); // behind the codec, which would wait for its streams
        assertEquals(List.of(false), written);
    }

    @Test
    void aBodyWhoseStreamIsResetIsToldToBeNeverWritten() {
        request("000006" + "04" + "00" + "00000000" + "000400000000");
        send();
        read("000004" + "03" + "00" + "00000001" + "00000008");
        assertEquals(List.of(false), written);
        assertFalse(answers.open(1));
    }

    @Test
    void aStreamThatTheClientHasResetTakesNoAnswer() {
        request("000000" + "04" + "00" + "00000000");
        read("000004" + "03" + "00" + "00000001" + "00000008");
        assertFalse(answers.open(1));
    }

    @Test
    void aStreamThatWeHaveResetTakesNoAnswer() {
        request("000000" + "04" + "00" + "00000000");
        var _ = http2.encoder().writeRstStream(context, 1, 8, context.newPromise()); // not flushed yet
        assertFalse(answers.open(1));
        channel.flush();
    }
}
