// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.refusal;

import io.vertx.core.json.DecodeException;
import io.vertx.core.json.JsonObject;
import java.time.DateTimeException;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * One line of the record and what it can be asked by. Immutable.
 *
 * @param millis when, since 1970
 * @param reason the reason's name
 * @param objectId whom the token names, or null
 * @param applicationId which application the token names, or null
 * @param text the line, printable ASCII without its end
 */
record RefusalLine(
        long millis,
        String reason,
        @Nullable String objectId,
        @Nullable String applicationId,
        String text) {
    /** What a line takes in memory beside its text. */
    private static final int OVERHEAD_BYTES = 256;

    static RefusalLine of(RefusalRecord refusal) {
        var details = refusal.rejection().details();
        return new RefusalLine(
                refusal.time().toEpochMilli(),
                refusal.rejection().reason().name(),
                details.objectId() == null ? null : details.objectId().toString(),
                details.applicationId() == null ? null : details.applicationId().toString(),
                refusal.line());
    }

    /** The line that a file holds, or null when it is none of ours, such as one that was cut off by a crash. */
    static @Nullable RefusalLine read(String text) {
        try {
            JsonObject json = new JsonObject(text);
            String time = json.getString("time");
            String reason = json.getString("reason");
            return time == null || reason == null
                    ? null
                    : new RefusalLine(
                            Instant.parse(time).toEpochMilli(),
                            reason,
                            json.getString("objectId"),
                            json.getString("applicationId"),
                            text);
        } catch (DecodeException | DateTimeException | ClassCastException notOurs) {
            return null;
        }
    }

    long bytes() {
        return (long) OVERHEAD_BYTES + text.length();
    }

    boolean answers(RefusalQuery query) {
        return millis >= query.sinceMillis()
                && (query.reason() == null || reason.equals(query.reason()))
                && (query.principal() == null
                        || query.principal().equals(objectId)
                        || query.principal().equals(applicationId));
    }
}
