// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.http;

import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.time.InstantSource;

/**
 * Request ids: time-based UUIDs (RFC 9562 version 1) with a random node, as the service they stand in for makes them. One
 * per event loop, used by its thread only, so that no two requests share an id and nobody waits for another.
 */
final class RequestIds {
    /** 100-nanosecond steps between 15 October 1582 and 1 January 1970. */
    private static final long EPOCH_OFFSET = 0x01B2_1DD2_1381_4000L;

    private static final byte[] HEX = "0123456789abcdef".getBytes(StandardCharsets.US_ASCII);
    private static final long VARIANT = 0x8000_0000_0000_0000L;
    private static final long MULTICAST = 0x0000_0100_0000_0000L;

    private final InstantSource clock;
    private final long low;
    private final byte[] text = new byte[36]; // written anew for each
    private long last;

    RequestIds(InstantSource clock) {
        this.clock = clock;
        this.low = new SecureRandom().nextLong() >>> 2 | VARIANT | MULTICAST;
    }

    /** A new id, in text. */
    String next() {
        long now = clock.millis() * 10_000 + EPOCH_OFFSET;
        last = Math.max(last + 1, now);
        long high = last << 32 | (last >> 32 & 0xFFFF) << 16 | (last >> 48 & 0x0FFF) | 0x1000;
        hex(0, high, 60, 8);
        text[8] = '-';
        hex(9, high, 28, 4);
        text[13] = '-';
        hex(14, high, 12, 4);
        text[18] = '-';
        hex(19, low, 60, 4);
        text[23] = '-';
        hex(24, low, 44, 12);
        return new String(text, StandardCharsets.ISO_8859_1);
    }

    private void hex(int at, long bits, int shift, int digits) {
        for (int i = 0; i < digits; i++) {
            text[at + i] = HEX[(int) (bits >>> (shift - 4 * i)) & 0xF];
        }
    }
}
