// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.trace;

import io.opentelemetry.sdk.common.CompletableResultCode;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.export.SpanExporter;
import java.util.Collection;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.LongAdder;
import java.util.logging.Level;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Counts what another exporter sends, and says once when it begins to fail and once when it works again. Any thread. */
final class CountedExporter implements SpanExporter {
    private static final Logger LOG = LoggerFactory.getLogger(CountedExporter.class);

    /** The library's own word on each failure would go past our log; held so that its level stays. */
    private static final java.util.logging.Logger LIBRARY =
            java.util.logging.Logger.getLogger("io.opentelemetry.exporter");

    private final SpanExporter exporter;
    private final LongAdder exported = new LongAdder();
    private final LongAdder failed = new LongAdder();
    private final AtomicBoolean failing = new AtomicBoolean();

    CountedExporter(SpanExporter exporter) {
        this.exporter = exporter;
        LIBRARY.setLevel(Level.OFF);
    }

    @Override
    public CompletableResultCode export(Collection<SpanData> spans) {
        int count = spans.size();
        CompletableResultCode end = exporter.export(spans);
        return end.whenComplete(() -> {
            if (end.isSuccess()) {
                exported.add(count);
                if (failing.getAndSet(false)) {
                    LOG.info("the collector of traces takes spans again");
                }
            } else {
                failed.add(count);
                if (!failing.getAndSet(true)) {
                    Throwable cause = end.getFailureThrowable();
                    LOG.warn(
                            "the collector of traces does not take spans: {}",
                            cause == null ? "refused" : cause.toString());
                }
            }
        });
    }

    long exported() {
        return exported.sum();
    }

    long failed() {
        return failed.sum();
    }

    @Override
    public CompletableResultCode flush() {
        return exporter.flush();
    }

    @Override
    public CompletableResultCode shutdown() {
        return exporter.shutdown();
    }
}
