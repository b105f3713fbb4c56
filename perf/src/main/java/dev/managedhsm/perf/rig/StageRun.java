// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.perf.rig;

import dev.managedhsm.perf.budget.Budgets;
import dev.managedhsm.perf.budget.OpensslSpeed;
import dev.managedhsm.perf.budget.Surroundings;
import io.vertx.core.http.HttpVersion;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.HdrHistogram.Histogram;

/**
 * Holds each stage of an ES256 signature against its budget, as a multiple of a reference that is measured in the same
 * round: one signature by {@code openssl speed}, one force of this disk, or a request to a bare Vert.x handler. Latencies
 * are medians at a light load, by the HSM's own histograms; CPU times are those of many requests in flight.
 */
final class StageRun {
    private static final int IN_FLIGHT = 64;
    private static final double PER_SECOND = 500;
    private static final double SECONDS = 4;
    private static final int REQUESTS = 10_000;
    private static final int FORCES = 300;
    private static final double MICROS = 1_000;

    private static final List<String> STAGES =
            List.of("RECEIVE", "AUTHENTICATE", "DECODE", "QUEUE", "EXECUTE", "RETURN", "ENCODE");

    private final int rounds;
    private final Budgets budgets;
    private final PrintStream out;
    private final Map<String, Stretch> stretches = new LinkedHashMap<>();

    /** What was measured of one stage or part, and of what it is held against, in microseconds, a round each. */
    private record Stretch(String reference, List<Double> micros, List<Double> references) {
        double ratio() {
            List<Double> ratios = new ArrayList<>();
            for (int i = 0; i < micros.size(); i++) {
                ratios.add(micros.get(i) / references.get(i));
            }
            return Medians.of(ratios).median();
        }
    }

    StageRun(int rounds, Budgets budgets, PrintStream out) {
        this.rounds = rounds;
        this.budgets = budgets;
        this.out = out;
    }

    /** Measures and prints a table; whether every stage is within its budget. */
    boolean run(Path project) throws IOException, InterruptedException, GeneralSecurityException {
        out.println(Surroundings.describe());
        Ask ask = Work.ES256.ask("measured");
        try (LiveHsm hsm = LiveHsm.start(project);
                LiveHsm bare = LiveHsm.start(project, LiveHsm.Setup.BARE)) {
            String token = hsm.token();
            hsm.create("measured", Work.ES256, token);
            ServerCpu hsmCpu = new ServerCpu(hsm.process());
            ServerCpu bareCpu = new ServerCpu(bare.process());
            try (Sender toHsm = Sender.to(hsm.url(), hsm.authority(), HttpVersion.HTTP_2, 1, token);
                    Sender toBare = Sender.to(bare.url(), bare.authority(), HttpVersion.HTTP_2, 1, token)) {
                new WarmUp(toHsm, ask, IN_FLIGHT).run(hsmCpu);
                new WarmUp(toBare, ask, IN_FLIGHT).run(bareCpu);
                for (int round = 0; round < rounds; round++) {
                    double signature = 1e6
                            / new OpensslSpeed("openssl")
                                    .signatures("ecdsap256")
                                    .perCpuSecond();
                    latencies(hsm, toHsm, ask, signature, project);
                    cpuTimes(spent(hsmCpu, toHsm, ask), spent(bareCpu, toBare, ask), signature);
                }
            }
        }
        return judge();
    }

    private void latencies(LiveHsm hsm, Sender sender, Ask ask, double signature, Path project)
            throws IOException, InterruptedException {
        double force = ForceTime.measure(hsm.folder(), FORCES).getValueAtPercentile(50) / MICROS;
        long fromMillis = System.currentTimeMillis();
        var _ = StageLog.since(hsm, fromMillis);
        LoadFigures figures = new OpenLoop(sender, Schedule.even(PER_SECOND, SECONDS), i -> ask)
                .run(project.resolve("perf/target/stages.hlog"));
        if (!figures.reached()) {
            throw new IOException("the load was not reached, so there is no latency to judge: " + figures);
        }
        Map<String, Histogram> histograms = StageLog.since(hsm, fromMillis).histograms();
        for (String stage : STAGES) {
            add("stage." + stage, "signature", median(histograms, stage), signature);
        }
        add("stage.AUDIT", "force", median(histograms, "AUDIT"), force);
    }

    private static double median(Map<String, Histogram> histograms, String stage) throws IOException {
        Histogram histogram = histograms.get(stage);
        if (histogram == null) {
            throw new IOException("the HSM recorded nothing of " + stage);
        }
        return histogram.getValueAtPercentile(50) / MICROS;
    }

    private static ServerCpu.Reading spent(ServerCpu cpu, Sender sender, Ask ask)
            throws IOException, InterruptedException {
        ServerCpu.Reading before = cpu.read();
        var _ = new ClosedLoop(sender, i -> ask, IN_FLIGHT).run(REQUESTS);
        return cpu.read().since(before);
    }

    private void cpuTimes(ServerCpu.Reading hsm, ServerCpu.Reading bare, double signature) {
        double bareLoops = micros(bare, ServerCpu.Part.EVENT_LOOPS);
        add("cpu.event-loops", "bare request", micros(hsm, ServerCpu.Part.EVENT_LOOPS), bareLoops);
        add("cpu.workers", "signature", micros(hsm, ServerCpu.Part.WORKERS), signature);
        add("cpu.audit", "signature", micros(hsm, ServerCpu.Part.AUDIT), signature);
        add("cpu.collector", "signature", micros(hsm, ServerCpu.Part.COLLECTOR), signature);
    }

    private static double micros(ServerCpu.Reading spent, ServerCpu.Part part) {
        return spent.of(part) / MICROS / REQUESTS;
    }

    private void add(String name, String reference, double micros, double referenceMicros) {
        Stretch stretch = stretches.computeIfAbsent(
                name.toLowerCase(Locale.ROOT), any -> new Stretch(reference, new ArrayList<>(), new ArrayList<>()));
        stretch.micros().add(micros);
        stretch.references().add(referenceMicros);
    }

    private boolean judge() {
        out.printf(
                Locale.ROOT,
                "%n%d rounds: stages of ES256 at %.0f/s for %.0f s, p50; CPU time of %d requests, %d in flight; median (least–most)%n"
                        + "| what | us | its reference | us | ratio | at most |%n"
                        + "| --- | ---: | --- | ---: | ---: | --- |%n",
                rounds,
                PER_SECOND,
                SECONDS,
                REQUESTS,
                IN_FLIGHT);
        List<String> passed = new ArrayList<>();
        stretches.forEach((name, stretch) -> {
            double most = budgets.most(name);
            boolean kept = stretch.ratio() <= most;
            if (!kept) {
                passed.add(name);
            }
            out.printf(
                    Locale.ROOT,
                    "| %s | %s | %s | %s | %.2f | %.2f%s |%n",
                    name,
                    Medians.of(stretch.micros()),
                    stretch.reference(),
                    Medians.of(stretch.references()),
                    stretch.ratio(),
                    most,
                    kept ? "" : " PASSED");
        });
        out.println(passed.isEmpty() ? "every stage keeps its budget" : "budgets passed: " + String.join(", ", passed));
        return passed.isEmpty();
    }
}
