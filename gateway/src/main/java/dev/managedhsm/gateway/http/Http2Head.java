// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.http;

import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.ReadOnlyHttp2Headers;
import io.netty.util.AsciiString;
import java.util.Arrays;

/** The head of one answer with status 200, as HTTP/2 writes it. Used by its connection's event loop only. */
final class Http2Head {
    private static final AsciiString OK = AsciiString.cached("200");
    private static final AsciiString CONTENT_LENGTH = AsciiString.cached("content-length");
    private static final AsciiString[] LENGTHS = new AsciiString[2048];

    /**
     * Names and values of what an answer can have beside the fixed ones: both ids, region, network, timing, latency, receipt and
     * length, and room for some more.
     */
    private static final int MORE_MAX = 24;

    private final AsciiString[] pairs = Arrays.copyOf(AnswerHead.FIXED, AnswerHead.FIXED.length + MORE_MAX);
    private int count = AnswerHead.FIXED.length;

    static {
        Arrays.setAll(LENGTHS, length -> new AsciiString(Integer.toString(length)));
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

    /** What the codec takes. */
    Http2Headers headers() {
        return ReadOnlyHttp2Headers.serverHeaders(false, OK, Arrays.copyOf(pairs, count));
    }
}
