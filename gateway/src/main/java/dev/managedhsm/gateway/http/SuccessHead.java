// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.http;

import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.ReadOnlyHttp2Headers;
import io.netty.util.AsciiString;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * The head of one answer with status 200 that is written past Vert.x's response, as either HTTP takes it. Used by its connection's
 * event loop only.
 */
final class SuccessHead {
    private static final AsciiString OK = AsciiString.cached("200");
    private static final AsciiString CONTENT_LENGTH = AsciiString.cached("content-length");
    private static final AsciiString[] LENGTHS = lengths();

    /**
     * Names and values of what an answer can have beside the fixed ones: both ids, region, network, timing, latency, receipt and
     * length, and room for some more.
     */
    private static final int MORE_MAX = 24;

    /** Status line and fixed headers of HTTP/1.1 (RFC 9112 section 4). */
    private static final byte[] FIRST_LINES = firstLines();

    /** Beside name and value: a colon, a space, a line's end. */
    private static final int LINE_MORE = 4;

    private static final int COLON = ':' << 8 | ' ';
    private static final int LINE_END = '\r' << 8 | '\n';

    private final AsciiString[] pairs = Arrays.copyOf(AnswerHead.FIXED, AnswerHead.FIXED.length + MORE_MAX);
    private int count = AnswerHead.FIXED.length;

    private static AsciiString[] lengths() {
        AsciiString[] lengths = new AsciiString[2048];
        Arrays.setAll(lengths, length -> new AsciiString(Integer.toString(length)));
        return lengths;
    }

    private static byte[] firstLines() {
        StringBuilder lines = new StringBuilder("HTTP/1.1 200 OK\r\n");
        for (int i = 0; i < AnswerHead.FIXED.length; i += 2) {
            lines.append(AnswerHead.FIXED[i])
                    .append(": ")
                    .append(AnswerHead.FIXED[i + 1])
                    .append("\r\n");
        }
        return lines.toString().getBytes(StandardCharsets.US_ASCII);
    }

    /** Adds a header that is not there yet; its value has no control characters. */
    void add(AsciiString name, CharSequence value) {
        pairs[count++] = name;
        pairs[count++] = AsciiString.of(value);
    }

    /** Adds the length of the body, in bytes. */
    void length(int length) {
        add(CONTENT_LENGTH, length < LENGTHS.length ? LENGTHS[length] : Integer.toString(length));
    }

    /** What a codec of HTTP/2 takes. */
    Http2Headers http2() {
        return ReadOnlyHttp2Headers.serverHeaders(false, OK, Arrays.copyOf(pairs, count));
    }

    /** How long the head is in HTTP/1.1, in bytes. */
    int http1Length() {
        int length = FIRST_LINES.length + 2;
        for (int i = AnswerHead.FIXED.length; i < count; i += 2) {
            length += pairs[i].length() + pairs[i + 1].length() + LINE_MORE;
        }
        return length;
    }

    /** Writes the head as HTTP/1.1, the empty line behind it too. */
    void writeHttp1(ByteBuf to) {
        to.writeBytes(FIRST_LINES);
        for (int i = AnswerHead.FIXED.length; i < count; i += 2) {
            write(to, pairs[i]);
            to.writeShort(COLON);
            write(to, pairs[i + 1]);
            to.writeShort(LINE_END);
        }
        to.writeShort(LINE_END);
    }

    private static void write(ByteBuf to, AsciiString text) {
        to.writeBytes(text.array(), text.arrayOffset(), text.length());
    }
}
