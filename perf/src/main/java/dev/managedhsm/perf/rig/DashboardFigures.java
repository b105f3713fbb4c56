// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.perf.rig;

import dev.managedhsm.perf.budget.Surroundings;
import io.vertx.core.http.HttpVersion;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/**
 * Loads an HSM on a schedule and reads what its dashboard shows of the run in a real browser, beside two histogram logs:
 * the HSM's own for exactly that time, with which the page must agree, and the rig's, which begins at the intended sending.
 * The second is longer by the network, by the client's own work, and by the time in which a request should have been sent
 * and was not: no server can know that, so it is told and not compared.
 */
final class DashboardFigures {
    private static final int CONNECTIONS = 4;
    private static final int IN_FLIGHT = 64;

    /** By how much a figure of the page may differ from the same figure of the log. */
    private static final double DIFFERENCE_MAX = 0.02;

    private static final double MICROS = 1_000;

    private final Plan plan;
    private final PrintStream out;

    /**
     * What is done.
     *
     * @param work the requests
     * @param rates requests a second, one run each; 0 is a minute of silence
     * @param seconds how long each run is; less than a minute, which is what the page looks at
     * @param warm whether all are warmed up before, the HSM by a schedule of the highest rate too
     */
    record Plan(Work work, List<Double> rates, double seconds, boolean warm) {
        Plan {
            rates = List.copyOf(rates);
        }
    }

    DashboardFigures(Plan plan, PrintStream out) {
        this.plan = plan;
        this.out = out;
    }

    /** Loads and prints; whether the page has shown the log's figures each time. */
    boolean run(Path project) throws IOException, InterruptedException, GeneralSecurityException {
        out.println(Surroundings.describe());
        Path folder = Files.createDirectories(project.resolve("perf/target/dashboard"));
        try (LiveHsm hsm = LiveHsm.start(project)) {
            String token = hsm.token();
            hsm.create("measured", plan.work(), token);
            try (Sender sender = Sender.to(hsm.url(), hsm.authority(), HttpVersion.HTTP_2, CONNECTIONS, token)) {
                Ask ask = plan.work().ask("measured");
                try (OpenDashboard page = OpenDashboard.of(hsm, token)) {
                    if (plan.warm()) { // while somebody looks: the page's own work is part of it
                        warm(hsm, new WarmUp(sender, ask, IN_FLIGHT), folder.resolve("warm.hlog"));
                    }
                    boolean same = true;
                    for (double perSecond : plan.rates()) {
                        same &= run(hsm, sender, ask, page, perSecond, folder);
                    }
                    return same;
                }
            }
        }
    }

    private void warm(LiveHsm hsm, WarmUp warmUp, Path log) throws IOException, InterruptedException {
        ServerCpu server = new ServerCpu(hsm.process());
        double highest = Collections.max(plan.rates());
        warmUp.run(server);
        if (highest > 0) {
            warmUp.onSchedule(highest, server, log);
        }
    }

    private boolean run(LiveHsm hsm, Sender sender, Ask ask, OpenDashboard page, double perSecond, Path folder)
            throws IOException, InterruptedException {
        page.freeze(false);
        page.awaitCount(0);
        String name = String.valueOf(Math.round(perSecond));
        long fromMillis = System.currentTimeMillis();
        var _ = StageLog.since(hsm, fromMillis);
        long sent = 0;
        LoadFigures figures = null;
        if (perSecond > 0) {
            Schedule schedule = Schedule.poisson(perSecond, plan.seconds(), 7);
            sent = schedule.size();
            Thread camera = camera(page, perSecond, folder.resolve(name + "-running.png"));
            figures = new OpenLoop(sender, schedule, i -> ask).run(folder.resolve(name + "-rig.hlog"));
            camera.join();
            page.awaitCount(sent - figures.refused() - figures.failed());
        }
        page.freeze(true);
        page.picture(folder.resolve(name + ".png"));
        StageLog log = StageLog.since(hsm, fromMillis);
        Files.writeString(folder.resolve(name + "-hsm.hlog"), log.text());
        return tell(perSecond, figures, page, log.histograms());
    }

    /** Takes a picture while the load runs, as soon as the page shows its rate. */
    private Thread camera(OpenDashboard page, double perSecond, Path file) {
        return Thread.ofPlatform().daemon().name("camera").start(() -> {
            try {
                boolean shown = page.awaitRate(perSecond, plan.seconds());
                out.printf(
                        Locale.ROOT,
                        "%n%.0f/s wanted; %s: %s%n",
                        perSecond,
                        shown ? "while it ran the page showed" : "THE PAGE NEVER SHOWED THAT RATE but",
                        page.figures());
                page.picture(file);
            } catch (IOException | InterruptedException e) {
                out.println("no picture: " + e);
            }
        });
    }

    private boolean tell(
            double perSecond, @Nullable LoadFigures rig, OpenDashboard page, Map<String, Histogram> histograms)
            throws IOException, InterruptedException {
        Map<String, OpenDashboard.Row> rows = page.rows();
        Map<String, String> figures = page.figures();
        if (rig == null) {
            boolean nothing = rows.isEmpty() && histograms.isEmpty() && "–".equals(figures.get("p99.9"));
            out.printf(
                    "%n%.0f/s: the page shows %s and %d series, the log has %d: %s%n",
                    perSecond, figures, rows.size(), histograms.size(), nothing ? "the same" : "NOT THE SAME");
            return nothing;
        }
        out.printf("%nrig, from the intended sending: %s%n", rig);
        out.printf(Locale.ROOT, "%-14s %10s %30s %30s %30s%n", "", "count", "p50 us", "p99 us", "p99.9 us");
        boolean same =
                histograms.containsKey(StageLog.WHOLE) && histograms.keySet().equals(rows.keySet());
        for (Map.Entry<String, Histogram> one : histograms.entrySet()) {
            OpenDashboard.Row row = rows.get(one.getKey());
            same &= row != null && tell(one.getKey(), one.getValue(), row);
        }
        OpenDashboard.Row whole = rows.get(StageLog.WHOLE);
        if (whole != null) { // the large figures at the top are those of the table
            same &= near(OpenDashboard.nanos(figures.getOrDefault("p50", "")), whole.p50())
                    && near(OpenDashboard.nanos(figures.getOrDefault("p99", "")), whole.p99())
                    && near(OpenDashboard.nanos(figures.getOrDefault("p99.9", "")), whole.p999());
        }
        out.println(same ? "the page shows the log's figures" : "NOT THE SAME FIGURES");
        return same;
    }

    private boolean tell(String series, Histogram log, OpenDashboard.Row row) {
        double p50 = log.getValueAtPercentile(50);
        double p99 = log.getValueAtPercentile(99);
        double p999 = log.getValueAtPercentile(99.9);
        out.printf(
                Locale.ROOT,
                "%-14s %10d %s %s %s%n",
                series,
                row.count(),
                pair(row.p50(), p50),
                pair(row.p99(), p99),
                pair(row.p999(), p999));
        return row.count() == log.getTotalCount()
                && near(row.p50(), p50)
                && near(row.p99(), p99)
                && near(row.p999(), p999);
    }

    private static boolean near(double shown, double logged) {
        return Math.abs(shown - logged) <= DIFFERENCE_MAX * logged;
    }

    private static String pair(double shown, double logged) {
        return String.format(
                Locale.ROOT,
                "%10.2f of %10.2f %+5.1f%%",
                shown / MICROS,
                logged / MICROS,
                logged == 0 ? 0 : 100 * (shown - logged) / logged);
    }
}
