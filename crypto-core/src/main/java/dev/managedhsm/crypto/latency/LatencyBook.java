// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.latency;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.BiConsumer;
import org.HdrHistogram.Histogram;
import org.HdrHistogram.HistogramLogWriter;
import org.HdrHistogram.SingleWriterRecorder;
import org.jspecify.annotations.Nullable;

/**
 * Everything recorded since the start, gathered from all recorders. Any thread; readers wait for each other, never for a
 * writer, and no writer waits for them (the recorders' own guarantee).
 */
public final class LatencyBook {
    private static final double NANOS_PER_MICRO = 1_000.0;

    /** A histogram log states its interval's maximum in milliseconds. */
    private static final double NANOS_PER_MILLI = 1_000_000.0;

    private static final double MILLIS_PER_SECOND = 1_000.0;

    private final Clock clock;
    private final long startMillis;
    private final List<LatencyRecorder> recorders = new ArrayList<>();
    private final @Nullable Histogram[] totals = new @Nullable Histogram[LatencySeries.COUNT];
    private final List<LatencyIntervals> readers = new ArrayList<>();

    /** Lent to each recorder in turn, so that reading allocates nothing. */
    private @Nullable Histogram lent;

    /** @param clock tells the wall-clock time of a histogram log's interval */
    public LatencyBook(Clock clock) {
        this.clock = clock;
        this.startMillis = clock.millis();
    }

    /** A new recorder for one thread. */
    public synchronized LatencyRecorder recorder() {
        LatencyRecorder recorder = new LatencyRecorder();
        recorders.add(recorder);
        return recorder;
    }

    /**
     * A table for people: one line per operation, kind of key and stage, with count and percentiles in microseconds. The
     * first line says the units; the last that the table is complete.
     */
    public synchronized String text() {
        gather();
        StringBuilder out = new StringBuilder(4096);
        out.append(String.format(
                Locale.ROOT,
                "# latency since %s, microseconds%n%-12s %-9s %-13s %10s %10s %10s %10s %10s %10s %10s %10s%n",
                java.time.Instant.ofEpochMilli(startMillis),
                "operation",
                "key",
                "stage",
                "count",
                "mean",
                "p50",
                "p90",
                "p99",
                "p99.9",
                "p99.99",
                "max"));
        for (int i = 0; i < totals.length; i++) {
            Histogram total = totals[i];
            if (total != null) {
                line(out, LatencySeries.at(i), total);
            }
        }
        return out.append("# end\n").toString();
    }

    private static void line(StringBuilder out, LatencySeries series, Histogram total) {
        out.append(String.format(
                Locale.ROOT,
                "%-12s %-9s %-13s %10d %10.1f %10.1f %10.1f %10.1f %10.1f %10.1f %10.1f%n",
                series.operation(),
                series.keyClass(),
                series.stageName(),
                total.getTotalCount(),
                total.getMean() / NANOS_PER_MICRO,
                total.getValueAtPercentile(50) / NANOS_PER_MICRO,
                total.getValueAtPercentile(90) / NANOS_PER_MICRO,
                total.getValueAtPercentile(99) / NANOS_PER_MICRO,
                total.getValueAtPercentile(99.9) / NANOS_PER_MICRO,
                total.getValueAtPercentile(99.99) / NANOS_PER_MICRO,
                total.getMaxValue() / NANOS_PER_MICRO));
    }

    /**
     * The same as a histogram log in HdrHistogram's format 1.3: one interval from the start to now, one tagged histogram
     * per series, values in nanoseconds.
     */
    public synchronized byte[] log() {
        gather();
        long nowMillis = clock.millis();
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(16 * 1024);
        HistogramLogWriter writer = new HistogramLogWriter(new PrintStream(bytes, false, StandardCharsets.US_ASCII));
        writer.outputLogFormatVersion();
        writer.outputComment("[values in nanoseconds, interval maximum in milliseconds]");
        writer.outputStartTime(startMillis);
        writer.outputBaseTime(startMillis);
        double seconds = (nowMillis - startMillis) / MILLIS_PER_SECOND;
        writer.outputLegend();
        for (int i = 0; i < totals.length; i++) {
            Histogram total = totals[i];
            if (total != null) {
                total.setTag(LatencySeries.at(i).tag());
                total.setStartTimeStamp(startMillis);
                total.setEndTimeStamp(nowMillis);
                writer.outputIntervalHistogram(0, seconds, total, NANOS_PER_MILLI);
            }
        }
        writer.close();
        return bytes.toByteArray();
    }

    /**
     * Tells of every series that has occurred, all that was recorded since the start.
     *
     * @param told is given histograms, in nanoseconds, that are valid until it returns; must not use the book
     */
    public synchronized void totals(BiConsumer<LatencySeries, Histogram> told) {
        gather();
        for (int i = 0; i < totals.length; i++) {
            Histogram total = totals[i];
            if (total != null) {
                told.accept(LatencySeries.at(i), total);
            }
        }
    }

    /**
     * Starts to read what is recorded from now on, beside the totals and beside other readers. As long as the reader is open,
     * each look at the book costs a little more; writers do not notice.
     */
    public synchronized LatencyIntervals intervals() {
        gather();
        LatencyIntervals reader = new LatencyIntervals(this);
        for (int i = 0; i < totals.length; i++) {
            Histogram total = totals[i];
            if (total != null) {
                reader.since(i, total);
            }
        }
        readers.add(reader);
        return reader;
    }

    /** Hands the reader what was recorded since its last look, then forgets it. */
    synchronized void next(LatencyIntervals reader, BiConsumer<LatencySeries, Histogram> told) {
        gather();
        reader.tell(told);
    }

    synchronized void forget(LatencyIntervals reader) {
        readers.remove(reader);
    }

    static Histogram histogram() {
        return new Histogram(LatencyRecorder.NANOS_MAX, LatencyRecorder.SIGNIFICANT_DIGITS);
    }

    private void gather() {
        for (LatencyRecorder recorder : recorders) {
            for (int i = 0; i < totals.length; i++) {
                SingleWriterRecorder source = recorder.recorder(i);
                if (source != null) {
                    gather(i, source);
                }
            }
        }
    }

    private void gather(int series, SingleWriterRecorder source) {
        Histogram interval = source.getIntervalHistogram(lent, false); // all recorders are alike
        lent = interval;
        if (interval.getTotalCount() == 0) {
            return;
        }
        Histogram total = totals[series];
        if (total == null) {
            total = histogram();
            totals[series] = total;
        }
        total.add(interval);
        for (LatencyIntervals reader : readers) {
            reader.add(series, interval);
        }
    }
}
