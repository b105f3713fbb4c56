// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.perf.planner;

import dev.managedhsm.perf.budget.Surroundings;
import dev.managedhsm.perf.rig.LoadFigures;
import dev.managedhsm.perf.rig.Schedule;
import dev.managedhsm.perf.rig.Work;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** The planner's command line. */
public final class Plan {
    private static final int REQUESTS = 20_000;
    private static final double CHECK_SECONDS = 20;

    private Plan() {}

    /**
     * {@code PROJECT profile FILE} measures this machine; {@code PROJECT for FILE MIX RATE P99_MICROS CORES [FOLDER]} says what
     * a load needs, as text, and in the folder as {@code plan.json} and {@code plan.svg}; {@code PROJECT check [PART]} holds a
     * prediction for ES256 against a run, at a part of what was reached with 64 in flight.
     */
    public static void main(String[] arguments) throws IOException, InterruptedException, GeneralSecurityException {
        List<String> rest = new ArrayList<>(List.of(arguments));
        Path project = Path.of(rest.removeFirst());
        String command = rest.isEmpty() ? "" : rest.removeFirst();
        switch (command) {
            case "profile" -> profile(project, Path.of(rest.getFirst()));
            case "for" -> plan(rest);
            case "check" -> check(project, rest.isEmpty() ? 0.5 : Double.parseDouble(rest.getFirst()));
            default -> throw new IllegalArgumentException("profile, for or check, not " + command);
        }
    }

    private static void profile(Path project, Path file)
            throws IOException, InterruptedException, GeneralSecurityException {
        try (ProfileRun run = ProfileRun.start(project)) {
            Files.writeString(
                    file, run.measure(REQUESTS, List.of(Work.values())).json());
        }
    }

    private static void plan(List<String> rest) throws IOException {
        if (rest.size() < 5) {
            throw new IllegalArgumentException("for needs FILE MIX RATE P99_MICROS CORES");
        }
        ServiceProfile profile = ServiceProfile.read(Files.readString(Path.of(rest.get(0))));
        Mix mix = Mix.read(rest.get(1));
        Capacity capacity = Capacity.of(
                profile,
                mix,
                Double.parseDouble(rest.get(2)),
                Double.parseDouble(rest.get(3)) * 1e3,
                Integer.parseInt(rest.get(4)));
        System.out.println(capacity.text());
        if (rest.size() > 5) {
            Path folder = Files.createDirectories(Path.of(rest.get(5)));
            Files.writeString(folder.resolve("plan.json"), capacity.json());
            Files.writeString(folder.resolve("plan.svg"), Plot.svg(new QueueModel(profile, mix), capacity));
        }
    }

    private static void check(Path project, double part)
            throws IOException, InterruptedException, GeneralSecurityException {
        System.out.println(Surroundings.describe());
        try (ProfileRun run = ProfileRun.start(project)) {
            ServiceProfile profile = run.measure(REQUESTS, List.of(Work.ES256));
            double perSecond = part * run.closed(Work.ES256, REQUESTS);
            double predicted =
                    new QueueModel(profile, Mix.read("es256=1")).latencyNanos(new Lanes(1, 1, 0), perSecond, 0.99)
                            / 1e3;
            LoadFigures figures = run.open(Work.ES256, Schedule.poisson(perSecond, CHECK_SECONDS, 4));
            System.out.printf(
                    Locale.ROOT,
                    "es256 at %.2f of what 64 in flight reach: %s%nedge %.1f us, rest %.1f us, predicted p99 %.0f us%n",
                    part,
                    figures,
                    profile.edgeNanos() / 1e3,
                    profile.restNanos() / 1e3,
                    predicted);
            if (figures.reached()) {
                System.out.printf(Locale.ROOT, "predicted / measured = %.2f%n", predicted / figures.micros(99));
            }
        }
    }
}
