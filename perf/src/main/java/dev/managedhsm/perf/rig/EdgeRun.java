// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.perf.rig;

import dev.managedhsm.perf.budget.Budgets;
import dev.managedhsm.perf.budget.Surroundings;
import java.io.IOException;
import java.io.PrintStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Compares the edge with nginx's static answer and with a bare Vert.x handler, in turn, in CPU time per request, under
 * {@code h2load}: the shipped gateway with ring and token cache over an engine that computes nothing. The bare handler gives
 * the same answer on the same transport, so what the gateway takes more is ours. h2load sends the token never indexed, as
 * curl does, so each server decodes all of it with each request.
 */
final class EdgeRun {
    private static final double MICROS = 1_000;
    private static final int WARM_UP = 60_000;
    private static final int WARM_UPS_MAX = 6;
    private static final Pattern DONE = Pattern.compile("status codes: (\\d+) 2xx, (\\d+) 3xx, (\\d+) 4xx, (\\d+) 5xx");

    /**
     * One way to send.
     *
     * @param name of the row
     * @param budget the name of the least that the rate per CPU second may be, to nginx's; with {@code -bare}, to the bare handler's
     * @param arguments of h2load
     */
    private record Way(String name, String budget, List<String> arguments) {}

    private static final List<Way> WAYS = List.of(
            new Way("HTTP/2, 8 connections, 32 streams", "edge.h2", List.of("-c", "8", "-m", "32")),
            new Way("HTTP/2, 64 connections, 1 stream", "edge.h2-single", List.of("-c", "64", "-m", "1")),
            new Way("HTTP/1.1, 64 connections", "edge.h1", List.of("--h1", "-c", "64")));

    private final int rounds;
    private final int requests;
    private final Budgets budgets;
    private final PrintStream out;

    EdgeRun(int rounds, int requests, Budgets budgets, PrintStream out) {
        this.rounds = rounds;
        this.requests = requests;
        this.budgets = budgets;
        this.out = out;
    }

    /** Measures and prints a table; whether every ratio is within its budget. */
    boolean run(Path project) throws IOException, InterruptedException, GeneralSecurityException {
        if (!Nginx.installed()) {
            throw new IOException("nginx is not installed, and the ratios are to it: install it");
        }
        out.println(Surroundings.describe());
        boolean kept = true;
        try (LiveHsm hsm = LiveHsm.start(project, LiveHsm.Setup.NO_OP);
                LiveHsm bare = LiveHsm.start(project, LiveHsm.Setup.BARE);
                Nginx nginx = Nginx.start()) {
            String token = hsm.token();
            hsm.create("measured", Work.ES256, token);
            Ask ask = Work.ES256.ask("measured");
            Path body = Files.createTempFile("perf-body", ".json");
            try {
                Files.writeString(body, ask.body());
                out.printf(
                        Locale.ROOT,
                        "%n%d rounds of %d requests in turn, us CPU per request, median (least–most)%n"
                                + "| h2load | gateway, no-op key | bare Vert.x handler | nginx | rate to bare, CPU | budget"
                                + " | rate to nginx, CPU | budget | the gateway's parts, mean us |%n"
                                + "| --- | ---: | ---: | ---: | ---: | --- | ---: | --- | --- |%n",
                        rounds,
                        requests);
                List<Server> servers = List.of(
                        new Server(hsm.url(), new ServerCpu(hsm.process())),
                        new Server(bare.url(), new ServerCpu(bare.process())),
                        new Server(nginx.url(), new ServerCpu(nginx.process())));
                for (Way way : WAYS) {
                    kept &= measure(way, servers, new Target(body, token, ask.path()));
                }
            } finally {
                Files.delete(body);
            }
        }
        return kept;
    }

    private record Target(Path body, String token, String path) {}

    private record Server(URI url, ServerCpu cpu) {}

    /** Measures the gateway, the bare handler and nginx, in this order. */
    private boolean measure(Way way, List<Server> servers, Target target) throws IOException, InterruptedException {
        List<List<Double>> micros = new ArrayList<>();
        for (Server server : servers) {
            warm(way, server, target);
            micros.add(new ArrayList<>());
        }
        Parts parts = new Parts();
        for (int round = 0; round < rounds; round++) {
            for (int i = 0; i < servers.size(); i++) {
                ServerCpu.Reading spent = load(way, servers.get(i), target, requests);
                micros.get(i).add(spent.work() / MICROS / requests);
                if (i == 0) {
                    parts.add(spent, requests);
                }
            }
        }
        Medians ours = Medians.of(micros.get(0));
        Medians bare = Medians.of(micros.get(1));
        Medians nginx = Medians.of(micros.get(2));
        double toBare = bare.median() / ours.median();
        double toNginx = nginx.median() / ours.median();
        double leastToBare = budgets.least(way.budget() + "-bare");
        double leastToNginx = budgets.least(way.budget());
        out.printf(
                Locale.ROOT,
                "| %s | %s | %s | %s | %.2f | %s | %.2f | %s | %s |%n",
                way.name(),
                ours,
                bare,
                nginx,
                toBare,
                judged(toBare, leastToBare),
                toNginx,
                judged(toNginx, leastToNginx),
                parts.text());
        return toBare >= leastToBare && toNginx >= leastToNginx;
    }

    private static String judged(double ratio, double least) {
        return String.format(Locale.ROOT, "%.2f%s", least, ratio >= least ? "" : " MISSED");
    }

    /** Until a compiler has little left to do; what has none is warm after the first. */
    private static void warm(Way way, Server server, Target target) throws IOException, InterruptedException {
        boolean warm = false;
        for (int i = 0; i < WARM_UPS_MAX && !warm; i++) {
            warm = WarmUp.quiet(load(way, server, target, WARM_UP));
        }
    }

    /** The server's CPU time of so many requests. */
    private static ServerCpu.Reading load(Way way, Server server, Target target, int requests)
            throws IOException, InterruptedException {
        List<String> line = new ArrayList<>(List.of("h2load", "-n", Integer.toString(requests), "-t", "1"));
        line.addAll(way.arguments());
        line.addAll(List.of(
                "-d",
                target.body().toString(),
                "-H",
                "authorization: Bearer " + target.token(),
                "-H",
                "content-type: application/json",
                server.url().resolve(target.path()).toString()));
        ServerCpu.Reading before = server.cpu().read();
        Process process = new ProcessBuilder(line).redirectErrorStream(true).start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        process.waitFor();
        ServerCpu.Reading spent = server.cpu().read().since(before);
        Matcher done = DONE.matcher(said);
        if (!done.find() || Integer.parseInt(done.group(1)) != requests) {
            throw new IOException("h2load did not get " + requests + " answers of 200: " + said);
        }
        return spent;
    }
}
