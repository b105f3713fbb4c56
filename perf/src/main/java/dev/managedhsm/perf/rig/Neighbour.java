// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.perf.rig;

import dev.managedhsm.crypto.key.KeyClass;
import dev.managedhsm.perf.budget.Surroundings;
import io.vertx.core.http.HttpVersion;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.HdrHistogram.Histogram;

/**
 * How much a flood of RSA-4096 signatures, as many as the slow lane can do, delays ES256 signatures at a steady rate: the
 * same schedule without and with the flood, in turn.
 */
final class Neighbour {
    private static final int CONNECTIONS = 4;
    private static final int IN_FLIGHT = 64;
    private static final double MOVED_MAX = 1.2;
    private static final double MICROS = 1e3;

    private final double perSecond;
    private final double seconds;
    private final int rounds;
    private final PrintStream out;

    Neighbour(double perSecond, double seconds, int rounds, PrintStream out) {
        this.perSecond = perSecond;
        this.seconds = seconds;
        this.rounds = rounds;
        this.out = out;
    }

    /** Measures and prints; whether the median of the rounds' ratios is below its bound. */
    boolean run(Path project) throws IOException, InterruptedException, GeneralSecurityException {
        out.println(Surroundings.describe());
        try (LiveHsm hsm = LiveHsm.start(project)) {
            String token = hsm.token();
            hsm.create("steady", Work.ES256, token);
            hsm.create("flood", Work.RS256_4096, token);
            Path log = project.resolve("perf/target/neighbour.hlog");
            try (Sender sender = Sender.to(hsm.url(), hsm.authority(), HttpVersion.HTTP_2, CONNECTIONS, token);
                    Sender other = Sender.to(hsm.url(), hsm.authority(), HttpVersion.HTTP_2, 1, token)) {
                ServerCpu server = new ServerCpu(hsm.process());
                WarmUp warmUp = new WarmUp(sender, Work.ES256.ask("steady"), IN_FLIGHT);
                warmUp.runAndSchedule(perSecond, server, log);
                Flood flood = new Flood(other, Work.RS256_4096.ask("flood"));
                flood.begin(); // it meets code of its own, which would be compiled in the first round
                warmUp.onSchedule(perSecond, server, log);
                flood.end();
                List<Double> ratios = new ArrayList<>();
                List<Double> within = new ArrayList<>();
                for (int round = 0; round < rounds; round++) {
                    Steady alone = steady(hsm, sender, round, log);
                    flood.begin();
                    Steady beside = steady(hsm, sender, round, log);
                    double floodPerSecond = flood.end();
                    out.printf(
                            Locale.ROOT,
                            "alone:  %s%nbeside: %s%n        flood: %.0f signatures/s%n",
                            alone,
                            beside,
                            floodPerSecond);
                    if (alone.figures.reached() && beside.figures.reached()) {
                        ratios.add(beside.figures.micros(99) / alone.figures.micros(99));
                        within.add(beside.withinMicros() / alone.withinMicros());
                    }
                }
                if (!within.isEmpty()) {
                    out.printf(
                            "the same within the HSM (%s), where no sender waits for a core: median (least–most) %s%n",
                            StageLog.WHOLE, ratios(within));
                }
                return judge(ratios);
            }
        }
    }

    private static String ratios(List<Double> of) {
        Medians ratios = Medians.of(of);
        return String.format(Locale.ROOT, "%.2f (%.2f–%.2f)", ratios.median(), ratios.least(), ratios.most());
    }

    private boolean judge(List<Double> ratios) {
        if (ratios.isEmpty()) {
            out.println("no round reached its target: nothing is told");
            return false;
        }
        boolean kept = Medians.of(ratios).median() < MOVED_MAX;
        out.printf(
                Locale.ROOT,
                "p99 beside the flood / p99 alone: median %s of %d rounds, below %.2f: %s%n",
                ratios(ratios),
                ratios.size(),
                MOVED_MAX,
                kept ? "kept" : "MISSED");
        return kept;
    }

    /** ES256 in one round, and where in the HSM it was slow. */
    private record Steady(LoadFigures figures, Map<String, Histogram> stages) {
        /** The 99th percentile of what the HSM took, in microseconds; NaN if it recorded nothing. */
        double withinMicros() {
            Histogram whole = stages.get(StageLog.WHOLE);
            return whole == null ? Double.NaN : whole.getValueAtPercentile(99) / MICROS;
        }

        @Override
        public String toString() {
            StringBuilder text = new StringBuilder(figures.toString()).append("; p99 by stage, us:");
            stages.forEach((stage, nanos) -> text.append(
                    String.format(Locale.ROOT, " %s %.0f", stage, nanos.getValueAtPercentile(99) / MICROS)));
            return text.toString();
        }
    }

    private Steady steady(LiveHsm hsm, Sender sender, int round, Path log) throws IOException, InterruptedException {
        Ask ask = Work.ES256.ask("steady");
        long fromMillis = System.currentTimeMillis();
        var _ = StageLog.since(hsm, fromMillis);
        LoadFigures figures = new OpenLoop(sender, Schedule.poisson(perSecond, seconds, round), i -> ask).run(log);
        String series = '.' + KeyClass.P_256.name() + '.';
        return new Steady(figures, StageLog.since(hsm, fromMillis).histograms(tag -> tag.contains(series)));
    }

    /** Keeps the slow lane full. */
    private static final class Flood {
        private final Sender sender;
        private final Ask ask;
        private final AtomicBoolean flooding = new AtomicBoolean();
        private final AtomicLong signed = new AtomicLong();
        private final AtomicLong open = new AtomicLong();
        private long beganNanos;

        Flood(Sender sender, Ask ask) {
            this.sender = sender;
            this.ask = ask;
        }

        void begin() {
            beganNanos = System.nanoTime();
            flooding.set(true);
            signed.set(0);
            sender.onLoop(() -> {
                for (int i = 0; i < IN_FLIGHT; i++) {
                    next();
                }
            });
        }

        private void next() {
            open.incrementAndGet();
            sender.send(ask, (status, retryAfterSeconds) -> {
                open.decrementAndGet();
                if (status == 200) {
                    signed.incrementAndGet();
                }
                if (flooding.get()) {
                    next();
                }
            });
        }

        /** Ends it and waits for the last answer; how many signatures there were in a second until now. */
        double end() throws InterruptedException {
            double perSecond = signed.get() * (double) TimeUnit.SECONDS.toNanos(1) / (System.nanoTime() - beganNanos);
            flooding.set(false);
            while (open.get() > 0) {
                Thread.sleep(1);
            }
            return perSecond;
        }
    }
}
