// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.http;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpRequestDecoder;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Nothing that a client sent is left in a buffer that nobody holds any more. */
class WipingTest {
    private static final String HEAD = "PUT /keys/a HTTP/1.1\r\nhost: h\r\ncontent-length: 6\r\n\r\n";

    @Test
    void aRequestThatComesAtOnceIsOverwrittenWhenItWasRead() {
        byte[] bytes = (HEAD + "secret").getBytes(US_ASCII);
        EmbeddedChannel channel = new EmbeddedChannel(new WipingPassage(), new HttpRequestDecoder());

        channel.writeInbound(Unpooled.wrappedBuffer(bytes));

        assertTrue(channel.readInbound() instanceof HttpRequest);
        HttpContent content = channel.readInbound();
        assertNotNull(content);
        assertEquals("secret", content.content().toString(US_ASCII), "whoever reads it has it until then");
        content.release();
        channel.finishAndReleaseAll();
    }

    @Test
    void aBodyBehindAHeadThatCameInTwoPiecesIsOverwritten() {
        byte[] begin = HEAD.substring(0, 20).getBytes(US_ASCII);
        byte[] rest = (HEAD.substring(20) + "secret").getBytes(US_ASCII);
        EmbeddedChannel channel = new EmbeddedChannel(new WipingPassage(), new HttpRequestDecoder());

        channel.writeInbound(Unpooled.wrappedBuffer(begin), Unpooled.wrappedBuffer(rest));

        assertArrayEquals(new byte[rest.length], rest);
        channel.finishAndReleaseAll();
    }

    @Test
    void piecesOfAFrameAreOverwrittenAsTheyArePutTogether() {
        WipingGatherer gatherer = new WipingGatherer();
        List<byte[]> pieces = new ArrayList<>();
        StringBuilder whole = new StringBuilder();
        ByteBuf gathered = Unpooled.EMPTY_BUFFER;
        Set<ByteBuf> buffers = Collections.newSetFromMap(new IdentityHashMap<>());
        for (int i = 0; i < 20; i++) {
            byte[] piece = ("piece " + i + ' ').getBytes(US_ASCII);
            whole.append(new String(piece, US_ASCII));
            pieces.add(piece);
            gathered = gatherer.cumulate(UnpooledByteBufAllocator.DEFAULT, gathered, Unpooled.wrappedBuffer(piece));
            buffers.add(gathered);
        }
        assertEquals(whole.toString(), gathered.toString(US_ASCII));
        pieces.forEach(piece -> assertArrayEquals(new byte[piece.length], piece));
        assertEquals(1, buffers.stream().mapToInt(ByteBuf::refCnt).sum(), "all but the last were given back");
        gathered.release();
    }

    @Test
    void whatSomebodyElseHoldsIsLeftAlone() {
        byte[] bytes = "held".getBytes(US_ASCII);
        ByteBuf held = Unpooled.wrappedBuffer(bytes).retain();

        Wipe.releaseLast(held);
        assertEquals("held", new String(bytes, US_ASCII));
        Wipe.releaseLast(held);
        assertArrayEquals(new byte[4], bytes);
        assertEquals(0, held.refCnt());
    }

    @Test
    void aBodysBufferIsOverwrittenBeforeAnotherBodyUsesIt() {
        BodyBuffers buffers = new BodyBuffers();
        ByteBuf first = buffers.take(6);
        first.writeBytes("secret".getBytes(US_ASCII));
        buffers.giveBack(first);

        ByteBuf second = buffers.take(1);
        assertSame(first, second);
        assertEquals(0, second.readableBytes());
        byte[] bytes = new byte[6];
        second.getBytes(0, bytes);
        assertArrayEquals(new byte[6], bytes);
        buffers.giveBack(second);
        buffers.close();
        assertEquals(0, second.refCnt());
    }

    @Test
    void aLongBodysBufferIsNotKept() {
        BodyBuffers buffers = new BodyBuffers();
        ByteBuf one = buffers.take(BodyBuffers.ORDINARY);
        buffers.giveBack(one);
        assertEquals(0, one.refCnt());
    }

    @Test
    void aBufferThatIsGivenBackTwiceIsHadByOneOnly() {
        BodyBuffers buffers = new BodyBuffers();
        ByteBuf one = buffers.take(6);
        buffers.giveBack(one);
        buffers.giveBack(one);
        assertThrows(IndexOutOfBoundsException.class, () -> one.writeByte(1), "nobody writes to it");
        assertSame(one, buffers.take(6));
        ByteBuf other = buffers.take(6);
        assertNotSame(one, other);
        buffers.giveBack(one);
        buffers.giveBack(other);
        buffers.close();
    }

    @Test
    void aBufferThatSomebodyElseHoldsIsNotUsedAgain() {
        BodyBuffers buffers = new BodyBuffers();
        ByteBuf one = buffers.take(6).retain();
        one.writeBytes("secret".getBytes(US_ASCII));
        buffers.giveBack(one);
        assertEquals(0, one.getByte(0), "it is wiped all the same");
        assertNotSame(one, buffers.take(6));
        assertEquals(1, one.refCnt());
        one.release();
    }

    @Test
    void buffersBeyondTheOnesThatAreKeptAreAsLongAsNeeded() {
        BodyBuffers buffers = new BodyBuffers();
        List<ByteBuf> all = new ArrayList<>();
        for (int i = 0; i <= BodyBuffers.OWN_MAX; i++) {
            all.add(buffers.take(6));
        }
        assertEquals(6, all.getLast().capacity());
        all.forEach(buffers::giveBack);
        assertEquals(0, all.getLast().refCnt());
        buffers.close();
        assertEquals(0, all.stream().mapToInt(ByteBuf::refCnt).sum());
    }

    @Test
    void aBufferThatComesBackAfterTheEndIsNotKept() {
        BodyBuffers buffers = new BodyBuffers();
        ByteBuf late = buffers.take(6);
        buffers.close();
        buffers.giveBack(late);
        assertEquals(0, late.refCnt());
    }
}
