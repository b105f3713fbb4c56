// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.trace;

import dev.managedhsm.crypto.operation.Stage;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanBuilder;
import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.api.trace.TraceFlags;
import io.opentelemetry.api.trace.TraceState;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.context.Context;
import io.opentelemetry.exporter.otlp.http.trace.OtlpHttpSpanExporter;
import io.opentelemetry.exporter.otlp.http.trace.OtlpHttpSpanExporterBuilder;
import io.opentelemetry.sdk.resources.Resource;
import io.opentelemetry.sdk.trace.IdGenerator;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.export.BatchSpanProcessor;
import io.opentelemetry.sdk.trace.samplers.Sampler;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Makes spans of requests that are over: one of the server, and one below it for each stage of a key operation. Used by the
 * traces thread only; the library's own thread sends them.
 */
final class SpanWriter implements AutoCloseable {
    private static final Stage[] STAGES = Stage.values();
    /** How long spans wait for others to be sent with. */
    private static final Duration SENT_AFTER_MAX = Duration.ofSeconds(1);

    private static final Duration EXPORT_TIME_MAX = Duration.ofSeconds(5);
    private static final long CLOSE_SECONDS_MAX = 5;
    private static final int SERVER_ERROR = 500;

    private static final AttributeKey<String> METHOD = AttributeKey.stringKey("http.request.method");
    private static final AttributeKey<Long> STATUS = AttributeKey.longKey("http.response.status_code");
    private static final AttributeKey<String> CLIENT = AttributeKey.stringKey("client.address");
    private static final AttributeKey<String> SERVICE = AttributeKey.stringKey("service.name");
    private static final AttributeKey<String> REQUEST_ID = AttributeKey.stringKey("hsm.request_id");
    private static final AttributeKey<String> KEY_NAME = AttributeKey.stringKey("hsm.key.name");
    private static final AttributeKey<String> KEY_CLASS = AttributeKey.stringKey("hsm.key.class");
    private static final AttributeKey<String> ALGORITHM = AttributeKey.stringKey("hsm.algorithm");
    private static final AttributeKey<String> OUTCOME = AttributeKey.stringKey("hsm.outcome");

    private final Ids ids = new Ids();
    private final CountedExporter exporter;
    private final SdkTracerProvider provider;
    private final Tracer tracer;

    SpanWriter(TraceConfig config) {
        OtlpHttpSpanExporterBuilder otlp = OtlpHttpSpanExporter.builder()
                .setEndpoint(config.endpoint().toString())
                .setTimeout(EXPORT_TIME_MAX);
        Path trusted = config.trustedCertificates();
        if (trusted != null) {
            otlp.setTrustedCertificates(bytes(trusted));
        }
        this.exporter = new CountedExporter(otlp.build());
        this.provider = SdkTracerProvider.builder()
                .setSampler(Sampler.alwaysOn()) // it was decided before
                .setIdGenerator(ids)
                .setResource(Resource.create(Attributes.of(SERVICE, config.serviceName())))
                .addSpanProcessor(BatchSpanProcessor.builder(exporter)
                        .setScheduleDelay(SENT_AFTER_MAX)
                        .build())
                .build();
        this.tracer = provider.get("dev.managedhsm.gateway");
    }

    private static byte[] bytes(Path file) {
        try {
            return Files.readAllBytes(file);
        } catch (IOException e) {
            throw new IllegalArgumentException("the collector's certificates cannot be read from " + file, e);
        }
    }

    /** Wall clock less {@link System#nanoTime()} now: spans are given times of day, and the clock may have been set. */
    private static long offsetNanos() {
        Instant now = Instant.now();
        return TimeUnit.SECONDS.toNanos(now.getEpochSecond()) + now.getNano() - System.nanoTime();
    }

    void write(RequestTrace trace) {
        long offsetNanos = offsetNanos();
        ids.next = trace.traceId;
        String parent = trace.parentSpanId;
        SpanBuilder builder = tracer.spanBuilder(trace.name)
                .setSpanKind(SpanKind.SERVER)
                .setStartTimestamp(trace.startNanos + offsetNanos, TimeUnit.NANOSECONDS)
                .setAttribute(METHOD, trace.method)
                .setAttribute(STATUS, (long) trace.status)
                .setAttribute(CLIENT, trace.clientAddress)
                .setAttribute(REQUEST_ID, trace.requestId);
        if (parent == null) {
            builder.setNoParent();
        } else {
            builder.setParent(Context.root()
                    .with(Span.wrap(SpanContext.createFromRemoteParent(
                            trace.traceId, parent, TraceFlags.getSampled(), TraceState.getDefault()))));
        }
        put(builder, KEY_NAME, trace.keyName);
        put(builder, KEY_CLASS, trace.keyClass);
        put(builder, ALGORITHM, trace.algorithm);
        put(builder, OUTCOME, trace.outcome);
        Span span = builder.startSpan();
        if (trace.status >= SERVER_ERROR) {
            span.setStatus(StatusCode.ERROR);
        }
        stages(trace, span, offsetNanos);
        span.end(trace.endNanos + offsetNanos, TimeUnit.NANOSECONDS);
    }

    private static void put(SpanBuilder builder, AttributeKey<String> key, @Nullable String value) {
        if (value != null) {
            builder.setAttribute(key, value);
        }
    }

    private void stages(RequestTrace trace, Span span, long offsetNanos) {
        long[] ends = trace.stageEnds;
        if (ends == null) {
            return;
        }
        Context below = Context.root().with(span);
        long beganNanos = trace.startNanos;
        for (int i = 0; i < STAGES.length; i++) {
            tracer.spanBuilder(STAGES[i].name().toLowerCase(Locale.ROOT))
                    .setParent(below)
                    .setStartTimestamp(beganNanos + offsetNanos, TimeUnit.NANOSECONDS)
                    .startSpan()
                    .end(ends[i] + offsetNanos, TimeUnit.NANOSECONDS);
            beganNanos = ends[i];
        }
    }

    long exported() {
        return exporter.exported();
    }

    long failed() {
        return exporter.failed();
    }

    @Override
    public void close() {
        provider.shutdown().join(CLOSE_SECONDS_MAX, TimeUnit.SECONDS);
    }

    /** Gives a trace that begins here the id that its request was promised. */
    private static final class Ids implements IdGenerator {
        private final IdGenerator random = IdGenerator.random();
        private String next = "";

        @Override
        public String generateSpanId() {
            return random.generateSpanId();
        }

        @Override
        public String generateTraceId() {
            return next;
        }
    }
}
