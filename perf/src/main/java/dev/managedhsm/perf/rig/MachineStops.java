// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.perf.rig;

import dev.managedhsm.perf.budget.Surroundings;
import java.io.IOException;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.HdrHistogram.Histogram;

/**
 * For how long this machine stops threads that have nothing to wait for. As many threads as there are cores look at the clock, and at
 * nothing else; what has their cores meanwhile is the host, an interrupt, a thread of the kernel, or another of this machine's,
 * this JVM's among them. Whatever is measured on the machine has these stops too. To be run while nothing else is.
 */
final class MachineStops {
    /** What is shorter is no stop to speak of beside what is measured here. */
    private static final long FROM_NANOS = 100_000;

    private static final int DIGITS = 2;
    private static final double MILLIS = 1e6;
    private static final List<Integer> BOUNDS_MILLIS = List.of(1, 3, 5, 10);

    private final double seconds;
    private final PrintStream out;

    MachineStops(double seconds, PrintStream out) {
        this.seconds = seconds;
        this.out = out;
    }

    /**
     * Measures, and prints for each thread.
     *
     * @throws IOException if the machine cannot be described
     * @throws InterruptedException if the calling thread is interrupted meanwhile
     */
    void run() throws IOException, InterruptedException {
        out.println(Surroundings.describe());
        int cores = Runtime.getRuntime().availableProcessors();
        long endNanos = System.nanoTime() + Math.round(seconds * TimeUnit.SECONDS.toNanos(1));
        try (ExecutorService threads = Executors.newFixedThreadPool(cores)) {
            List<Future<Histogram>> looking = new ArrayList<>();
            for (int i = 0; i < cores; i++) {
                looking.add(threads.submit(() -> seen(System::nanoTime, endNanos)));
            }
            for (Future<Histogram> one : looking) {
                out.println(text(one.get()));
            }
        } catch (ExecutionException broken) {
            throw new IllegalStateException(broken);
        }
    }

    /** Nanoseconds between two looks at a clock, where they are far apart, until it has come to a time. */
    static Histogram seen(LongSupplier clock, long endNanos) {
        Histogram stops = new Histogram(DIGITS);
        long before = clock.getAsLong();
        while (before - endNanos < 0) {
            long now = clock.getAsLong();
            if (now - before >= FROM_NANOS) {
                stops.recordValue(now - before);
            }
            before = now;
        }
        return stops;
    }

    private String text(Histogram stops) {
        StringBuilder text = new StringBuilder(String.format(
                Locale.ROOT,
                "a thread that only looks at the clock, for %.0f s: stopped for %.1f ms at most",
                seconds,
                stops.getMaxValue() / MILLIS));
        for (int millis : BOUNDS_MILLIS) {
            long longer = Longer.count(stops, millis * MILLIS);
            text.append(String.format(Locale.ROOT, ", %d times for more than %d", longer, millis));
        }
        return text.append(" ms").toString();
    }
}
