// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.refusal;

import dev.managedhsm.auth.token.RejectionReason;
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
 * Who is refused again and again, by the rules. An alert is raised by the refusal that fills a rule's number, and clears
 * when the rule's window holds fewer. Any thread; a short lock.
 *
 * <p>Memory is bounded: of the counts of callers, one for each caller, rule and reason, the {@value #CALLERS_MAX} that were
 * touched last are kept, and with them {@value #TIMES_MAX} times.
 */
final class RefusalAlerts {
    /** Most counts of callers at once. */
    static final int CALLERS_MAX = 4096;

    /** Most alerts that are remembered after they cleared. */
    static final int CLEARED_MAX = 100;

    /** Most times that counts of callers keep together. */
    static final int TIMES_MAX = 1_000_000;

    private static final Logger LOG = LoggerFactory.getLogger(RefusalAlerts.class);

    private final List<AlertRule> rules;

    /** The one refused last comes last. */
    private final Map<Subject, Count> callers = new LinkedHashMap<>(16, 0.75f, true);

    private final Map<Subject, Count> issuers = new LinkedHashMap<>();
    private final ArrayDeque<JsonObject> cleared = new ArrayDeque<>();
    private int callerTimes;

    /**
     * What is counted.
     *
     * @param rule by which rule
     * @param address the caller's, or null where all callers are meant
     */
    private record Subject(AlertRule rule, @Nullable String address, String issuerName, RejectionReason reason) {
        @Override
        public String toString() {
            return rule.name() + ": " + reason + " of issuer " + issuerName
                    + (address == null ? " by all callers" : " by " + address);
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
        this.rules = config.rules();
    }

    synchronized void count(RefusalRecord refusal) {
        long nowMillis = refusal.time().toEpochMilli();
        RejectionReason reason = refusal.rejection().reason();
        for (AlertRule rule : rules) {
            if (rule.reasons().contains(reason)) {
                boolean ofCaller = rule.counts() == AlertRule.Counts.CALLER;
                String address = ofCaller ? refusal.address() : null;
                Subject subject = new Subject(rule, address, refusal.issuerName(), reason);
                count(ofCaller ? callers : issuers, subject, nowMillis);
            }
        }
        while (callers.size() > CALLERS_MAX || callerTimes > TIMES_MAX) {
            Iterator<Map.Entry<Subject, Count>> oldestFirst = callers.entrySet().iterator();
            Map.Entry<Subject, Count> oldest = oldestFirst.next();
            clear(oldest.getKey(), oldest.getValue(), nowMillis);
            callerTimes -= oldest.getValue().millis.length;
            oldestFirst.remove();
        }
    }

    private void count(Map<Subject, Count> counts, Subject subject, long nowMillis) {
        AlertRule rule = subject.rule;
        Count count = counts.get(subject);
        if (count == null) {
            count = new Count(rule.at());
            counts.put(subject, count);
            callerTimes += subject.address == null ? 0 : rule.at();
        }
        count.add(nowMillis);
        if (!count.firing() && count.reached(since(rule, nowMillis))) {
            count.firedAtMillis = nowMillis;
            LOG.warn(
                    "alert: tokens are refused repeatedly: {}, {} or more in {} s",
                    subject,
                    rule.at(),
                    rule.within().toSeconds());
        }
    }

    private static long since(AlertRule rule, long nowMillis) {
        return nowMillis - rule.within().toMillis();
    }

    /** Clears what has calmed down, and forgets callers whose window is empty. */
    synchronized void tick(long nowMillis) {
        issuers.forEach((subject, count) -> clearIfCalm(subject, count, nowMillis));
        callers.forEach((subject, count) -> clearIfCalm(subject, count, nowMillis));
        callers.entrySet().removeIf(entry -> {
            AlertRule rule = entry.getKey().rule;
            boolean calm = !entry.getValue().firing() && entry.getValue().lastMillis() <= since(rule, nowMillis);
            callerTimes -= calm ? rule.at() : 0;
            return calm;
        });
    }

    private void clearIfCalm(Subject subject, Count count, long nowMillis) {
        if (!count.reached(since(subject.rule, nowMillis))) {
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
                .put("rule", subject.rule.name())
                .put("issuerName", subject.issuerName)
                .put("reason", subject.reason.name())
                .put("threshold", count.millis.length)
                .put("windowSeconds", subject.rule.within().toSeconds())
                .put("refusals", count.total)
                .put("firedAt", time(count.firedAtMillis))
                .put("lastRefusedAt", time(count.lastMillis()));
        return subject.address == null ? json : json.put("address", subject.address);
    }

    private static String time(long millis) {
        return Instant.ofEpochMilli(millis).toString();
    }
}
