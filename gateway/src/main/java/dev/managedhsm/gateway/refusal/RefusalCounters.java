// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.refusal;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;
import org.HdrHistogram.ConcurrentHistogram;
import org.HdrHistogram.Histogram;
import org.HdrHistogram.HistogramIterationValue;

/**
 * Refusals by issuer and reason since the start, and for each issuer how its clock compares with ours. Any thread; never
 * waits. Its size is bounded: issuers are configured and reasons are a closed list.
 *
 * <p>A token says when it was issued, on its issuer's clock. A time in the future shows how far that clock is ahead; of
 * the others the youngest show how far it may be behind. Only tokens with a good signature count: anybody else could
 * write any time.
 */
final class RefusalCounters {
    private static final long SECONDS_MAX = 7L * 24 * 3600;

    /** Upper ends of the ranges that an answer shows; the last range has none. */
    private static final long[] RANGES = {1, 5, 15, 30, 60, 120, 300, 900, 3600, 24 * 3600};

    private final Map<String, Map<String, LongAdder>> byIssuer = new ConcurrentHashMap<>();
    private final Map<String, Skew> skews = new ConcurrentHashMap<>();

    private record Skew(Histogram aheadSeconds, Histogram ageSeconds) {
        static Skew empty() {
            return new Skew(new ConcurrentHistogram(SECONDS_MAX, 2), new ConcurrentHistogram(SECONDS_MAX, 2));
        }
    }

    void count(RefusalRecord refusal) {
        byIssuer.computeIfAbsent(refusal.issuerName(), name -> new ConcurrentHashMap<>())
                .computeIfAbsent(refusal.rejection().reason().name(), name -> new LongAdder())
                .increment();
    }

    void issued(String issuerName, long issuedAtSeconds, long nowSeconds) {
        Skew skew = skews.computeIfAbsent(issuerName, name -> Skew.empty());
        long ageSeconds = nowSeconds - issuedAtSeconds;
        if (ageSeconds < 0) {
            skew.aheadSeconds.recordValue(Math.min(-ageSeconds, SECONDS_MAX));
        } else {
            skew.ageSeconds.recordValue(Math.min(ageSeconds, SECONDS_MAX));
        }
    }

    /** Tells of each count: issuer, reason, how many. */
    void each(RefusalLog.Counted told) {
        byIssuer.forEach(
                (issuer, reasons) -> reasons.forEach((reason, count) -> told.counted(issuer, reason, count.sum())));
    }

    JsonObject refusals() {
        JsonObject json = new JsonObject();
        new TreeMap<>(byIssuer).forEach((issuer, reasons) -> {
            JsonObject counts = new JsonObject();
            new TreeMap<>(reasons).forEach((reason, count) -> counts.put(reason, count.sum()));
            json.put(issuer, counts);
        });
        return json;
    }

    JsonObject clockSkew() {
        JsonObject json = new JsonObject();
        new TreeMap<>(skews)
                .forEach((issuer, skew) -> json.put(
                        issuer,
                        new JsonObject()
                                .put("aheadSeconds", summary(skew.aheadSeconds.copy()))
                                .put("ageSeconds", summary(skew.ageSeconds.copy()))));
        return json;
    }

    /** How many are in each range, those that are empty left out; {@code le} is the range's upper end, or null. */
    private static JsonArray ranges(Histogram seconds) {
        long[] counts = new long[RANGES.length + 1];
        for (HistogramIterationValue recorded : seconds.recordedValues()) {
            long value = seconds.lowestEquivalentValue(recorded.getValueIteratedTo());
            int range = 0;
            while (range < RANGES.length && value > RANGES[range]) {
                range++;
            }
            counts[range] += recorded.getCountAtValueIteratedTo();
        }
        JsonArray ranges = new JsonArray();
        for (int i = 0; i < counts.length; i++) {
            if (counts[i] > 0) {
                Long end = i < RANGES.length ? RANGES[i] : null;
                ranges.add(new JsonObject().put("le", end).put("count", counts[i]));
            }
        }
        return ranges;
    }

    private static JsonObject summary(Histogram seconds) {
        JsonObject json = new JsonObject().put("count", seconds.getTotalCount());
        if (seconds.getTotalCount() > 0) {
            json.put("min", seconds.getMinValue())
                    .put("p50", seconds.getValueAtPercentile(50))
                    .put("p99", seconds.getValueAtPercentile(99))
                    .put("max", seconds.getMaxValue())
                    .put("histogram", ranges(seconds));
        }
        return json;
    }
}
