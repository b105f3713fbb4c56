// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.AbstractByteBufAllocator;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundHandlerAdapter;
import io.netty.channel.ChannelPromise;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http.HttpResponseEncoder;
import io.netty.handler.timeout.IdleStateHandler;
import io.vertx.core.MultiMap;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class Http1AnswersTest {
    private static final String BODY = "{\"value\":\"plaintext\"}";

    /** Holds what is written, as TLS does until it is flushed. */
    private static final class Held extends ChannelOutboundHandlerAdapter {
        private final List<ByteBuf> buffers = new ArrayList<>();
        private final List<ChannelPromise> promises = new ArrayList<>();

        @Override
        public void write(ChannelHandlerContext context, Object message, ChannelPromise promise) {
            buffers.add((ByteBuf) message);
            promises.add(promise);
        }
    }

    /** Counts how often it was told that something was written. */
    private static final class Idle extends IdleStateHandler {
        private int told;

        Idle() {
            super(0, 0, 1);
        }

        @Override
        public void resetWriteTimeout() {
            super.resetWriteTimeout();
            told++;
        }
    }

    /** Has no memory for what is longer than the event loop's own buffers. */
    private static final class Full extends AbstractByteBufAllocator {
        @Override
        protected ByteBuf newHeapBuffer(int initialCapacity, int maxCapacity) {
            throw new OutOfMemoryError("no room");
        }

        @Override
        protected ByteBuf newDirectBuffer(int initialCapacity, int maxCapacity) {
            throw new OutOfMemoryError("no room");
        }

        @Override
        public boolean isDirectBufferPooled() {
            return false;
        }
    }

    private final Held held = new Held();
    private final Idle idle = new Idle();
    private final EmbeddedChannel channel = new EmbeddedChannel(held, new HttpResponseEncoder(), idle);
    private final BodyBuffers buffers = new BodyBuffers(new Full());
    private final Connection connection = new Connection(
            new IntakeAccount(1_000_000, buffers),
            channel,
            new Listener("127.0.0.1", 8443, Set.of(Plane.values()), AllowList.EVERYBODY));
    private final Http1Answers answers = new Http1Answers(channel.pipeline(), connection, buffers);

    @AfterEach
    void close() {
        buffers.close();
        var _ = channel.close();
    }

    /** Writes an answer; the buffer of its body, which belongs to nobody any more. */
    private ByteBuf written() {
        ByteBuf body = buffers.take(BODY.length());
        body.writeBytes(BODY.getBytes(StandardCharsets.US_ASCII));
        answers.write(new SuccessHead(), new SecretBody(connection, buffers, body));
        return body;
    }

    /** What was written to it, and no more, is wiped. */
    private static void assertZeros(ByteBuf buffer, int length) {
        for (int i = 0; i < length; i++) {
            assertEquals(0, buffer.getByte(i));
        }
    }

    @Test
    void headAndBodyAreOneBufferThatIsWipedWhenItHasBeenWritten() {
        ByteBuf body = written();
        assertEquals(1, held.buffers.size());
        ByteBuf all = held.buffers.getFirst();
        String text = all.toString(StandardCharsets.US_ASCII);
        int length = all.readableBytes();
        assertEquals("HTTP/1.1 200 OK", text.lines().findFirst().orElseThrow());
        assertEquals(BODY, text.substring(text.indexOf("\r\n\r\n") + 4));
        assertEquals(
                1,
                text.lines()
                        .filter(("content-length: " + BODY.length())::equals)
                        .count());
        assertZeros(body, BODY.length());

        held.promises.getFirst().setSuccess();
        assertEquals(1, idle.told);
        assertTrue(channel.isOpen());
        assertZeros(all, length);
        ByteBuf next = buffers.take(1);
        assertSame(all.unwrap(), next, "it is used again");
        buffers.giveBack(next);
    }

    @Test
    void anAnswerThatIsNotWrittenIsWipedBehindAllThatWaits() {
        var _ = written();
        ByteBuf all = held.buffers.getFirst();
        int length = all.readableBytes();
        held.promises.getFirst().setFailure(new IllegalStateException("gone"));
        assertEquals('H', all.getByte(0), "a part may still wait in front of TLS");
        assertEquals(2, held.promises.size());
        held.promises.get(1).setFailure(new IllegalStateException("gone"));
        assertZeros(all, length);
        assertFalse(channel.isOpen(), "no later answer may stand in its place");
    }

    @Test
    void whereThereIsNoMemoryForOneBufferTwoAreWritten() {
        ByteBuf body = Unpooled.directBuffer()
                .writeBytes(new byte[BodyBuffers.ORDINARY])
                .setByte(7, 1);
        answers.write(new SuccessHead(), new SecretBody(connection, buffers, body));
        assertEquals(2, held.buffers.size());
        assertTrue(held.buffers.getFirst().toString(StandardCharsets.US_ASCII).endsWith("\r\n\r\n"));
        assertEquals(body, held.buffers.get(1));
        held.promises.getFirst().setSuccess();
        assertEquals(1, body.refCnt());
        held.promises.get(1).setSuccess();
        assertEquals(0, body.refCnt(), "wiped and released");
        held.buffers.getFirst().release();
    }

    @ParameterizedTest
    @CsvSource(
            nullValues = "-",
            value = {
                "-, -, true",
                "keep-alive, -, true",
                "Keep-Alive, -, true",
                "close, -, false",
                "'keep-alive, TE', -, false",
                "Upgrade, -, false",
                "-, 100-continue, false"
            })
    void aRequestThatWantsSomethingOfTheConnectionIsVertxs(String connection, String expect, boolean plain) {
        MultiMap headers = MultiMap.caseInsensitiveMultiMap();
        if (connection != null) {
            headers.add("Connection", connection);
        }
        if (expect != null) {
            headers.add("Expect", expect);
        }
        assertEquals(plain, Http1Answers.plain(headers));
    }

    @Test
    void aSecondLineOfTheConnectionIsLookedAtToo() {
        MultiMap headers = MultiMap.caseInsensitiveMultiMap().add("connection", "keep-alive");
        headers.add("connection", "close");
        assertFalse(Http1Answers.plain(headers));
    }
}
