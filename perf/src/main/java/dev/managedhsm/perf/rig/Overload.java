// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.perf.rig;

import dev.managedhsm.perf.budget.Surroundings;
import io.vertx.core.http.HttpVersion;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.util.Locale;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.HdrHistogram.Histogram;

/**
 * Sends twice what the HSM can do, on a schedule, and looks at three things: how much of its capacity it still does, how
 * soon it refuses the rest, and whether a refused request finds room when it comes again at the time it was told.
 */
final class Overload {
    private static final int CONNECTIONS = 8;
    private static final int IN_FLIGHT = 64;
    private static final double CAPACITY_SECONDS = 10;
    private static final int TIMES = 2;

    /** One refused request in so many comes again, so that those that do are no load of their own. */
    private static final int SAMPLED = 100;

    private static final double GOODPUT_MIN = 0.9;
    private static final double REFUSAL_MICROS_MAX = 5_000;
    private static final long RETRY_SECONDS_MAX = 90;
    private static final double MEGABYTE = 1 << 20;
    private static final double MICROS = 1_000;

    private final Work work;
    private final double seconds;
    private final PrintStream out;

    Overload(Work work, double seconds, PrintStream out) {
        this.work = work;
        this.seconds = seconds;
        this.out = out;
    }

    /** Measures and prints; whether all is as it must be. */
    boolean run(Path project) throws IOException, InterruptedException, GeneralSecurityException {
        out.println(Surroundings.describe());
        try (LiveHsm hsm = LiveHsm.start(project)) {
            String token = hsm.token();
            hsm.create("measured", work, token);
            Ask ask = work.ask("measured");
            ServerCpu server = new ServerCpu(hsm.process());
            try (Sender sender = Sender.to(hsm.url(), hsm.authority(), HttpVersion.HTTP_2, CONNECTIONS, token)) {
                WarmUp warmUp = new WarmUp(sender, ask, IN_FLIGHT);
                warmUp.run(server);
                double first = new ClosedLoop(sender, i -> ask, IN_FLIGHT).run(2_000);
                double capacity = new ClosedLoop(sender, i -> ask, IN_FLIGHT)
                        .run((int) Math.max(2_000, first * CAPACITY_SECONDS));
                warmUp.onSchedule(TIMES * capacity, server, project.resolve("perf/target/overload-warm.hlog"));
                return flood(hsm, sender, ask, capacity, project.resolve("perf/target/overload.hlog"));
            }
        }
    }

    /** What of the refusals' time was the HSM's own. */
    private void tell(Histogram refusals) {
        out.printf(
                Locale.ROOT,
                "by the HSM's own clock, from the head of a request to its refusal (%d): p50 %.0f us, p99 %.0f us, at most %.0f us; %d after more than %.0f us%n",
                refusals.getTotalCount(),
                refusals.getValueAtPercentile(50) / MICROS,
                refusals.getValueAtPercentile(99) / MICROS,
                refusals.getMaxValue() / MICROS,
                Longer.count(refusals, REFUSAL_MICROS_MAX * MICROS),
                REFUSAL_MICROS_MAX);
    }

    private boolean flood(LiveHsm hsm, Sender sender, Ask ask, double capacity, Path log)
            throws IOException, InterruptedException {
        ServerCpu server = new ServerCpu(hsm.process());
        long fromMillis = System.currentTimeMillis();
        long residentBefore = server.residentBytes();
        try (Retries retries = new Retries(sender, ask)) {
            Schedule schedule = Schedule.poisson(TIMES * capacity, seconds, 5);
            LoadFigures figures = new OpenLoop(sender, schedule, i -> ask, retries).run(log);
            long resident = server.residentBytes();
            long toMillis = System.currentTimeMillis();
            retries.floodEnded();
            out.printf(
                    Locale.ROOT,
                    "%n%s, capacity %.0f/s with %d in flight; then %d times that for %.0f s:%n%s%n",
                    work.label(),
                    capacity,
                    IN_FLIGHT,
                    TIMES,
                    seconds,
                    figures);
            boolean goodput = tell("goodput / capacity", figures.achieved() / capacity, GOODPUT_MIN, true);
            out.printf(
                    Locale.ROOT,
                    "refusals: %d, after p50 %.0f us, p99 %.0f us, p99.9 %.0f us; %d after more than %.0f us%n",
                    figures.refused(),
                    figures.refusalMicros(50),
                    figures.refusalMicros(99),
                    figures.refusalMicros(99.9),
                    figures.refusedAfter(REFUSAL_MICROS_MAX),
                    REFUSAL_MICROS_MAX);
            boolean soon = tell("slowest refusal, us", figures.refusalMicros(100), REFUSAL_MICROS_MAX, false);
            boolean others = tell("ended otherwise", (double) figures.failed(), 0, false);
            retries.settle();
            if (figures.refused() > 0) {
                tell(RefusalTimes.between(hsm, fromMillis, toMillis));
            }
            out.println(retries);
            boolean truthful =
                    tell("told a time, came then, found no room", (double) retries.brokenAfter.get(), 0, false);
            boolean silent = tell("refused without a time", (double) retries.silent.get(), 0, false);
            out.printf(
                    Locale.ROOT,
                    "resident memory: %.1f MB before, %.1f MB at the end%n",
                    residentBefore / MEGABYTE,
                    resident / MEGABYTE);
            return goodput && soon && others && truthful && silent;
        }
    }

    private boolean tell(String what, double value, double bound, boolean atLeast) {
        boolean kept = atLeast ? value >= bound : value <= bound;
        out.printf(
                Locale.ROOT,
                "%s: %.2f, %s %.2f: %s%n",
                what,
                value,
                atLeast ? "at least" : "at most",
                bound,
                kept ? "kept" : "MISSED");
        return kept;
    }

    /** Sends some of the refused requests again when they were told to come. */
    private static final class Retries implements OpenLoop.Refusals, AutoCloseable {
        private final Sender sender;
        private final Ask ask;
        private final ScheduledExecutorService clock = Executors.newSingleThreadScheduledExecutor();
        private final CountDownLatch settled = new CountDownLatch(1);

        /** Those that are on their way, and one while the flood goes on. */
        private final AtomicLong open = new AtomicLong(1);

        private final AtomicLong silent = new AtomicLong();
        private final AtomicLong keptWithin = new AtomicLong();
        private final AtomicLong brokenWithin = new AtomicLong();
        private final AtomicLong keptAfter = new AtomicLong();
        private final AtomicLong brokenAfter = new AtomicLong();
        private volatile boolean flooding = true;
        private int seen;
        private int longestSeconds;

        Retries(Sender sender, Ask ask) {
            this.sender = sender;
            this.ask = ask;
        }

        @Override
        public void refused(int index, int retryAfterSeconds) {
            if (retryAfterSeconds < 0) {
                silent.incrementAndGet();
                return;
            }
            longestSeconds = Math.max(longestSeconds, retryAfterSeconds);
            if (seen++ % SAMPLED == 0) {
                open.incrementAndGet();
                var _ = clock.schedule(() -> sender.onLoop(this::again), retryAfterSeconds, TimeUnit.SECONDS);
            }
        }

        private void again() {
            boolean within = flooding;
            sender.send(ask, (status, retryAfterSeconds) -> {
                AtomicLong count =
                        status == 200 ? within ? keptWithin : keptAfter : within ? brokenWithin : brokenAfter;
                count.incrementAndGet();
                ended();
            });
        }

        private void ended() {
            if (open.decrementAndGet() == 0) {
                settled.countDown();
            }
        }

        void floodEnded() {
            flooding = false;
            ended();
        }

        void settle() throws IOException, InterruptedException {
            if (!settled.await(RETRY_SECONDS_MAX, TimeUnit.SECONDS)) {
                throw new IOException(open.get() + " requests that came again had no end");
            }
        }

        @Override
        public String toString() {
            return String.format(
                    Locale.ROOT,
                    "came again when told (one in %d, told %d s at most): while the flood went on %d served, %d refused;"
                            + " after it %d served, %d refused",
                    SAMPLED,
                    longestSeconds,
                    keptWithin.get(),
                    brokenWithin.get(),
                    keptAfter.get(),
                    brokenAfter.get());
        }

        @Override
        public void close() {
            clock.shutdownNow();
        }
    }
}
