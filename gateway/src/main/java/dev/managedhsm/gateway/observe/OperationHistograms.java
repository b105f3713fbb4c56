// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.observe;

import dev.managedhsm.crypto.latency.LatencyBook;
import dev.managedhsm.crypto.latency.LatencySeries;
import dev.managedhsm.crypto.operation.Stage;
import dev.managedhsm.gateway.pulse.Exemplar;
import io.prometheus.metrics.model.registry.MultiCollector;
import io.prometheus.metrics.model.snapshots.Exemplars;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import io.prometheus.metrics.model.snapshots.Unit;
import java.util.List;
import java.util.Locale;
import java.util.function.Supplier;

/** The histograms behind {@code /latency}, for Prometheus. Readers wait for each other, writers for nobody. */
final class OperationHistograms implements MultiCollector {
    private static final double NANOS_PER_SECOND = 1e9;

    private static final double[] WHOLE = {
        1e-5, 2.5e-5, 5e-5, 1e-4, 2.5e-4, 5e-4, 1e-3, 2.5e-3, 5e-3, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10
    };

    /** There are eight stages: whoever wants more of them than orders of magnitude takes the native histograms. */
    private static final double[] STAGE = {1e-5, 1e-4, 1e-3, 0.01, 0.1, 1, 10};

    private final LatencyBook book;
    private final Supplier<List<Exemplar>> slow;
    private final Buckets whole = new Buckets(WHOLE);
    private final Buckets stage = new Buckets(STAGE);

    /**
     * @param book all histograms
     * @param slow single operations of the tail, of the last minutes
     */
    OperationHistograms(LatencyBook book, Supplier<List<Exemplar>> slow) {
        this.book = book;
        this.slow = slow;
    }

    @Override
    public synchronized MetricSnapshots collect() {
        HistogramSnapshot.Builder wholes = HistogramSnapshot.builder()
                .name("hsm_operation_duration_seconds")
                .unit(Unit.SECONDS)
                .help("From the request's head to its answer, key operations only");
        HistogramSnapshot.Builder stages = HistogramSnapshot.builder()
                .name("hsm_operation_stage_duration_seconds")
                .unit(Unit.SECONDS)
                .help("How long each stage of a key operation took");
        List<Exemplar> known = slow.get();
        book.totals((series, nanos) -> {
            Stage one = series.stage();
            if (one == null) {
                wholes.dataPoint(whole.of(nanos, labels(series), exemplars(known, series)));
            } else {
                stages.dataPoint(
                        stage.of(nanos, labels(series).merge(Labels.of("stage", lower(one))), Exemplars.EMPTY));
            }
        });
        return MetricSnapshots.of(wholes.build(), stages.build());
    }

    /** Slow operations of one series. */
    private static Exemplars exemplars(List<Exemplar> known, LatencySeries series) {
        Exemplars.Builder exemplars = Exemplars.builder();
        known.stream()
                .filter(one -> one.operation() == series.operation() && one.keyClass() == series.keyClass())
                .forEach(one -> exemplars.exemplar(io.prometheus.metrics.model.snapshots.Exemplar.builder()
                        .value(one.totalNanos() / NANOS_PER_SECOND)
                        .labels(link(one))
                        .timestampMillis(one.endMillis())
                        .build()));
        return exemplars.build();
    }

    /**
     * The id of a request leads to its audit event, that of a trace to its spans; together they stay below the 128 characters
     * of OpenMetrics.
     */
    private static Labels link(Exemplar one) {
        Labels request = Labels.of("request_id", one.requestId());
        String traceId = one.traceId();
        return traceId == null ? request : request.merge(Labels.of("trace_id", traceId));
    }

    private static Labels labels(LatencySeries series) {
        return Labels.of("operation", lower(series.operation()), "key_class", lower(series.keyClass()));
    }

    private static String lower(Enum<?> value) {
        return value.name().toLowerCase(Locale.ROOT);
    }
}
