// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.wire;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;
import java.util.Random;
import org.junit.jupiter.api.Test;

class Base64UrlTest {
    private final MemorySegment out = MemorySegment.ofArray(new byte[4096]);

    @Test
    void agreesWithTheJdkForEveryLength() {
        Random random = new Random(7);
        for (int length = 0; length < 600; length++) {
            byte[] bytes = new byte[length];
            random.nextBytes(bytes);
            String text = Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
            assertEquals(length, decode(text, 4096));
            assertArrayEquals(bytes, out.asSlice(0, length).toArray(ValueLayout.JAVA_BYTE));
            ByteBuf encoded = Unpooled.buffer();
            Base64Url.encode(MemorySegment.ofArray(bytes), 0, length, encoded);
            assertEquals(text, encoded.toString(StandardCharsets.US_ASCII));
            assertEquals(text.length(), Base64Url.encodedLength(length));
        }
    }

    @Test
    void takesPaddingAndTheStandardAlphabet() {
        assertEquals(1, decode("-w==", 16));
        assertEquals(2, decode("-_8=", 16));
        assertEquals(3, decode("+/+/", 16));
        assertArrayEquals(Base64.getDecoder().decode("+/+/"), out.asSlice(0, 3).toArray(ValueLayout.JAVA_BYTE));
    }

    @Test
    void refusesWhatIsNoBase64() {
        for (String text :
                new String[] {"A", "AAAAA", "AB*D", "AA A", "AA=A", "====", "A===", "AAA=AAA=", "é", "AAAA="}) {
            assertEquals(Base64Url.MALFORMED, decode(text, 64), text);
        }
    }

    @Test
    void refusesBitsThatBelongToNoByte() {
        assertEquals(Base64Url.MALFORMED, decode("-x", 16));
        assertEquals(Base64Url.MALFORMED, decode("-_9", 16));
    }

    @Test
    void writesNothingBeyondTheRoom() {
        Arrays.fill((byte[]) out.heapBase().orElseThrow(), (byte) 1);
        assertEquals(Base64Url.TOO_LONG, decode("AAAAAA", 3));
        assertEquals(1, out.get(ValueLayout.JAVA_BYTE, 0));
    }

    private int decode(String text, int room) {
        ByteBuf in = Unpooled.copiedBuffer(text, StandardCharsets.UTF_8);
        return Base64Url.decode(in, 0, in.readableBytes(), out, 0, room);
    }
}
