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
import java.util.function.ToDoubleBiFunction;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What the audit log costs: ES256 signatures on the same schedule, in turn from an HSM that records and from one that does not,
 * with the latencies of both and the CPU time of the recording threads and of the event loops. A bare Vert.x handler takes its turn
 * too: what it needs is what the machine, TLS and the sender need.
 */
final class AuditCost {
    private static final int CONNECTIONS = 4;
    private static final int IN_FLIGHT = 64;
    private static final double NANOS_PER_MICRO = 1_000;

    private final double perSecond;
    private final double seconds;
    private final int rounds;
    private final boolean awake;
    private final PrintStream out;

    /**
     * @param perSecond requests a second
     * @param seconds for how long in each round
     * @param rounds how often each has its turn
     * @param awake whether the cores are kept from being halted meanwhile
     * @param out where it tells
     */
    AuditCost(double perSecond, double seconds, int rounds, boolean awake, PrintStream out) {
        this.perSecond = perSecond;
        this.seconds = seconds;
        this.rounds = rounds;
        this.awake = awake;
        this.out = out;
    }

    /** What one round of one server came to, in microseconds. */
    private record Figures(double p50, double p99, double all, double loops, double audit) {}

    /** A round in which all reached the target. */
    private record Round(Figures recorded, Figures unrecorded, Figures bare) {}

    /** A server under test. */
    private final class Side {
        private final Sender sender;
        private final ServerCpu server;
        private final Ask ask = Work.ES256.ask("measured");
        private final Path log;

        Side(Path project, String name, LiveHsm.Setup setup, Closing closing)
                throws IOException, InterruptedException, GeneralSecurityException {
            LiveHsm hsm = LiveHsm.start(project, setup);
            closing.later(hsm);
            String token = hsm.token();
            hsm.create("measured", Work.ES256, token);
            sender = Sender.to(hsm.url(), hsm.authority(), HttpVersion.HTTP_2, CONNECTIONS, token);
            closing.later(sender);
            server = new ServerCpu(hsm.process());
            log = project.resolve("perf/target/rig/audit-" + name + ".hlog");
        }

        void warmUp() throws IOException, InterruptedException {
            new WarmUp(sender, ask, IN_FLIGHT).runAndSchedule(perSecond, server, log);
        }

        /** Null if the target was missed. */
        @Nullable
        Figures round(int round) throws IOException, InterruptedException {
            Schedule schedule = Schedule.poisson(perSecond, seconds, round);
            ServerCpu.Reading before = server.read();
            LoadFigures figures = new OpenLoop(sender, schedule, i -> ask).run(log);
            ServerCpu.Reading spent = server.read().since(before);
            double requests = schedule.size() * NANOS_PER_MICRO;
            return figures.reached()
                    ? new Figures(
                            figures.micros(50),
                            figures.micros(99),
                            spent.work() / requests,
                            spent.of(ServerCpu.Part.EVENT_LOOPS) / requests,
                            spent.of(ServerCpu.Part.AUDIT) / requests)
                    : null;
        }
    }

    /** Measures and prints; whether most rounds reached their target. */
    boolean run(Path project) throws IOException, InterruptedException, GeneralSecurityException {
        out.println(Surroundings.describe());
        try (Closing closing = new Closing()) {
            if (awake) {
                closing.later(AwakeCores.start());
            }
            List<Side> sides = List.of(
                    new Side(project, "fail_closed", Rig.audited("fail_closed"), closing),
                    new Side(project, "unrecorded", Rig.audited("unrecorded"), closing),
                    new Side(project, "bare", LiveHsm.Setup.BARE, closing));
            for (Side side : sides) {
                side.warmUp();
            }
            List<Round> reached = new ArrayList<>();
            for (int round = 0; round < rounds; round++) {
                @Nullable Figures[] figures = new Figures[sides.size()];
                for (int turn = 0; turn < figures.length; turn++) {
                    int side = (round + turn) % figures.length; // nobody always comes first
                    figures[side] = sides.get(side).round(round);
                }
                if (figures[0] != null && figures[1] != null && figures[2] != null) {
                    reached.add(new Round(figures[0], figures[1], figures[2]));
                }
            }
            return tell(reached);
        }
    }

    private boolean tell(List<Round> reached) {
        out.printf(
                Locale.ROOT,
                "%nes256 over HTTP_2, TLS, %.0f/s for %.0f s%s, %d rounds in turn, of which %d reached the target%n",
                perSecond,
                seconds,
                awake ? ", cores kept awake" : "",
                rounds,
                reached.size());
        if (2 * reached.size() <= rounds) {
            out.println("TARGET MISSED too often: nothing is told");
            return false;
        }
        out.println("| median (least–most), us | p50 | p99 | CPU of all | event loops | audit |\n"
                + "| --- | ---: | ---: | ---: | ---: | ---: |");
        line("fail_closed", reached, (round, what) -> what.applyAsDouble(round.recorded()));
        line("unrecorded", reached, (round, what) -> what.applyAsDouble(round.unrecorded()));
        line(
                "difference within a round",
                reached,
                (round, what) -> what.applyAsDouble(round.recorded()) - what.applyAsDouble(round.unrecorded()));
        line("bare Vert.x handler", reached, (round, what) -> what.applyAsDouble(round.bare()));
        return true;
    }

    private void line(String name, List<Round> reached, ToDoubleBiFunction<Round, ToDoubleFunction<Figures>> figure) {
        List<ToDoubleFunction<Figures>> columns =
                List.of(Figures::p50, Figures::p99, Figures::all, Figures::loops, Figures::audit);
        out.println(columns.stream()
                .map(column -> Medians.of(reached.stream()
                                .map(round -> figure.applyAsDouble(round, column))
                                .toList())
                        .toString())
                .collect(Collectors.joining(" | ", "| " + name + " | ", " |")));
    }
}
