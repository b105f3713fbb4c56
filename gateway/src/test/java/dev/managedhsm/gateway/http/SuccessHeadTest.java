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

    @Test
    void isTheSameForBothVersionsOfHttp() {
        head.add(AsciiString.cached("x-ms-request-id"), "5e0c");
        head.add(
                AnswerHead.CLIENT_REQUEST_ID,
                new AsciiString("is mine!").subSequence(3, 7, false)); // of a longer array
        head.length(42);
        String fields = """
                content-type: application/json; charset=utf-8\r
                cache-control: no-cache\r
                content-security-policy: default-src 'self'\r
                strict-transport-security: max-age=31536000; includeSubDomains\r
                x-content-type-options: nosniff\r
                x-frame-options: SAMEORIGIN\r
                x-ms-request-id: 5e0c\r
                x-ms-client-request-id: mine\r
                content-length: 42\r
                """;
        assertEquals("HTTP/1.1 200 OK\r\n" + fields + "\r\n", http1());
        assertEquals(":status: 200\r\n" + fields, http2());
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
