// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.perf.planner;

import dev.managedhsm.perf.budget.Surroundings;
import dev.managedhsm.perf.rig.Schedule;
import dev.managedhsm.perf.rig.Work;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * Holds the planner's predictions against runs: measures a profile, predicts the 99th percentile of each mix at parts of its
 * knee, and sends just that on a schedule. Runs and measurements of the profile are taken in turn, because a machine is not
 * the same a minute later; no run goes into a profile. Each load is sent once before it counts, so that its code is compiled.
 */
final class PlanCheck {
    /** The knee is where the 99th percentile is so many times that of an HSM under light load, or the highest load that was measured. */
    private static final double KNEE_TIMES = 3;

    /** Rounds of the profile from which the knee is told: one slow force of the disk must not decide where it is. */
    private static final int ROUNDS_FIRST = 3;

    private static final List<Double> PARTS = List.of(0.3, 0.5, 0.7);
    private static final double FULL_SECONDS = 2;
    private static final double SCHEDULE_SECONDS = 3;
    private static final double MICROS = 1e3;

    private final List<Mix> mixes;
    private final int rounds;
    private final double seconds;
    private final PrintStream out;

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
            for (int i = 0; i < ROUNDS_FIRST; i++) {
                profile(run, works);
            }
            List<CheckPoint> points = points(run);
            for (CheckPoint point : points) {
                var _ = run.measure(point.mix(), Schedule.poisson(point.perSecond(), seconds, 1));
            }
            for (int round = 0; round < rounds; round++) {
                profile(run, works);
                for (CheckPoint point : points) {
                    point.add(run.measure(point.mix(), Schedule.poisson(point.perSecond(), seconds, 40 + round)));
                }
            }
            ServiceProfile profile = run.profile();
            Files.writeString(project.resolve("perf/target/plan-check.json"), profile.json());
            return new CheckReport(out, profile, run.here()).print(run, points);
        }
    }

    private static void profile(ProfileRun run, Set<Work> works) throws IOException, InterruptedException {
        for (Work work : works) {
            run.full(work, FULL_SECONDS);
            run.scheduled(work, SCHEDULE_SECONDS);
        }
    }

    private List<CheckPoint> points(ProfileRun run) throws IOException {
        ServiceProfile profile = run.profile();
        double wanted =
                KNEE_TIMES * run.stage(ServiceProfile.LIGHT, Stretch.CALLER).getValueAtPercentile(99);
        List<CheckPoint> points = new ArrayList<>();
        for (Mix mix : mixes) {
            QueueModel model = new QueueModel(profile, mix);
            double knee = model.knee(run.here(), wanted);
            if (knee <= 0) {
                throw new IllegalStateException(
                        "the machine is slower under light load than under any other: measure again");
            }
            out.printf(
                    Locale.ROOT,
                    "%s: knee %.0f/s (p99 %.0f us; %.0f times that under light load is %.0f us), measured up to %.0f/s, saturated at %.0f/s%n",
                    mix.text(),
                    knee,
                    model.latencyNanos(run.here(), knee, 0.99) / MICROS,
                    KNEE_TIMES,
                    wanted / MICROS,
                    model.known(run.here()),
                    model.saturation(run.here()));
            for (double part : PARTS) {
                points.add(new CheckPoint(mix, part, part * knee));
            }
        }
        return points;
    }
}
