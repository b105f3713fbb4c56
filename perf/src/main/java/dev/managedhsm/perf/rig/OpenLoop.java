// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.perf.rig;

import dev.managedhsm.crypto.foreign.CoreSharing;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.IntFunction;
import org.HdrHistogram.Histogram;
import org.HdrHistogram.HistogramLogWriter;
import org.HdrHistogram.SingleWriterRecorder;

/**
 * Sends on a schedule whatever the server does, and times each answer from the moment at which its request was meant to be
 * sent. One event loop keeps the schedule, sends and records: a thread of its own that wakes it for each request would take
 * from the server what a second of it costs. The calling thread writes the histograms and waits.
 */
public final class OpenLoop {
    private static final int DIGITS = 3;
    private static final long ANSWER_SECONDS_MAX = 30;
    private static final double NANOS = TimeUnit.SECONDS.toNanos(1);

    private final Sender sender;
    private final Schedule schedule;
    private final IntFunction<Ask> asks;
    private final Refusals refusals;
    private final SingleWriterRecorder recorder = new SingleWriterRecorder(DIGITS);
    private final Histogram total = new Histogram(DIGITS);
    private final Histogram refusal = new Histogram(DIGITS);
    private final Histogram lateness = new Histogram(DIGITS);
    private final CountDownLatch open;
    private long startNanos;
    private volatile boolean over;

    // The event loop's own until every request has ended.
    private int sent;
    private long good;
    private long refused;
    private long failed;
    private long lastNanos;

    /** Told on the event loop of each request that was refused with 429. */
    interface Refusals {
        /**
         * Told once for each.
         *
         * @param index of the request
         * @param retryAfterSeconds when it may come again, or -1 if the answer did not say
         */
        void refused(int index, int retryAfterSeconds);
    }

    /**
     * Sends nothing yet.
     *
     * @param sender what sends
     * @param schedule when
     * @param asks the request of each index
     */
    public OpenLoop(Sender sender, Schedule schedule, IntFunction<Ask> asks) {
        this(sender, schedule, asks, (index, seconds) -> {});
    }

    /** The same, with somebody who is told of refusals. */
    OpenLoop(Sender sender, Schedule schedule, IntFunction<Ask> asks, Refusals refusals) {
        this.sender = sender;
        this.schedule = schedule;
        this.asks = asks;
        this.refusals = refusals;
        this.open = new CountDownLatch(schedule.size());
    }

    /**
     * Runs the schedule to its end and waits for the last answer, at most 30 s.
     *
     * @param log where the histograms of every second go, for HdrHistogram's tools
     * @throws IOException if the log cannot be written, or answers are missing
     */
    public LoadFigures run(Path log) throws IOException, InterruptedException {
        try (PrintStream stream = new PrintStream(Files.newOutputStream(log), false, StandardCharsets.UTF_8)) {
            HistogramLogWriter writer = new HistogramLogWriter(stream);
            long startMillis = System.currentTimeMillis();
            writer.setBaseTime(startMillis);
            writer.outputLogFormatVersion();
            writer.outputStartTime(startMillis);
            writer.outputLegend();
            recorder.reset();
            startNanos = System.nanoTime();
            sender.onLoop(this::begin);
            long endNanos = startNanos
                    + schedule.intendedNanos(schedule.size() - 1)
                    + TimeUnit.SECONDS.toNanos(ANSWER_SECONDS_MAX);
            while (!open.await(1, TimeUnit.SECONDS) && System.nanoTime() < endNanos) {
                write(writer);
            }
            write(writer);
            if (open.getCount() > 0) {
                throw new IOException(open.getCount() + " requests had no end within " + ANSWER_SECONDS_MAX + " s");
            }
        } finally {
            over = true; // also when it breaks off in the middle of the schedule
        }
        double seconds = (lastNanos - startNanos) / NANOS;
        return new LoadFigures(schedule.perSecond(), good / seconds, refused, failed, total, refusal, lateness);
    }

    private void begin() {
        TimerSlack.least();
        CoreSharing.askForShortTurns(); // it shares the machine with what it measures, and would be late
        sendDue();
    }

    /** Sends what should have been sent by now, and comes again when the next one should be. */
    private void sendDue() {
        if (over) {
            return;
        }
        long sinceNanos = System.nanoTime() - startNanos;
        int due = sent;
        while (due < schedule.size() && schedule.intendedNanos(due) <= sinceNanos) {
            due++;
        }
        int from = sent;
        sent = due;
        send(from, due);
        if (due < schedule.size()) {
            long waitNanos = schedule.intendedNanos(due) - (System.nanoTime() - startNanos);
            sender.after(Math.max(0, waitNanos), this::sendDue);
        }
    }

    private void send(int from, int to) {
        for (int i = from; i < to; i++) {
            int index = i;
            long intended = startNanos + schedule.intendedNanos(i);
            long now = System.nanoTime();
            lateness.recordValue(Math.max(0, now - intended));
            sender.send(asks.apply(i), (status, retryAfter) -> ended(index, intended, now, status, retryAfter));
        }
    }

    private void ended(int index, long intended, long sent, int status, int retryAfterSeconds) {
        lastNanos = System.nanoTime();
        if (status == 200) {
            good++;
            recorder.recordValue(lastNanos - intended);
        } else if (status == 429) {
            refused++;
            refusal.recordValue(lastNanos - sent);
            refusals.refused(index, retryAfterSeconds);
        } else {
            failed++;
        }
        open.countDown();
    }

    private void write(HistogramLogWriter writer) {
        Histogram interval = recorder.getIntervalHistogram();
        writer.outputIntervalHistogram(interval);
        total.add(interval);
    }
}
