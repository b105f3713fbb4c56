// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.perf.rig;

import dev.managedhsm.perf.budget.Surroundings;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * CPU time of an HSM that nobody asks anything, while nobody looks at its dashboard and while somebody does, in turn. All
 * threads of its process count, but the compiler's: what is left of compiling the dashboard's code is no cost of looking.
 */
final class DashboardCost {
    /** The part of one core that looking may take. */
    private static final double SHARE_MAX = 0.01;

    /** The page is there, and what was compiled for it is compiled. */
    private static final long SETTLING_MILLIS = 10_000;

    private static final double PERCENT = 100;

    private final double seconds;
    private final int rounds;
    private final PrintStream out;

    DashboardCost(double seconds, int rounds, PrintStream out) {
        this.seconds = seconds;
        this.rounds = rounds;
        this.out = out;
    }

    /** Measures and prints; whether it is as it must be. */
    boolean run(Path project) throws IOException, InterruptedException, GeneralSecurityException {
        out.println(Surroundings.describe());
        try (LiveHsm hsm = LiveHsm.start(project)) {
            String token = hsm.token();
            hsm.create("measured", Work.ES256, token);
            ServerCpu cpu = new ServerCpu(hsm.process());
            Thread.sleep(SETTLING_MILLIS);
            double never = share(cpu, "never looked at");
            List<Double> open = new ArrayList<>();
            List<Double> closed = new ArrayList<>();
            for (int i = 0; i < rounds; i++) {
                try (OpenDashboard page = OpenDashboard.of(hsm, token)) {
                    page.awaitCount(0);
                    Thread.sleep(SETTLING_MILLIS);
                    open.add(share(cpu, "open"));
                }
                Thread.sleep(SETTLING_MILLIS / 2);
                closed.add(share(cpu, "closed"));
            }
            double looked = Medians.of(open).median();
            double left = Medians.of(closed).median();
            double more = looked - left;
            boolean kept = more <= SHARE_MAX;
            out.printf(
                    Locale.ROOT,
                    "%nof one core: never looked at %.3f %%, open %.3f %%, closed again %.3f %%;"
                            + " open costs %.3f %%, at most %.0f %%: %s; closed %+.3f %% to never%n",
                    PERCENT * never,
                    PERCENT * looked,
                    PERCENT * left,
                    PERCENT * more,
                    PERCENT * SHARE_MAX,
                    kept ? "kept" : "MISSED",
                    PERCENT * (left - never));
            return kept;
        }
    }

    /** The part of one core that the process takes, in the next seconds. */
    private double share(ServerCpu cpu, String what) throws IOException, InterruptedException {
        ServerCpu.Reading before = cpu.read();
        long start = System.nanoTime();
        Thread.sleep(Math.round(1_000 * seconds));
        ServerCpu.Reading spent = cpu.read().since(before);
        double share = (double) spent.work() / (System.nanoTime() - start);
        out.printf(Locale.ROOT, "%-16s %.3f %% of a core; %s%n", what, PERCENT * share, parts(spent));
        return share;
    }

    private static String parts(ServerCpu.Reading spent) {
        StringBuilder text = new StringBuilder();
        spent.parts()
                .forEach((part, nanos) -> text.append(String.format(
                        Locale.ROOT, "%s%s %.1f ms", text.isEmpty() ? "" : ", ", part.label(), nanos / 1e6)));
        return text.toString();
    }
}
