// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.perf.planner;

import dev.managedhsm.perf.budget.Surroundings;
import dev.managedhsm.perf.rig.LoadFigures;
import dev.managedhsm.perf.rig.Schedule;
import dev.managedhsm.perf.rig.Work;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.HdrHistogram.Histogram;

/**
 * Holds the planner's predictions against runs: measures a profile, predicts the 99th percentile of each mix at parts of its
 * knee, and sends just that on a schedule. Runs and measurements of the HSM at rest are taken in turn, because a disk is not
 * the same a minute later; no run goes into a profile.
 */
final class PlanCheck {
    /** By how much a prediction may differ from what was measured. */
    private static final double DIFFERENCE_MAX = 0.2;

    /** The knee is where the 99th percentile is so many times that of an HSM at rest. */
    private static final double KNEE_TIMES = 3;

    private static final List<Double> PARTS = List.of(0.3, 0.5, 0.7);
    private static final int REQUESTS = 60_000;
    private static final double REST_SECONDS = 4;
    private static final int DIGITS = 3;
    private static final double MICROS = 1e3;

    private final List<Mix> mixes;
    private final int rounds;
    private final double seconds;
    private final PrintStream out;

    /** A mix at a rate, and what was measured of it: all rounds together, and the 99th percentile of each. */
    private record Point(Mix mix, double part, double perSecond, Histogram latency, List<Double> roundsMicros) {}

    PlanCheck(List<Mix> mixes, int rounds, double seconds, PrintStream out) {
        this.mixes = List.copyOf(mixes);
        this.rounds = rounds;
        this.seconds = seconds;
        this.out = out;
    }

    /** Measures, predicts and prints; whether every prediction was near enough. */
    boolean run(Path project) throws IOException, InterruptedException, GeneralSecurityException {
        out.println(Surroundings.describe());
        Set<Work> works = EnumSet.of(Work.ES256);
        mixes.forEach(mix -> works.addAll(mix.parts().keySet()));
        try (ProfileRun run = ProfileRun.start(project)) {
            run.warmUp(works);
            run.costs(REQUESTS);
            for (Work work : works) {
                run.rest(work, REST_SECONDS);
            }
            List<Point> points = points(run);
            boolean reached = true;
            for (int round = 0; round < rounds; round++) {
                run.rest(Work.ES256, REST_SECONDS);
                for (Point point : points) {
                    reached &= measure(run, point, round);
                }
            }
            return judge(run, points) && reached;
        }
    }

    private List<Point> points(ProfileRun run) throws IOException {
        ServiceProfile profile = run.profile();
        double wanted = KNEE_TIMES * run.restLatency().getValueAtPercentile(99);
        List<Point> points = new ArrayList<>();
        for (Mix mix : mixes) {
            QueueModel model = new QueueModel(profile, mix);
            double knee = model.knee(run.here(), wanted);
            out.printf(
                    Locale.ROOT,
                    "%s: knee %.0f/s (p99 %.0f us, %.0f times that at rest), saturated at %.0f/s%n",
                    mix.text(),
                    knee,
                    wanted / MICROS,
                    KNEE_TIMES,
                    model.saturation(run.here()));
            for (double part : PARTS) {
                points.add(new Point(mix, part, part * knee, new Histogram(DIGITS), new ArrayList<>()));
            }
        }
        return points;
    }

    private boolean measure(ProfileRun run, Point point, int round) throws IOException, InterruptedException {
        LoadFigures figures = run.open(point.mix(), Schedule.poisson(point.perSecond(), seconds, 40 + round));
        if (!figures.reached() || figures.failed() > 0 || figures.refused() > 0) {
            out.printf(Locale.ROOT, "%s at %.0f/s: %s%n", point.mix().text(), point.perSecond(), figures);
            return false;
        }
        point.latency().add(figures.latency());
        point.roundsMicros().add(figures.micros(99));
        return true;
    }

    private boolean judge(ProfileRun run, List<Point> points) throws IOException {
        ServiceProfile profile = run.profile();
        Histogram durable = profile.durable();
        out.printf(
                Locale.ROOT,
                "%nprofile: event loop %.1f us, audit %.1f us, sender %.1f us of CPU time, a wake-up %.0f us,"
                        + " pauses of %.1f ms every %d and of the sender of %.1f ms every %d requests; durable p50 %.0f us,"
                        + " p99 %.0f us; at rest p50 %.0f us, p99 %.0f us (the model's %.0f us)%n%n"
                        + "| mix | part of the knee | rate | predicted p50 us | measured | predicted p99 us | median (each round) | predicted / measured |%n"
                        + "| --- | ---: | ---: | ---: | ---: | ---: | --- | --- |%n",
                profile.edge().loopNanos() / MICROS,
                profile.edge().auditNanos() / MICROS,
                profile.edge().senderNanos() / MICROS,
                profile.edge().wakeNanos() / MICROS,
                profile.edge().pauses().nanos() / MICROS / MICROS,
                profile.edge().pauses().requests(),
                profile.edge().senderPauses().nanos() / MICROS / MICROS,
                profile.edge().senderPauses().requests(),
                durable.getValueAtPercentile(50) / MICROS,
                durable.getValueAtPercentile(99) / MICROS,
                run.restLatency().getValueAtPercentile(50) / MICROS,
                run.restLatency().getValueAtPercentile(99) / MICROS,
                run.modelAtRest(profile, 0.99) / MICROS);
        boolean near = true;
        for (Point point : points) {
            near &= judge(new QueueModel(profile, point.mix()), run.here(), point);
        }
        out.printf(
                Locale.ROOT,
                "%s within %.0f %%%n",
                near ? "every prediction is" : "NOT every prediction is",
                100 * DIFFERENCE_MAX);
        return near;
    }

    /** One round in which a neighbour or the disk was in the way does not make the figure; NaN without any round. */
    private static double median(List<Double> rounds) {
        List<Double> sorted = rounds.stream().sorted().toList();
        return sorted.isEmpty()
                ? Double.NaN
                : (sorted.get((sorted.size() - 1) / 2) + sorted.get(sorted.size() / 2)) / 2;
    }

    private boolean judge(QueueModel model, Node node, Point point) {
        double predicted = model.latencyNanos(node, point.perSecond(), 0.99) / MICROS;
        double measured = median(point.roundsMicros());
        double ratio = predicted / measured;
        boolean near = Math.abs(ratio - 1) <= DIFFERENCE_MAX;
        List<String> each = point.roundsMicros().stream()
                .map(micros -> String.format(Locale.ROOT, "%.0f", micros))
                .toList();
        out.printf(
                Locale.ROOT,
                "| %s | %.1f | %.0f | %.0f | %.0f | %.0f | %.0f (%s) | %.2f%s |%n",
                point.mix().text(),
                point.part(),
                point.perSecond(),
                model.latencyNanos(node, point.perSecond(), 0.5) / MICROS,
                point.latency().getValueAtPercentile(50) / MICROS,
                predicted,
                measured,
                String.join(", ", each),
                ratio,
                near ? "" : " FAR");
        return near;
    }
}
