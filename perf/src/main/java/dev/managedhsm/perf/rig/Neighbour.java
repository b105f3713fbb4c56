// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.perf.rig;

import dev.managedhsm.perf.budget.Surroundings;
import io.vertx.core.http.HttpVersion;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;

/**
 * How much a flood of RSA-4096 signatures, as many as the slow lane can do, delays ES256 signatures at a steady rate: the
 * same schedule without and with the flood, in turn.
 */
final class Neighbour {
    private static final int CONNECTIONS = 4;
    private static final int IN_FLIGHT = 64;
    private static final double MOVED_MAX = 1.2;

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
                for (int round = 0; round < rounds; round++) {
                    LoadFigures alone = steady(sender, round, log);
                    flood.begin();
                    LoadFigures beside = steady(sender, round, log);
                    double floodPerSecond = flood.end() / seconds;
                    out.printf(
                            Locale.ROOT,
                            "alone:  %s%nbeside: %s%n        flood: %.0f signatures/s%n",
                            alone,
                            beside,
                            floodPerSecond);
                    if (alone.reached() && beside.reached()) {
                        ratios.add(beside.micros(99) / alone.micros(99));
                    }
                }
                return judge(ratios);
            }
        }
    }

    private boolean judge(List<Double> ratios) {
        if (ratios.isEmpty()) {
            out.println("no round reached its target: nothing is told");
            return false;
        }
        Medians moved = Medians.of(ratios);
        boolean kept = moved.median() < MOVED_MAX;
        out.printf(
                Locale.ROOT,
                "p99 beside the flood / p99 alone: median %.2f (%.2f–%.2f) of %d rounds, below %.2f: %s%n",
                moved.median(),
                moved.least(),
                moved.most(),
                ratios.size(),
                MOVED_MAX,
                kept ? "kept" : "MISSED");
        return kept;
    }

    private LoadFigures steady(Sender sender, int round, Path log) throws IOException, InterruptedException {
        Ask ask = Work.ES256.ask("steady");
        return new OpenLoop(sender, Schedule.poisson(perSecond, seconds, round), i -> ask).run(log);
    }

    /** Keeps the slow lane full. */
    private static final class Flood {
        private final Sender sender;
        private final Ask ask;
        private final AtomicBoolean flooding = new AtomicBoolean();
        private final AtomicLong signed = new AtomicLong();
        private final AtomicLong open = new AtomicLong();

        Flood(Sender sender, Ask ask) {
            this.sender = sender;
            this.ask = ask;
        }

        void begin() {
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

        /** Ends it and waits for the last answer; how many signatures there were until now. */
        long end() throws InterruptedException {
            long count = signed.get();
            flooding.set(false);
            while (open.get() > 0) {
                Thread.sleep(1);
            }
            return count;
        }
    }
}
