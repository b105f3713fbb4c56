// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.resource;

import dev.managedhsm.auth.principal.Guid;
import dev.managedhsm.auth.token.RejectionReason;
import dev.managedhsm.gateway.refusal.RefusalLog;
import dev.managedhsm.gateway.refusal.RefusalQuery;
import dev.managedhsm.gateway.wire.Refused;
import io.vertx.core.MultiMap;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.UUID;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;

/**
 * What may be looked at by those who watch over the HSM: refused tokens, counts of them, alerts. An extension of ours; the
 * data action is {@code security/read/action} at {@code /}. Immutable; any event loop.
 */
final class Security {
    static final String JSON = "application/json; charset=utf-8";

    private final RefusalLog refusals;

    Security(RefusalLog refusals) {
        this.refusals = refusals;
    }

    /**
     * One thing to look at.
     *
     * @param path where it is
     * @param making how its answer is made
     */
    record View(String path, Making making) {
        /** The path as a pattern for Vert.x: the same in any case of letters, and with a slash at its end or none. */
        String pattern() {
            return "(?i)" + path + "/?";
        }
    }

    /** From a query's parameters to what makes the answer, off the event loop. */
    @FunctionalInterface
    interface Making {
        Callable<byte[]> of(MultiMap parameters) throws Refused;
    }

    List<View> views() {
        return List.of(
                new View("/security/rejections", this::rejections),
                new View(
                        "/security/counters",
                        parameters -> () -> bytes(refusals.counters().encode())),
                new View(
                        "/security/alerts",
                        parameters -> () -> bytes(refusals.alerts().encode())));
    }

    private Callable<byte[]> rejections(MultiMap parameters) throws Refused {
        RefusalQuery query = query(parameters);
        return () -> bytes("{\"value\":[" + String.join(",", refusals.find(query)) + "]}");
    }

    private static byte[] bytes(String json) {
        return json.getBytes(StandardCharsets.UTF_8);
    }

    private static RefusalQuery query(MultiMap parameters) throws Refused {
        return new RefusalQuery(
                since(parameters.get("since")),
                reason(parameters.get("reason")),
                principal(parameters.get("principal")),
                linesMax(parameters.get("maxresults")));
    }

    private static long since(@Nullable String text) throws Refused {
        if (text == null) {
            return 0;
        }
        try {
            return Instant.parse(text).toEpochMilli();
        } catch (DateTimeException | ArithmeticException e) {
            throw new Refused("The parameter since must be a time such as 2026-01-31T12:00:00Z");
        }
    }

    private static @Nullable String reason(@Nullable String text) throws Refused {
        if (text == null) {
            return null;
        }
        String name = text.toUpperCase(Locale.ROOT);
        if (Arrays.stream(RejectionReason.values())
                .noneMatch(reason -> reason.name().equals(name))) {
            throw new Refused("The parameter reason must be one of " + Arrays.toString(RejectionReason.values()));
        }
        return name;
    }

    private static @Nullable String principal(@Nullable String text) throws Refused {
        if (text == null) {
            return null;
        }
        UUID id = Guid.parse(text);
        if (id == null) {
            throw new Refused("The parameter principal must be an object id or an application id, a GUID");
        }
        return id.toString();
    }

    private static int linesMax(@Nullable String text) throws Refused {
        if (text == null) {
            return RefusalQuery.LINES_DEFAULT;
        }
        try {
            int lines = Integer.parseInt(text);
            if (lines >= 1 && lines <= RefusalQuery.LINES_MAX) {
                return lines;
            }
        } catch (NumberFormatException e) {
            // said below
        }
        throw new Refused("The parameter maxresults must be a number from 1 to " + RefusalQuery.LINES_MAX);
    }
}
