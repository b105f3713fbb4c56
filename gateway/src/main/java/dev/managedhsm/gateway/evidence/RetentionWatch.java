// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.evidence;

import io.vertx.core.json.DecodeException;
import io.vertx.core.json.JsonObject;
import java.nio.charset.StandardCharsets;

/** Looks for the events by which a log records that retention removes its oldest events. Used by one thread. */
final class RetentionWatch implements HashSequence.LineWatch {
    /** The operation of such an event. */
    static final String OPERATION = "AuditRetention";

    /** The member of its properties that says the index of the first event that stays. */
    static final String FIRST_KEPT = "firstKeptIndex";

    private static final byte[] MARK = ("\"operationName\":\"" + OPERATION + "\"").getBytes(StandardCharsets.US_ASCII);

    private long firstKept;

    @Override
    public void line(LineReader line) {
        if (contains(line.buffer(), line.start(), line.length())) {
            try {
                JsonObject properties = new JsonObject(line.text()).getJsonObject("properties");
                Long first = properties == null ? null : properties.getLong(FIRST_KEPT);
                if (first != null) {
                    firstKept = Math.max(firstKept, first);
                }
            } catch (DecodeException | ClassCastException notOurs) {
                // a line that only looks like one
            }
        }
    }

    private static boolean contains(byte[] bytes, int start, int length) {
        int last = start + length - MARK.length;
        for (int i = start; i <= last; i++) {
            if (bytes[i] == '"' && java.util.Arrays.equals(bytes, i, i + MARK.length, MARK, 0, MARK.length)) {
                return true;
            }
        }
        return false;
    }

    /** The index of the first event that retention has not removed, by what the log records. */
    long firstKept() {
        return firstKept;
    }
}
