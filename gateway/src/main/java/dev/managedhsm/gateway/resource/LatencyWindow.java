// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.resource;

import dev.managedhsm.gateway.wire.Refused;
import dev.managedhsm.gateway.wire.WireError;
import io.vertx.core.MultiMap;
import java.time.DateTimeException;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * Of which time latencies are wanted.
 *
 * @param from the first moment
 * @param to the last moment
 */
record LatencyWindow(Instant from, Instant to) {
    /** No HSM runs as long. */
    private static final Instant LAST = Instant.parse("9999-12-31T00:00:00Z");

    /**
     * Reads {@code from} and {@code to}, each a time such as {@code 2026-11-28T09:00:00Z} or milliseconds since 1970; what is
     * left out is the beginning or the end.
     */
    static LatencyWindow read(MultiMap parameters) throws Refused {
        Instant from = time("from", parameters.get("from"), Instant.EPOCH);
        Instant to = time("to", parameters.get("to"), LAST);
        if (from.isAfter(to)) {
            throw new Refused(WireError.badParameter("'from' is after 'to'"));
        }
        return new LatencyWindow(from, to);
    }

    private static Instant time(String name, @Nullable String text, Instant otherwise) throws Refused {
        if (text == null) {
            return otherwise;
        }
        try {
            return text.matches("[0-9]{1,14}") ? Instant.ofEpochMilli(Long.parseLong(text)) : Instant.parse(text);
        } catch (DateTimeException e) {
            throw new Refused(WireError.badParameter(
                    "'" + name + "' is a time such as 2026-11-28T09:00:00Z, or milliseconds since 1970"));
        }
    }
}
