// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.evidence;

import dev.managedhsm.gateway.audit.AuditName;
import io.vertx.core.json.DecodeException;
import io.vertx.core.json.JsonObject;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * Looks for the events by which a log records that retention removes its oldest events. Such an event is believed only if
 * it is signed for: whoever can delete files can also append a line. Used by one thread.
 */
final class RetentionWatch implements HashSequence.LineWatch {
    /** The member of its properties that says the index of the first event that stays. */
    static final String FIRST_KEPT = "firstKeptIndex";

    private static final byte[] MARK =
            ("\"operationName\":\"" + AuditName.RETENTION + "\"").getBytes(StandardCharsets.US_ASCII);

    private final List<Said> segment = new ArrayList<>();
    private int lines;
    private long firstKept;
    private long claimed;

    /** What a line of the segment says. */
    private record Said(int at, long firstKept) {}

    /** The lines of another segment follow. */
    void begin() {
        segment.clear();
        lines = 0;
    }

    @Override
    public void line(LineReader line) {
        int at = lines++;
        if (line.behind(MARK) >= 0) {
            try {
                JsonObject properties = new JsonObject(line.text()).getJsonObject("properties");
                Long first = properties == null ? null : properties.getLong(FIRST_KEPT);
                if (first != null) {
                    segment.add(new Said(at, first));
                }
            } catch (DecodeException | ClassCastException notOurs) {
                // a line that only looks like one
            }
        }
    }

    /**
     * The segment's lines have been read: an event counts if a checkpoint covers it, its line is the one of its leaf hash, and
     * it tells of events before itself. Whether the leaf hashes are what the checkpoint covers is found elsewhere.
     *
     * @param first index of the segment's first event
     * @param covered how many events the largest checkpoint covers
     */
    void end(long first, HashSequence leaves, HashSequence written, long covered) {
        for (Said one : segment) {
            long index = first + one.at();
            boolean same = one.at() < leaves.count() && leaves.same(one.at(), written, one.at());
            if (one.firstKept() <= index && same && index < covered) {
                firstKept = Math.max(firstKept, one.firstKept());
            } else if (one.firstKept() <= index && index >= covered) {
                claimed = Math.max(claimed, one.firstKept());
            }
        }
    }

    /** The index of the first event that retention has not removed, by what the log records and a checkpoint covers. */
    long firstKept() {
        return firstKept;
    }

    /** The same by events that no checkpoint covers: anybody may have written them. */
    long claimed() {
        return claimed;
    }
}
