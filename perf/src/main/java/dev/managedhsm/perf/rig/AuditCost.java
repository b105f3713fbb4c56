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
import java.util.function.ToDoubleFunction;

/**
 * What the audit log costs: ES256 signatures on the same schedule, in turn from an HSM that records and from one that does not,
 * with the latencies of both and the CPU time of the recording threads and of the event loops.
 */
final class AuditCost {
    private static final int CONNECTIONS = 4;
    private static final int IN_FLIGHT = 64;
    private static final double NANOS_PER_MICRO = 1_000;

    /** What recording may take beside the ring, for each operation. */
    private static final double MICROS_MAX = 2;

    private final double perSecond;
    private final double seconds;
    private final int rounds;
    private final PrintStream out;

    AuditCost(double perSecond, double seconds, int rounds, PrintStream out) {
        this.perSecond = perSecond;
        this.seconds = seconds;
        this.rounds = rounds;
        this.out = out;
    }

    /** What one round of one HSM came to, in microseconds. */
    private record Round(double p50, double p99, double audit, double loops, double all) {}

    /** An HSM under test, and what its rounds came to. */
    private final class Side implements AutoCloseable {
        private final LiveHsm hsm;
        private final Sender sender;
        private final ServerCpu server;
        private final Ask ask = Work.ES256.ask("measured");
        private final Path log;
        private final List<Round> rounds = new ArrayList<>();

        Side(Path project, String policy) throws IOException, InterruptedException, GeneralSecurityException {
            hsm = LiveHsm.start(project, LiveHsm.Setup.SHIPPED.withJvm("-Dhsm.dev.audit=" + policy));
            String token = hsm.token();
            hsm.create("measured", Work.ES256, token);
            sender = Sender.to(hsm.url(), hsm.authority(), HttpVersion.HTTP_2, CONNECTIONS, token);
            server = new ServerCpu(hsm.process());
            log = project.resolve("perf/target/rig/audit-" + policy + ".hlog");
        }

        void warmUp() throws IOException, InterruptedException {
            WarmUp warmUp = new WarmUp(sender, ask, IN_FLIGHT);
            warmUp.run(server);
            warmUp.onSchedule(perSecond, server, log);
        }

        /** Runs the round's schedule; it counts only if the target was reached. */
        void round(int round) throws IOException, InterruptedException {
            Schedule schedule = Schedule.poisson(perSecond, seconds, round);
            ServerCpu.Reading before = server.read();
            LoadFigures figures = new OpenLoop(sender, schedule, i -> ask).run(log);
            ServerCpu.Reading spent = server.read().since(before);
            if (figures.reached()) {
                double requests = schedule.size() * NANOS_PER_MICRO;
                rounds.add(new Round(
                        figures.micros(50),
                        figures.micros(99),
                        spent.of(ServerCpu.Part.AUDIT) / requests,
                        spent.of(ServerCpu.Part.EVENT_LOOPS) / requests,
                        spent.work() / requests));
            }
        }

        Medians of(ToDoubleFunction<Round> what) {
            return Medians.of(rounds.stream().map(what::applyAsDouble).toList());
        }

        @Override
        public void close() throws IOException {
            try (hsm) {
                sender.close();
            }
        }
    }

    /** Measures and prints; whether recording costs no more than it may. */
    boolean run(Path project) throws IOException, InterruptedException, GeneralSecurityException {
        out.println(Surroundings.describe());
        try (Side recorded = new Side(project, "fail_closed");
                Side unrecorded = new Side(project, "unrecorded")) {
            recorded.warmUp();
            unrecorded.warmUp();
            for (int round = 0; round < rounds; round++) {
                recorded.round(round);
                unrecorded.round(round);
            }
            out.printf(
                    Locale.ROOT,
                    "%nes256 over HTTP_2, TLS, %.0f/s for %.0f s, %d rounds in turn; median (least–most), microseconds%n",
                    perSecond,
                    seconds,
                    rounds);
            out.println("| | p50 | p99 | CPU of all | event loops | audit | rounds |\n"
                    + "| --- | ---: | ---: | ---: | ---: | ---: | ---: |");
            boolean first = tell("fail_closed", recorded);
            boolean second = tell("unrecorded", unrecorded);
            return first && second && judge(recorded, unrecorded);
        }
    }

    private boolean tell(String name, Side side) {
        if (side.rounds.isEmpty()) {
            out.printf(Locale.ROOT, "| %s | TARGET MISSED in all rounds: nothing is told |%n", name);
            return false;
        }
        out.printf(
                Locale.ROOT,
                "| %s | %s | %s | %s | %s | %s | %d |%n",
                name,
                side.of(Round::p50),
                side.of(Round::p99),
                side.of(Round::all),
                side.of(Round::loops),
                side.of(Round::audit),
                side.rounds.size());
        return true;
    }

    private boolean judge(Side recorded, Side unrecorded) {
        double beside = recorded.of(Round::audit).median();
        double loops =
                recorded.of(Round::loops).median() - unrecorded.of(Round::loops).median();
        boolean kept = beside <= MICROS_MAX;
        out.printf(
                Locale.ROOT,
                "audit adds %.0f us to p50, %.0f us to p99; %.1f us of CPU beside the ring, at most %.0f: %s; event loops %+.1f us%n",
                recorded.of(Round::p50).median() - unrecorded.of(Round::p50).median(),
                recorded.of(Round::p99).median() - unrecorded.of(Round::p99).median(),
                beside,
                MICROS_MAX,
                kept ? "kept" : "MISSED",
                loops);
        return kept;
    }
}
