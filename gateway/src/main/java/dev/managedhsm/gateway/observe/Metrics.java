// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.observe;

import io.micrometer.core.instrument.Clock;
import io.micrometer.core.instrument.binder.MeterBinder;
import io.micrometer.core.instrument.binder.jvm.ClassLoaderMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmGcMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmHeapPressureMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmThreadMetrics;
import io.micrometer.core.instrument.binder.system.FileDescriptorMetrics;
import io.micrometer.core.instrument.binder.system.ProcessorMetrics;
import io.micrometer.core.instrument.binder.system.UptimeMetrics;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.prometheus.metrics.expositionformats.ExpositionFormatWriter;
import io.prometheus.metrics.expositionformats.ExpositionFormats;
import io.prometheus.metrics.model.registry.MultiCollector;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.vertx.core.metrics.MetricsOptions;
import io.vertx.core.spi.VertxMetricsFactory;
import io.vertx.micrometer.MetricsDomain;
import io.vertx.micrometer.MicrometerMetricsFactory;
import io.vertx.micrometer.MicrometerMetricsOptions;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Every figure of the process in one place, in the forms that Prometheus reads. Any thread that may take milliseconds:
 * never an event loop.
 */
public final class Metrics implements AutoCloseable {
    private static final int PAGE_LENGTH_USUAL = 64 * 1024;

    private final PrometheusRegistry families = new PrometheusRegistry();
    private final PrometheusMeterRegistry meters =
            new PrometheusMeterRegistry(PrometheusConfig.DEFAULT, families, Clock.SYSTEM);
    private final ExpositionFormats formats = ExpositionFormats.init();
    private final JvmGcMetrics collections = new JvmGcMetrics();
    private final JvmHeapPressureMetrics pressure = new JvmHeapPressureMetrics();

    /**
     * What is answered.
     *
     * @param contentType the form that was agreed on
     * @param body the figures; belongs to the caller
     */
    @SuppressWarnings("ArrayRecordComponent") // nobody compares these
    public record Page(String contentType, byte[] body) {}

    /** With the figures of the JVM and the process. */
    public Metrics() {
        List<MeterBinder> process = List.of(
                collections,
                pressure,
                new JvmMemoryMetrics(),
                new JvmThreadMetrics(),
                new ClassLoaderMetrics(),
                new ProcessorMetrics(),
                new FileDescriptorMetrics(),
                new UptimeMetrics());
        process.forEach(binder -> binder.bindTo(meters));
    }

    /** What Vert.x tells its figures. */
    public VertxMetricsFactory vertx() {
        return new MicrometerMetricsFactory(meters);
    }

    /**
     * Which of its figures Vert.x tells: those of its pools. What it counts for each request costs an event loop more than
     * the HSM's own counters, and tells less.
     */
    public static MetricsOptions vertxOptions() {
        MicrometerMetricsOptions options =
                new MicrometerMetricsOptions().setRegistryName(UUID.randomUUID().toString());
        for (MetricsDomain domain : MetricsDomain.values()) {
            if (domain != MetricsDomain.NAMED_POOLS) {
                options.addDisabledMetricsCategory(domain);
            }
        }
        return options.setEnabled(true);
    }

    /** Asks this one too from now on, each time somebody asks. */
    void add(MultiCollector collector) {
        families.register(collector);
    }

    /**
     * All figures now.
     *
     * @param accept what the header {@code accept} says, or null if there is none: Prometheus text unless OpenMetrics or
     *     Prometheus' protobuf is asked for
     */
    public Page page(@Nullable String accept) {
        ExpositionFormatWriter writer = formats.findWriter(accept);
        ByteArrayOutputStream body = new ByteArrayOutputStream(PAGE_LENGTH_USUAL);
        try {
            writer.write(body, families.scrape());
        } catch (IOException e) {
            throw new IllegalStateException("nothing is written but to memory", e);
        }
        return new Page(writer.getContentType(), body.toByteArray());
    }

    /** Listens to the JVM no longer. */
    @Override
    public void close() {
        collections.close();
        pressure.close();
        meters.close();
    }
}
