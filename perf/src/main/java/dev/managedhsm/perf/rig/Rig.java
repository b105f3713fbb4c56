// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.perf.rig;

import dev.managedhsm.perf.budget.Surroundings;
import io.vertx.core.http.HttpVersion;
import java.io.IOException;
import java.io.PrintStream;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.util.ArrayList;
import java.util.List;

/** The rig's command line. */
public final class Rig {
    private static final double WARM_UP_SECONDS = 5;

    private Rig() {}

    /**
     * {@code PROJECT latency WORK RATE SECONDS [2|1.1]} measures latencies on a schedule; exit status 1 when the target was
     * missed. {@code PROJECT compare ROUNDS REQUESTS [2|1.1] [URL…]} compares costs.
     */
    public static void main(String[] arguments) throws IOException, InterruptedException, GeneralSecurityException {
        List<String> rest = new ArrayList<>(List.of(arguments));
        Path project = Path.of(rest.removeFirst());
        String command = rest.removeFirst();
        switch (command) {
            case "latency" -> {
                Work work = Work.labelled(rest.removeFirst());
                double perSecond = Double.parseDouble(rest.removeFirst());
                double seconds = Double.parseDouble(rest.removeFirst());
                LoadFigures figures = latency(project, work, perSecond, seconds, version(rest), System.out);
                System.exit(figures.reached() ? 0 : 1);
            }
            case "compare" -> {
                int rounds = Integer.parseInt(rest.removeFirst());
                int requests = Integer.parseInt(rest.removeFirst());
                HttpVersion version = version(rest);
                new Compare(rounds, requests, System.out)
                        .run(project, version, rest.stream().map(URI::create).toList());
            }
            default -> throw new IllegalArgumentException("latency or compare, not " + command);
        }
    }

    /** Measures one kind of work on a schedule of Poisson arrivals, after a warm-up at the same rate. */
    static LoadFigures latency(
            Path project, Work work, double perSecond, double seconds, HttpVersion version, PrintStream out)
            throws IOException, InterruptedException, GeneralSecurityException {
        out.println(Surroundings.describe());
        Path logs = Files.createDirectories(project.resolve("perf/target/rig"));
        Path log = logs.resolve(work.label() + '-' + Math.round(perSecond) + ".hlog");
        try (LiveHsm hsm = LiveHsm.start(project)) {
            String token = hsm.token();
            hsm.create("measured", work, token);
            Ask ask = work.ask("measured");
            int connections = version == HttpVersion.HTTP_2 ? 4 : 64;
            try (Sender sender = new Sender(hsm.url(), hsm.authority(), version, connections, token)) {
                new OpenLoop(sender, Schedule.poisson(perSecond, WARM_UP_SECONDS, 1), i -> ask).run(log);
                LoadFigures figures = new OpenLoop(sender, Schedule.poisson(perSecond, seconds, 2), i -> ask).run(log);
                out.printf("%s over %s: %s%nhistograms: %s%n", work.label(), version, figures, log);
                return figures;
            }
        }
    }

    private static HttpVersion version(List<String> rest) {
        if (rest.isEmpty() || !List.of("2", "1.1").contains(rest.getFirst())) {
            return HttpVersion.HTTP_2;
        }
        return "2".equals(rest.removeFirst()) ? HttpVersion.HTTP_2 : HttpVersion.HTTP_1_1;
    }
}
