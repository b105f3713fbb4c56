// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.perf.rig;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Predicate;
import org.HdrHistogram.EncodableHistogram;
import org.HdrHistogram.Histogram;
import org.HdrHistogram.HistogramLogReader;

/**
 * What an HSM recorded between two moments, as a histogram log: its stages and the whole. Any thread that may block.
 *
 * @param text the log
 */
public record StageLog(String text) {
    /** The series of the whole path. */
    public static final String WHOLE = "TOTAL";

    /** Of the HSM's histograms: buckets of a sum with more would be cut anew. */
    private static final int DIGITS = 2;

    /** An interval of the log is ended by who asks for it, once it has run for a second. */
    private static final long INTERVAL_MILLIS_MIN = 1_100;

    /**
     * Ends the interval that an HSM is recording; what it has recorded in the intervals that began since a time. Before a run,
     * ask once with a time before it, and after it with the same.
     *
     * @param fromMillis since the epoch
     */
    public static StageLog since(LiveHsm hsm, long fromMillis) throws IOException, InterruptedException {
        var _ = hsm.latencyLog(fromMillis);
        Thread.sleep(INTERVAL_MILLIS_MIN);
        return new StageLog(hsm.latencyLog(fromMillis));
    }

    /** The histograms in nanoseconds by stage or {@link #WHOLE}, those of all intervals, operations and keys added. */
    public Map<String, Histogram> histograms() {
        return histograms(tag -> true);
    }

    /** The same of those series whose tags are wanted. */
    Map<String, Histogram> histograms(Predicate<String> wanted) {
        Map<String, Histogram> histograms = new TreeMap<>();
        try (HistogramLogReader reader =
                new HistogramLogReader(new ByteArrayInputStream(text.getBytes(StandardCharsets.US_ASCII)))) {
            EncodableHistogram next;
            while ((next = reader.nextIntervalHistogram()) != null) {
                String tag = next.getTag();
                if (!wanted.test(tag)) {
                    continue;
                }
                String series = tag.substring(tag.lastIndexOf('.') + 1);
                Histogram sum = histograms.computeIfAbsent(series, any -> new Histogram(DIGITS));
                sum.add((Histogram) next);
            }
        }
        return histograms;
    }
}
