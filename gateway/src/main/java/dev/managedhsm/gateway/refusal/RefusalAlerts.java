// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.refusal;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Who is refused again and again. Two rules: so many refusals of one caller, issuer and reason within the window; and so
 * many of one issuer and reason, whoever the callers are. An alert is raised by the refusal that fills the number, and
 * clears when the window holds fewer. Any thread; a short lock.
 *
 * <p>Memory is bounded: of callers the {@value #CALLERS_MAX} that were refused last are counted, and each count keeps no
 * more times than its rule's number.
 */
final class RefusalAlerts {
    /** Most callers that are counted at once. */
    static final int CALLERS_MAX = 4096;

    /** Most alerts that are remembered after they cleared. */
    static final int CLEARED_MAX = 100;

    private static final Logger LOG = LoggerFactory.getLogger(RefusalAlerts.class);

    private final long windowMillis;
    private final int callerAt;
    private final int issuerAt;

    /** The one refused last comes last. */
    private final Map<Subject, Count> callers = new LinkedHashMap<>(16, 0.75f, true);

    private final Map<Subject, Count> issuers = new LinkedHashMap<>();
    private final ArrayDeque<JsonObject> cleared = new ArrayDeque<>();

    /**
     * What is counted.
     *
     * @param address the caller's, or null where all callers are meant
     */
    private record Subject(@Nullable String address, String issuerName, String reason) {
        @Override
        public String toString() {
            return reason + " of issuer " + issuerName + (address == null ? " by all callers" : " by " + address);
        }
    }

    /** The latest times, as many as the rule's number, and since when there is an alert. */
    private static final class Count {
        final long[] millis;
        int next;
        long total;
        long firedAtMillis = -1;

        Count(int number) {
            millis = new long[number];
        }

        void add(long nowMillis) {
            millis[next] = nowMillis;
            next = (next + 1) % millis.length;
            total++;
        }

        long lastMillis() {
            return millis[(next + millis.length - 1) % millis.length];
        }

        boolean reached(long sinceMillis) {
            return total >= millis.length && millis[next] > sinceMillis;
        }

        boolean firing() {
            return firedAtMillis >= 0;
        }
    }

    RefusalAlerts(RefusalConfig config) {
        this.windowMillis = config.alertWindow().toMillis();
        this.callerAt = config.callerAlertAt();
        this.issuerAt = config.issuerAlertAt();
    }

    synchronized void count(RefusalRecord refusal) {
        long nowMillis = refusal.time().toEpochMilli();
        String reason = refusal.rejection().reason().name();
        Subject caller = new Subject(refusal.address(), refusal.issuerName(), reason);
        count(callers, caller, callerAt, nowMillis);
        count(issuers, new Subject(null, refusal.issuerName(), reason), issuerAt, nowMillis);
        if (callers.size() > CALLERS_MAX) {
            Iterator<Map.Entry<Subject, Count>> oldestFirst = callers.entrySet().iterator();
            Map.Entry<Subject, Count> oldest = oldestFirst.next();
            clear(oldest.getKey(), oldest.getValue(), nowMillis);
            oldestFirst.remove();
        }
    }

    private void count(Map<Subject, Count> counts, Subject subject, int number, long nowMillis) {
        Count count = counts.computeIfAbsent(subject, added -> new Count(number));
        count.add(nowMillis);
        if (!count.firing() && count.reached(nowMillis - windowMillis)) {
            count.firedAtMillis = nowMillis;
            LOG.warn(
                    "alert: tokens are refused repeatedly: {}, {} or more in {} s",
                    subject,
                    number,
                    windowMillis / 1000);
        }
    }

    /** Clears what has calmed down, and forgets callers whose window is empty. */
    synchronized void tick(long nowMillis) {
        long since = nowMillis - windowMillis;
        issuers.forEach((subject, count) -> clearIfCalm(subject, count, nowMillis));
        callers.forEach((subject, count) -> clearIfCalm(subject, count, nowMillis));
        callers.values().removeIf(count -> !count.firing() && count.lastMillis() <= since);
    }

    private void clearIfCalm(Subject subject, Count count, long nowMillis) {
        if (!count.reached(nowMillis - windowMillis)) {
            clear(subject, count, nowMillis);
        }
    }

    private void clear(Subject subject, Count count, long nowMillis) {
        if (count.firing()) {
            cleared.addFirst(json(subject, count).put("clearedAt", time(nowMillis)));
            count.firedAtMillis = -1;
            if (cleared.size() > CLEARED_MAX) {
                cleared.removeLast();
            }
            LOG.info("alert cleared: {}", subject);
        }
    }

    /** {@code firing} and {@code cleared}, the latter newest first. */
    synchronized JsonObject json() {
        JsonArray firing = new JsonArray();
        for (Map<Subject, Count> counts : List.of(issuers, callers)) {
            counts.forEach((subject, count) -> {
                if (count.firing()) {
                    firing.add(json(subject, count));
                }
            });
        }
        JsonArray over = new JsonArray();
        cleared.forEach(alert -> over.add(alert.copy()));
        return new JsonObject().put("firing", firing).put("cleared", over);
    }

    private JsonObject json(Subject subject, Count count) {
        JsonObject json = new JsonObject()
                .put("rule", subject.address == null ? "RepeatedRefusalsOfIssuer" : "RepeatedRefusalsOfCaller")
                .put("issuerName", subject.issuerName)
                .put("reason", subject.reason)
                .put("threshold", count.millis.length)
                .put("windowSeconds", windowMillis / 1000)
                .put("refusals", count.total)
                .put("firedAt", time(count.firedAtMillis))
                .put("lastRefusedAt", time(count.lastMillis()));
        return subject.address == null ? json : json.put("address", subject.address);
    }

    private static String time(long millis) {
        return Instant.ofEpochMilli(millis).toString();
    }
}
