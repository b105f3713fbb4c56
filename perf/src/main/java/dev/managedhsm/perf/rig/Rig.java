// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.perf.rig;

import dev.managedhsm.perf.budget.Budgets;
import dev.managedhsm.perf.budget.Surroundings;
import io.vertx.core.http.HttpVersion;
import java.io.IOException;
import java.io.PrintStream;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** The rig's command line. */
public final class Rig {
    private static final int IN_FLIGHT = 64;

    private Rig() {}

    /**
     * {@code PROJECT COMMAND}, then what the command takes:
     *
     * <ul>
     *   <li>{@code latency WORK RATE SECONDS [2|1.1]}: latencies on a schedule; {@code --audit=}; status 1 when the target was
     *       missed
     *   <li>{@code compare [ROUNDS [REQUESTS [2|1.1 [URL…]]]]}: costs, in turn; {@code --work=}, {@code --in-flight=}, {@code --audit=}
     *   <li>{@code edge [ROUNDS [REQUESTS]]}: the edge beside a bare handler and nginx under h2load; status 1 when a budget was missed
     *   <li>{@code stages [ROUNDS]}: each stage of ES256 beside its reference; the same
     *   <li>{@code overload [WORK [SECONDS]]}: twice what it can do; status 1 when something is not as it must be
     *   <li>{@code neighbour [RATE [SECONDS [ROUNDS]]]}: ES256 beside a flood of RSA-4096; the same
     *   <li>{@code audit [RATE [SECONDS [ROUNDS]]]}: what the audit log costs; status 1 when most rounds missed their target
     *   <li>{@code dashboard [SECONDS [RATE…]]}: what the dashboard shows beside histogram logs; {@code --work=}; status 1 when something is not as it must be
     *   <li>{@code dashboard-cost [SECONDS [ROUNDS]]}: CPU time of an open dashboard; the same
     *   <li>{@code soak [WORK [RATE [SECONDS]]]}: memory over millions of operations; the same
     *   <li>{@code stops [SECONDS]}: for how long this machine stops threads that wait for nothing
     * </ul>
     */
    public static void main(String[] arguments) throws IOException, InterruptedException, GeneralSecurityException {
        Arguments rest = Arguments.of(arguments);
        Path project = Path.of(rest.next(""));
        Files.createDirectories(project.resolve("perf/target/rig"));
        String command = rest.next("");
        boolean kept = switch (command) {
            case "latency" -> {
                Work work = Work.labelled(rest.next("es256"));
                double perSecond = Double.parseDouble(rest.next("1000"));
                double seconds = Double.parseDouble(rest.next("30"));
                LiveHsm.Setup setup = audited(rest.option("audit", "fail_closed"));
                yield latency(project, setup, work, perSecond, seconds, version(rest), System.out)
                        .reached();
            }
            case "compare" -> {
                new Compare(comparison(rest), System.out).run(project);
                yield true;
            }
            case "edge" ->
                new EdgeRun(
                                Integer.parseInt(rest.next("7")),
                                Integer.parseInt(rest.next("100000")),
                                Budgets.read(project.resolve("perf/budgets/ratios.properties")),
                                System.out)
                        .run(project);
            case "stages" ->
                new StageRun(
                                Integer.parseInt(rest.next("3")),
                                Budgets.read(project.resolve("perf/budgets/stages.properties")),
                                System.out)
                        .run(project);
            case "overload" ->
                new Overload(Work.labelled(rest.next("rs256-2048")), Double.parseDouble(rest.next("60")), System.out)
                        .run(project);
            case "neighbour" ->
                new Neighbour(
                                Double.parseDouble(rest.next("3000")),
                                Double.parseDouble(rest.next("10")),
                                Integer.parseInt(rest.next("5")),
                                System.out)
                        .run(project);
            case "audit" ->
                new AuditCost(
                                Double.parseDouble(rest.next("2000")),
                                Double.parseDouble(rest.next("15")),
                                Integer.parseInt(rest.next("6")),
                                Boolean.parseBoolean(rest.option("awake", "false")),
                                System.out)
                        .run(project);
            case "soak" ->
                new Soak(
                                Work.labelled(rest.next("es256")),
                                Double.parseDouble(rest.next("8500")),
                                Double.parseDouble(rest.next("600")),
                                System.out)
                        .run(project);
            case "stops" -> {
                new MachineStops(Double.parseDouble(rest.next("60")), System.out).run();
                yield true;
            }
            case "dashboard" -> new DashboardFigures(dashboard(rest), System.out).run(project);
            case "dashboard-cost" ->
                new DashboardCost(Double.parseDouble(rest.next("20")), Integer.parseInt(rest.next("3")), System.out)
                        .run(project);
            default ->
                throw new IllegalArgumentException(
                        "latency, compare, edge, stages, overload, neighbour, audit, soak, stops, dashboard or dashboard-cost, not "
                                + command);
        };
        System.exit(kept ? 0 : 1);
    }

    private static DashboardFigures.Plan dashboard(Arguments rest) {
        double seconds = Double.parseDouble(rest.next("20"));
        List<Double> rates = rest.left().stream().map(Double::valueOf).toList();
        Work work = Work.labelled(rest.option("work", "hs256"));
        return new DashboardFigures.Plan(
                work, rates.isEmpty() ? List.of(0.0, 1_000.0, 10_000.0) : rates, seconds, true);
    }

    private static Compare.Plan comparison(Arguments rest) {
        int rounds = Integer.parseInt(rest.next("7"));
        int requests = Integer.parseInt(rest.next("20000"));
        HttpVersion version = version(rest);
        List<URI> others = rest.left().stream().map(URI::create).toList();
        Map<String, LiveHsm.Setup> gateways = new LinkedHashMap<>();
        for (String audit : rest.option("audit", "fail_closed,unrecorded").split(",", -1)) {
            gateways.put("gateway, audit " + audit, audited(audit));
        }
        gateways.put("gateway, no-op key", LiveHsm.Setup.NO_OP);
        gateways.put("bare Vert.x handler", LiveHsm.Setup.BARE);
        return new Compare.Plan(
                Work.labelled(rest.option("work", "es256")),
                version,
                Integer.parseInt(rest.option("in-flight", Integer.toString(IN_FLIGHT))),
                rounds,
                requests,
                gateways,
                others);
    }

    /** Measures one kind of work on a schedule of Poisson arrivals, once the server is warm. */
    static LoadFigures latency(
            Path project,
            LiveHsm.Setup setup,
            Work work,
            double perSecond,
            double seconds,
            HttpVersion version,
            PrintStream out)
            throws IOException, InterruptedException, GeneralSecurityException {
        out.println(Surroundings.describe());
        Path log = project.resolve("perf/target/rig").resolve(work.label() + '-' + Math.round(perSecond) + ".hlog");
        try (LiveHsm hsm = LiveHsm.start(project, setup)) {
            String token = hsm.token();
            hsm.create("measured", work, token);
            Ask ask = work.ask("measured");
            int connections = version == HttpVersion.HTTP_2 ? 4 : IN_FLIGHT;
            try (Sender sender = Sender.to(hsm.url(), hsm.authority(), version, connections, token)) {
                ServerCpu server = new ServerCpu(hsm.process());
                new WarmUp(sender, ask, IN_FLIGHT).runAndSchedule(perSecond, server, log);
                ServerCpu.Reading before = server.read();
                Schedule schedule = Schedule.poisson(perSecond, seconds, 2);
                LoadFigures figures = new OpenLoop(sender, schedule, i -> ask).run(log);
                double micros = server.read().since(before).work() / 1e3 / schedule.size();
                out.printf(Locale.ROOT, "%s over %s: %s%n", work.label(), version, figures);
                out.printf(Locale.ROOT, "server: %.1f us CPU per request%nhistograms: %s%n", micros, log);
                return figures;
            }
        }
    }

    /** The shipped HSM with one of the audit's policies; it takes the name of one from this property for measurements. */
    static LiveHsm.Setup audited(String policy) {
        return LiveHsm.Setup.SHIPPED.withJvm("-Dhsm.dev.audit=" + policy);
    }

    private static HttpVersion version(Arguments rest) {
        if (rest.take("1.1")) {
            return HttpVersion.HTTP_1_1;
        }
        var _ = rest.take("2"); // may be said
        return HttpVersion.HTTP_2;
    }
}
