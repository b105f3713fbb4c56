// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.latency;

import java.util.function.BiConsumer;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/**
 * What was recorded between one look and the next. Made by {@link LatencyBook#intervals}; used by one thread, and nothing
 * that it does makes a writer wait. Costs memory for the series that occur while it is open: two histograms of 31 KB each.
 */
public final class LatencyIntervals implements AutoCloseable {
    private final LatencyBook book;
    private final @Nullable Histogram[] since = new @Nullable Histogram[LatencySeries.COUNT];
    private final @Nullable Histogram[] waiting = new @Nullable Histogram[LatencySeries.COUNT];

    LatencyIntervals(LatencyBook book) {
        this.book = book;
    }

    /**
     * Tells of each series in which something was recorded since the last call, or since this was made.
     *
     * @param told is given histograms, in nanoseconds, that are valid until it returns; must not use the book
     */
    public void next(BiConsumer<LatencySeries, Histogram> told) {
        book.next(this, told);
    }

    /**
     * Tells of each series that has occurred, all that was recorded since the start up to the last {@link #next}.
     *
     * @param told is given histograms, in nanoseconds, that are valid until it returns
     */
    public void sinceStart(BiConsumer<LatencySeries, Histogram> told) {
        for (int i = 0; i < since.length; i++) {
            Histogram total = since[i];
            if (total != null) {
                told.accept(LatencySeries.at(i), total);
            }
        }
    }

    /** Ends it: the book costs what it did before. */
    @Override
    public void close() {
        book.forget(this);
    }

    // Below: under the book's lock.

    void since(int series, Histogram total) {
        since[series] = total.copy();
    }

    void add(int series, Histogram interval) {
        histogram(waiting, series).add(interval);
    }

    void tell(BiConsumer<LatencySeries, Histogram> told) {
        for (int i = 0; i < waiting.length; i++) {
            Histogram recorded = waiting[i];
            if (recorded != null && recorded.getTotalCount() > 0) {
                told.accept(LatencySeries.at(i), recorded);
                histogram(since, i).add(recorded);
                recorded.reset();
            }
        }
    }

    private static Histogram histogram(@Nullable Histogram[] histograms, int series) {
        Histogram histogram = histograms[series];
        if (histogram == null) {
            histogram = LatencyBook.histogram();
            histograms[series] = histogram;
        }
        return histogram;
    }
}
