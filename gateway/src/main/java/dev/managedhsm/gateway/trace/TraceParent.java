// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.trace;

import org.jspecify.annotations.Nullable;

/**
 * The header {@code traceparent}: W3C Trace Context, level 1, section 3.2.
 *
 * <pre>
 *   00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01
 *   |  trace id, 32 hex digits          parent id, 16     flags; lowest bit: sampled
 *   version
 * </pre>
 *
 * @param traceId 32 lower-case hex digits, not all zero
 * @param spanId 16 lower-case hex digits, not all zero: the caller's span
 * @param sampled whether the caller records its own
 */
public record TraceParent(String traceId, String spanId, boolean sampled) {
    private static final int LENGTH = 55;
    private static final int TRACE_ID = 3;
    private static final int SPAN_ID = 36;
    private static final int FLAGS = 53;

    /**
     * Reads a header.
     *
     * @return null if it is not one that the standard lets us use; then the caller has no trace
     */
    public static @Nullable TraceParent read(String header) {
        boolean shape = header.length() >= LENGTH
                && header.charAt(TRACE_ID - 1) == '-'
                && header.charAt(SPAN_ID - 1) == '-'
                && header.charAt(FLAGS - 1) == '-';
        if (!shape || !version(header)) {
            return null;
        }
        if (!id(header, TRACE_ID, SPAN_ID - 1) || !id(header, SPAN_ID, FLAGS - 1) || !hex(header, FLAGS, LENGTH)) {
            return null;
        }
        boolean sampled = (Character.digit(header.charAt(LENGTH - 1), 16) & 1) == 1;
        return new TraceParent(header.substring(TRACE_ID, SPAN_ID - 1), header.substring(SPAN_ID, FLAGS - 1), sampled);
    }

    /** Version ff is none; version 00 ends here; a later one may go on behind a hyphen. */
    private static boolean version(String header) {
        if (!hex(header, 0, 2) || header.startsWith("ff")) {
            return false;
        }
        boolean first = header.startsWith("00");
        return header.length() == LENGTH || (!first && header.charAt(LENGTH) == '-');
    }

    private static boolean id(String text, int from, int to) {
        boolean anything = false;
        for (int i = from; i < to; i++) {
            anything |= text.charAt(i) != '0';
        }
        return anything && hex(text, from, to);
    }

    private static boolean hex(String text, int from, int to) {
        for (int i = from; i < to; i++) {
            char c = text.charAt(i);
            if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'))) {
                return false;
            }
        }
        return true;
    }
}
