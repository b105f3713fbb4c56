// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.perf.planner;

import dev.managedhsm.perf.rig.Work;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/** The planner's command line. */
public final class Plan {
    private static final double FULL_SECONDS = 5;
    private static final double SCHEDULE_SECONDS = 10;
    private static final int ROUNDS = 6;
    private static final double CHECK_SECONDS = 3;
    private static final List<String> MIXES = List.of("es256=1", "es256=60,a256gcm=30,es384=10");

    private Plan() {}

    /**
     * {@code PROJECT profile FILE} measures this machine; {@code PROJECT for FILE MIX RATE P99_MICROS CORES [FOLDER]} says what
     * a load needs, as text, and in the folder as {@code plan.json} and {@code plan.svg}; {@code PROJECT check [ROUNDS [SECONDS
     * [MIX…]]]} holds predictions against runs, and ends with status 1 where one is not near.
     */
    public static void main(String[] arguments) throws IOException, InterruptedException, GeneralSecurityException {
        List<String> rest = new ArrayList<>(List.of(arguments));
        Path project = Path.of(rest.removeFirst());
        String command = rest.isEmpty() ? "" : rest.removeFirst();
        switch (command) {
            case "profile" -> profile(project, Path.of(rest.getFirst()));
            case "for" -> plan(rest);
            case "check" -> System.exit(check(project, rest) ? 0 : 1);
            default -> throw new IllegalArgumentException("profile, for or check, not " + command);
        }
    }

    private static void profile(Path project, Path file)
            throws IOException, InterruptedException, GeneralSecurityException {
        Set<Work> works = EnumSet.allOf(Work.class);
        try (ProfileRun run = ProfileRun.start(project)) {
            run.warmUp(works);
            for (Work work : works) {
                System.err.println("plan: " + work.label());
                run.full(work, FULL_SECONDS);
                run.scheduled(work, SCHEDULE_SECONDS);
            }
            Files.writeString(file, run.profile().json());
        }
    }

    private static boolean check(Path project, List<String> rest)
            throws IOException, InterruptedException, GeneralSecurityException {
        int rounds = rest.isEmpty() ? ROUNDS : Integer.parseInt(rest.get(0));
        double seconds = rest.size() < 2 ? CHECK_SECONDS : Double.parseDouble(rest.get(1));
        List<String> mixes = rest.size() < 3 ? MIXES : rest.subList(2, rest.size());
        return new PlanCheck(mixes.stream().map(Mix::read).toList(), rounds, seconds, System.out).run(project);
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
}
