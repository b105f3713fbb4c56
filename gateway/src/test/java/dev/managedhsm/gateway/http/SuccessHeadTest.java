// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.http;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.util.AsciiString;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class SuccessHeadTest {
    private final SuccessHead head = new SuccessHead();

    private String http1() {
        ByteBuf bytes = Unpooled.buffer();
        head.writeHttp1(bytes);
        assertEquals(head.http1Length(), bytes.readableBytes());
        return bytes.toString(StandardCharsets.ISO_8859_1);
    }

    private String http2() {
        StringBuilder lines = new StringBuilder();
        head.http2()
                .forEach(field -> lines.append(field.getKey())
                        .append(": ")
                        .append(field.getValue())
                        .append("\r\n"));
        return lines.toString();
    }

    private void assertTheSame() {
        String lines = http2().replace(":status: 200\r\n", "HTTP/1.1 200 OK\r\n");
        assertEquals(lines + "\r\n", http1());
    }

    @Test
    void isTheSameForBothVersionsOfHttp() {
        assertTheSame();
        head.add(AsciiString.cached("x-ms-request-id"), "5e0c");
        head.add(
                AnswerHead.CLIENT_REQUEST_ID,
                new AsciiString("  mine").subSequence(2)); // in an array that begins before it
        assertTheSame();
    }

    @Test
    void tellsLengthsThatItKnowsAndLongerOnes() {
        for (int length : new int[] {0, 7, 2047, 2048, 1_000_000}) {
            SuccessHead one = new SuccessHead();
            one.length(length);
            assertEquals(
                    Integer.toString(length), one.http2().get("content-length").toString());
        }
    }
}
