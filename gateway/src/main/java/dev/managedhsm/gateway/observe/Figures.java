// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.observe;

import io.prometheus.metrics.model.snapshots.CounterSnapshot;
import io.prometheus.metrics.model.snapshots.CounterSnapshot.CounterDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot.GaugeDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.MetricSnapshot;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import io.prometheus.metrics.model.snapshots.Unit;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Gathers counters and gauges of one moment, family by family. Used by one thread, once. */
final class Figures {
    private final Map<String, GaugeSnapshot.Builder> gauges = new LinkedHashMap<>();
    private final Map<String, CounterSnapshot.Builder> counters = new LinkedHashMap<>();
    private final List<MetricSnapshot> others = new ArrayList<>();

    /**
     * A number that goes up and down. All of one name have the same help, which the first one says.
     *
     * @param labels names and values in turn
     */
    void gauge(String name, String help, double value, String... labels) {
        gauges.computeIfAbsent(
                        name,
                        _ -> GaugeSnapshot.builder().name(name).unit(unit(name)).help(help))
                .dataPoint(GaugeDataPointSnapshot.builder()
                        .labels(Labels.of(labels))
                        .value(value)
                        .build());
    }

    /** 1 if something holds, otherwise 0. */
    void gauge(String name, String help, boolean holds, String... labels) {
        gauge(name, help, holds ? 1 : 0, labels);
    }

    /**
     * A number that only goes up.
     *
     * @param name without {@code _total}, which is added
     * @param labels names and values in turn
     */
    void counter(String name, String help, double value, String... labels) {
        counters.computeIfAbsent(
                        name,
                        _ -> CounterSnapshot.builder()
                                .name(name)
                                .unit(unit(name))
                                .help(help))
                .dataPoint(CounterDataPointSnapshot.builder()
                        .labels(Labels.of(labels))
                        .value(value)
                        .build());
    }

    void add(MetricSnapshot other) {
        others.add(other);
    }

    private static @Nullable Unit unit(String name) {
        return name.endsWith("_seconds") ? Unit.SECONDS : name.endsWith("_bytes") ? Unit.BYTES : null;
    }

    MetricSnapshots all() {
        MetricSnapshots.Builder all = MetricSnapshots.builder();
        gauges.values().forEach(family -> all.metricSnapshot(family.build()));
        counters.values().forEach(family -> all.metricSnapshot(family.build()));
        others.forEach(all::metricSnapshot);
        return all.build();
    }
}
