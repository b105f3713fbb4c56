// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.audit;

import org.jspecify.annotations.Nullable;

/** What a line says wherever a request ended with the same status: written once for each, copied from then on. One thread. */
final class KnownStatuses {
    /** Statuses from here on are worked out each time: HTTP has none. */
    private static final int STATUS_MAX = 600;

    private static final int LENGTH_MAX = 8 * 1024;

    private final Writer writer;
    private final byte[][] known = new byte[STATUS_MAX][];
    private final JsonLine line = new JsonLine(LENGTH_MAX);

    /** Writes what is said of one status. */
    interface Writer {
        /** Writes {@value KnownStatuses#LENGTH_MAX} bytes at most. */
        void write(int status, JsonLine out);
    }

    /** @param writer writes what is said of one */
    KnownStatuses(Writer writer) {
        this.writer = writer;
    }

    /** What is said of a status, UTF-8. Allocates for one that is not known. */
    byte[] of(int status) {
        boolean kept = status >= 0 && status < STATUS_MAX;
        byte @Nullable [] bytes = kept ? known[status] : null;
        if (bytes == null) {
            line.clear();
            writer.write(status, line);
            bytes = line.copy();
            if (kept) {
                known[status] = bytes;
            }
        }
        return bytes;
    }
}
