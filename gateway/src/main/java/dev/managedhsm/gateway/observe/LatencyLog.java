// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.observe;

import dev.managedhsm.crypto.latency.LatencyBook;
import dev.managedhsm.crypto.latency.LatencyIntervals;
import dev.managedhsm.gateway.wire.Refused;
import dev.managedhsm.gateway.wire.WireError;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.InstantSource;
import org.HdrHistogram.HistogramLogWriter;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What was recorded in each interval, written to files in HdrHistogram's log format 1.3: one tagged histogram for each
 * series that occurred, values in nanoseconds, times in seconds since 1970. An HSM that does nothing writes nothing.
 *
 * <pre>
 *   LatencyBook ── every ten seconds, or when somebody asks ──▶ latency-TIME.hlog, latency-TIME.hlog, …
 *                                                                       │  whole intervals of a window
 *                                                                       └──▶ /latency.hlog?from=&amp;to=
 * </pre>
 *
 * <p>Any thread that may wait for a disk; callers wait for each other, nobody who records waits for them. It is no evidence:
 * files are not forced to disk, and an interval that a full disk does not take is lost and counted.
 */
public final class LatencyLog implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(LatencyLog.class);

    /** Longest answer for a window, in bytes. */
    private static final int WINDOW_BYTES_MAX = 32 << 20;

    /** Askers cannot make intervals shorter than this. */
    private static final long INTERVAL_MILLIS_MIN = 1_000;

    /** A histogram log states its interval's maximum in milliseconds. */
    private static final double NANOS_PER_MILLI = 1e6;

    private static final double MILLIS_PER_SECOND = 1e3;

    private final LatencyIntervals intervals;
    private final LatencyLogFiles files;
    private final InstantSource clock;
    private long cutMillis;
    private long written;
    private long failed;
    private boolean failing;

    private LatencyLog(LatencyBook book, LatencyLogFiles files, InstantSource clock) {
        this.files = files;
        this.clock = clock;
        this.cutMillis = clock.millis();
        this.intervals = book.intervals();
    }

    /**
     * Opens the folder. Somebody must call {@link #cut} once a period.
     *
     * @throws UncheckedIOException if the folder cannot be made or read
     */
    public static LatencyLog open(LatencyBook book, LatencyLogConfig config, InstantSource clock) {
        try {
            return new LatencyLog(book, new LatencyLogFiles(config), clock);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Ends the interval and writes it; the next one begins. */
    public synchronized void cut() {
        long nowMillis = clock.millis();
        ByteArrayOutputStream lines = new ByteArrayOutputStream();
        HistogramLogWriter writer = writer(lines);
        intervals.next((series, histogram) -> {
            histogram.setTag(series.tag());
            histogram.setStartTimeStamp(cutMillis);
            histogram.setEndTimeStamp(nowMillis);
            writer.outputIntervalHistogram(
                    cutMillis / MILLIS_PER_SECOND, nowMillis / MILLIS_PER_SECOND, histogram, NANOS_PER_MILLI);
        });
        writer.close();
        long beganMillis = cutMillis;
        cutMillis = nowMillis;
        if (lines.size() > 0) {
            append(lines.toByteArray(), beganMillis);
        }
    }

    private static HistogramLogWriter writer(ByteArrayOutputStream out) {
        return new HistogramLogWriter(new PrintStream(out, false, StandardCharsets.US_ASCII));
    }

    private void append(byte[] lines, long beganMillis) {
        try {
            files.append(lines, beganMillis, LatencyLog::head);
            written++;
            failing = false;
        } catch (IOException e) {
            failed++;
            if (!failing) {
                LOG.warn("an interval of latencies could not be written: {}", e.toString());
            }
            failing = true;
        }
    }

    private static byte[] head(long startMillis) {
        ByteArrayOutputStream head = new ByteArrayOutputStream();
        HistogramLogWriter writer = writer(head);
        writer.outputLogFormatVersion();
        writer.outputComment("[values in nanoseconds, interval maximum in milliseconds]");
        writer.outputStartTime(startMillis);
        writer.outputBaseTime(0);
        writer.outputLegend();
        writer.close();
        return head.toByteArray();
    }

    /**
     * The intervals that lie wholly in a window, as one log. The interval that is being recorded is ended first, unless it
     * has just begun, so that a window can begin and end when somebody asks.
     *
     * @param from the first moment
     * @param to the last moment
     * @throws Refused if that is more than can be answered at once
     */
    public byte[] window(Instant from, Instant to) throws Refused {
        ByteArrayOutputStream log = new ByteArrayOutputStream();
        synchronized (this) {
            if (clock.millis() - cutMillis >= INTERVAL_MILLIS_MIN) {
                cut();
            }
            log.writeBytes(head(from.toEpochMilli()));
            log.writeBytes(("#[the last interval ended at " + Instant.ofEpochMilli(cutMillis) + "]\n")
                    .getBytes(StandardCharsets.US_ASCII));
        }
        try {
            files.lines(from.toEpochMilli(), to.toEpochMilli(), line -> {
                log.writeBytes(line.getBytes(StandardCharsets.US_ASCII));
                log.write('\n');
                return log.size() <= WINDOW_BYTES_MAX;
            });
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        if (log.size() > WINDOW_BYTES_MAX) {
            throw new Refused(WireError.badParameter("The window holds more histograms than one answer: ask for less"));
        }
        return log.toByteArray();
    }

    /** Intervals that were written. */
    public synchronized long written() {
        return written;
    }

    /** Intervals that were lost. */
    public synchronized long failed() {
        return failed;
    }

    /** Writes what was recorded since the last interval, then ends. */
    @Override
    public synchronized void close() {
        cut();
        intervals.close();
        files.close();
    }
}
