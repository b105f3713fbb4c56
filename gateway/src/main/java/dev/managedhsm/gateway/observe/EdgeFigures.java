// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.observe;

import dev.managedhsm.gateway.http.EdgeCounters;
import dev.managedhsm.gateway.http.EdgeCounters.Busy;
import dev.managedhsm.gateway.http.EdgeCounters.Known;
import io.prometheus.metrics.model.registry.MultiCollector;
import io.prometheus.metrics.model.snapshots.Exemplars;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import io.prometheus.metrics.model.snapshots.Unit;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Supplier;
import java.util.function.ToLongFunction;

/** What the event loops count, added up. */
final class EdgeFigures implements MultiCollector {
    private static final int THROTTLED = 429;
    private static final double[] LAG = {1e-4, 2.5e-4, 5e-4, 1e-3, 2.5e-3, 5e-3, 0.01, 0.025, 0.05, 0.1, 0.25, 1};

    private record Answer(String operation, int status) {}

    private final Supplier<List<EdgeCounters>> edges;
    private final Buckets lag = new Buckets(LAG);
    private long others;

    EdgeFigures(Supplier<List<EdgeCounters>> edges) {
        this.edges = edges;
    }

    @Override
    public synchronized MetricSnapshots collect() {
        List<EdgeCounters> all = edges.get();
        Figures figures = new Figures();
        figures.gauge("hsm_connections", "Open connections", sum(all, EdgeCounters::connections));
        figures.counter(
                "hsm_connections_opened", "Connections since the start", sum(all, EdgeCounters::connectionsOpened));
        figures.counter(
                "hsm_connections_refused",
                "Connections that were closed because there were too many",
                sum(all, EdgeCounters::connectionsRefused));
        for (Known from : Known.values()) {
            figures.counter(
                    "hsm_token_lookups",
                    "From where it was known who a caller is",
                    sum(all, edge -> edge.knownCount(from)),
                    "result",
                    lower(from));
        }
        answers(all, figures);
        figures.add(lag(all));
        return figures.all();
    }

    private void answers(List<EdgeCounters> all, Figures figures) {
        Map<Answer, Long> answers = new HashMap<>();
        all.forEach(edge -> edge.answers(
                (operation, status, count) -> answers.merge(new Answer(operation, status), count, Long::sum)));
        long throttled = 0;
        for (Map.Entry<Answer, Long> entry : answers.entrySet()) {
            Answer answer = entry.getKey();
            throttled += answer.status == THROTTLED ? entry.getValue() : 0;
            figures.counter(
                    "hsm_http_requests",
                    "Answers by operation and status",
                    entry.getValue(),
                    "operation",
                    answer.operation,
                    "code",
                    Integer.toString(answer.status));
        }
        String help = "Requests that were turned away because there was no room or no time";
        for (Busy reason : Busy.values()) {
            long count = (long) sum(all, edge -> edge.turnedAwayCount(reason));
            throttled -= count;
            figures.counter("hsm_rejected", help, (double) count, "reason", lower(reason));
        }
        // The counts are read one after the other, and what is left over must not go down: that would look like a
        // restart.
        others = Math.max(others, throttled);
        figures.counter("hsm_rejected", help, (double) others, "reason", "other");
    }

    private HistogramSnapshot lag(List<EdgeCounters> all) {
        HistogramSnapshot.Builder family = HistogramSnapshot.builder()
                .name("hsm_event_loop_lag_seconds")
                .unit(Unit.SECONDS)
                .help("How late a task runs on an event loop, sampled ten times a second");
        for (int i = 0; i < all.size(); i++) {
            family.dataPoint(lag.of(all.get(i).lag(), Labels.of("loop", Integer.toString(i)), Exemplars.EMPTY));
        }
        return family.build();
    }

    private static double sum(List<EdgeCounters> all, ToLongFunction<EdgeCounters> figure) {
        return all.stream().mapToLong(figure).sum();
    }

    private static String lower(Enum<?> value) {
        return value.name().toLowerCase(Locale.ROOT);
    }
}
