// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.evidence;

import io.vertx.core.json.DecodeException;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One way through all events that a log still has: where a period begins and ends, and what changed keys and roles. The period is
 * one run of events: from the first whose time is in it or later, to the last whose time is before its end.
 *
 * @param firstKept index of the first event that is there
 * @param first index of the period's first event
 * @param until index behind its last one; the same if there is none
 * @param changes what changed keys or roles, or may have, from the first event that is there to the last
 */
record PeriodScan(long firstKept, long first, long until, List<JsonObject> changes) {
    private static final byte[] TIME = "{\"time\":\"".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] OPERATION = ",\"operationName\":\"".getBytes(StandardCharsets.US_ASCII);

    static PeriodScan of(Path folder, Instant from, Instant to) throws IOException {
        long next = 0;
        long kept = -1;
        long first = -1;
        long until = -1;
        List<JsonObject> changes = new ArrayList<>();
        for (LogSegment segment : LogSegment.in(folder)) {
            next = segment.first();
            if (!Files.exists(segment.events())) {
                kept = -1;
                continue;
            }
            kept = kept < 0 ? next : kept;
            try (LineReader lines = new LineReader(segment.events(), 0)) {
                while (lines.next()) {
                    Instant time = time(lines);
                    if (time != null && first < 0 && !time.isBefore(from)) {
                        first = next;
                    }
                    if (time != null && time.isBefore(to)) {
                        until = next + 1;
                    }
                    JsonObject change = change(lines);
                    if (change != null) {
                        changes.add(change);
                    }
                    next++;
                }
            }
        }
        long begin = first < 0 ? next : first;
        return new PeriodScan(kept < 0 ? next : kept, begin, Math.max(begin, until), changes);
    }

    private static @Nullable Instant time(LineReader line) {
        try {
            return Instant.parse(line.quoted(line.start() + TIME.length));
        } catch (DateTimeParseException notOurs) {
            return null;
        }
    }

    private static @Nullable JsonObject change(LineReader line) {
        int at = line.behind(OPERATION);
        if (at < 0 || !Rewind.CHANGES.contains(line.quoted(at))) {
            return null;
        }
        try {
            JsonObject event = new JsonObject(line.text());
            return Rewind.told(event) || Rewind.untold(event) ? event : null;
        } catch (DecodeException notOurs) {
            return null;
        }
    }
}
