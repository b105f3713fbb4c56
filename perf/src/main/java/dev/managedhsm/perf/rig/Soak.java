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
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * Loads an HSM for long and looks at whether its memory grows: what the process has of the machine, and what is left of the
 * heap after collections, over millions of operations.
 */
final class Soak {
    private static final int CONNECTIONS = 4;
    private static final int IN_FLIGHT = 64;

    /** How much either may grow in a million operations. */
    private static final double MEGABYTES_MAX = 1;

    /** The part at the start in which pools and caches fill. */
    private static final double SETTLING = 0.2;

    private static final int SLICES = 60;
    private static final int PARTS = 10;
    private static final double MEGABYTE = 1 << 20;

    private final Work work;
    private final double perSecond;
    private final double seconds;
    private final PrintStream out;

    Soak(Work work, double perSecond, double seconds, PrintStream out) {
        this.work = work;
        this.perSecond = perSecond;
        this.seconds = seconds;
        this.out = out;
    }

    /** Loads and prints; whether the target was reached and memory stayed flat. */
    boolean run(Path project) throws IOException, InterruptedException, GeneralSecurityException {
        out.println(Surroundings.describe());
        try (LiveHsm hsm = LiveHsm.start(project)) {
            String token = hsm.token();
            hsm.create("measured", work, token);
            Ask ask = work.ask("measured");
            ServerCpu server = new ServerCpu(hsm.process());
            try (Sender sender = Sender.to(hsm.url(), hsm.authority(), HttpVersion.HTTP_2, CONNECTIONS, token);
                    Watch watch = new Watch(server, seconds / SLICES)) {
                new WarmUp(sender, ask, IN_FLIGHT)
                        .runAndSchedule(perSecond, server, project.resolve("perf/target/soak-warm.hlog"));
                int before = hsm.heapMegabytes().size();
                watch.begin();
                Schedule schedule = Schedule.poisson(perSecond, seconds, 6);
                LoadFigures figures =
                        new OpenLoop(sender, schedule, i -> ask).run(project.resolve("perf/target/soak.hlog"));
                watch.end();
                List<Double> heap = new ArrayList<>();
                List<Integer> collections = hsm.heapMegabytes();
                collections.subList(before, collections.size()).forEach(one -> heap.add((double) one));
                out.printf(Locale.ROOT, "%n%s for %.0f s: %s%n", work.label(), seconds, figures);
                double millions = schedule.size() / 1e6;
                boolean resident = tell("resident memory", watch.megabytes(), millions);
                boolean flat = tell("heap after collections", heap, millions);
                return figures.reached() && figures.failed() == 0 && resident && flat;
            }
        }
    }

    private boolean tell(String what, List<Double> megabytes, double millions) {
        List<Double> settled = megabytes.subList((int) (SETTLING * megabytes.size()), megabytes.size());
        if (settled.size() < 2) {
            out.printf(Locale.ROOT, "%s: looked at too rarely to tell%n", what);
            return false;
        }
        double growth = slope(settled) * settled.size() / (millions * (1 - SETTLING));
        boolean kept = growth < MEGABYTES_MAX;
        out.printf(
                Locale.ROOT,
                "%s: %s MB, grows by %.2f MB in a million operations (%d looks), below %.0f: %s%n",
                what,
                tenths(settled),
                growth,
                settled.size(),
                MEGABYTES_MAX,
                kept ? "kept" : "MISSED");
        return kept;
    }

    /** The looks from the first to the last, so that one sees whether what grows goes on growing. */
    private static String tenths(List<Double> looks) {
        return IntStream.rangeClosed(0, PARTS)
                .mapToObj(i -> String.format(Locale.ROOT, "%.1f", looks.get(i * (looks.size() - 1) / PARTS)))
                .collect(Collectors.joining(" "));
    }

    /** The straight line's rise from one look to the next, by least squares. */
    static double slope(List<Double> values) {
        int count = values.size();
        double middle = (count - 1) / 2.0;
        double mean = values.stream().mapToDouble(Double::doubleValue).average().orElse(0);
        double up = 0;
        double across = 0;
        for (int i = 0; i < count; i++) {
            up += (i - middle) * (values.get(i) - mean);
            across += (i - middle) * (i - middle);
        }
        return up / across;
    }

    /** Looks at the process's memory from time to time, on a thread of its own. */
    private static final class Watch implements AutoCloseable {
        private final ServerCpu server;
        private final long everyMillis;
        private final List<Double> megabytes = new ArrayList<>();
        private final Thread thread = Thread.ofPlatform().daemon().name("watch").unstarted(this::look);

        Watch(ServerCpu server, double everySeconds) {
            this.server = server;
            this.everyMillis = Math.max(100, Math.round(1_000 * everySeconds));
        }

        void begin() {
            thread.start();
        }

        synchronized List<Double> megabytes() {
            return List.copyOf(megabytes);
        }

        private void look() {
            try {
                while (true) {
                    double now = server.residentBytes() / MEGABYTE;
                    synchronized (this) {
                        megabytes.add(now);
                    }
                    Thread.sleep(everyMillis);
                }
            } catch (IOException | InterruptedException ended) {
                return; // with the run
            }
        }

        void end() {
            thread.interrupt();
        }

        @Override
        public void close() {
            end();
        }
    }
}
