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
 * Compares the edge with nginx's static answer, in turn, in CPU time per request, under {@code h2load}: the shipped gateway
 * with ring and token cache over an engine that computes nothing. h2load sends the token never indexed, as curl does, so
 * each server decodes all of it with each request.
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
     * @param budget the name of the least that the rate per CPU second may be, to nginx's
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
                                + "| h2load | gateway, no-op key | nginx | rate to nginx, CPU | budget | the gateway's parts, mean us |%n"
                                + "| --- | ---: | ---: | ---: | ---: | --- |%n",
                        rounds,
                        requests);
                for (Way way : WAYS) {
                    kept &= measure(way, hsm, nginx, new Target(body, token, ask.path()));
                }
            } finally {
                Files.delete(body);
            }
        }
        return kept;
    }

    private record Target(Path body, String token, String path) {}

    private boolean measure(Way way, LiveHsm hsm, Nginx nginx, Target target) throws IOException, InterruptedException {
        boolean warm = false;
        ServerCpu gatewayCpu = new ServerCpu(hsm.process());
        ServerCpu nginxCpu = new ServerCpu(nginx.process());
        for (int i = 0; i < WARM_UPS_MAX && !warm; i++) {
            warm = WarmUp.quiet(load(way, hsm.url(), target, WARM_UP, gatewayCpu));
        }
        load(way, nginx.url(), target, requests, nginxCpu);
        List<Double> gateway = new ArrayList<>();
        List<Double> reference = new ArrayList<>();
        Parts parts = new Parts();
        for (int round = 0; round < rounds; round++) {
            ServerCpu.Reading spent = load(way, hsm.url(), target, requests, gatewayCpu);
            parts.add(spent, requests);
            gateway.add(micros(spent));
            reference.add(micros(load(way, nginx.url(), target, requests, nginxCpu)));
        }
        Medians ours = Medians.of(gateway);
        Medians theirs = Medians.of(reference);
        double ratio = theirs.median() / ours.median();
        double least = budgets.least(way.budget());
        boolean kept = ratio >= least;
        out.printf(
                Locale.ROOT,
                "| %s | %s | %s | %.2f | %.2f%s | %s |%n",
                way.name(),
                ours,
                theirs,
                ratio,
                least,
                kept ? "" : " MISSED",
                parts.text());
        return kept;
    }

    /** Of the server's CPU time per request. */
    private double micros(ServerCpu.Reading spent) {
        return spent.work() / MICROS / requests;
    }

    /** The server's CPU time of so many requests. */
    private static ServerCpu.Reading load(Way way, URI url, Target target, int requests, ServerCpu cpu)
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
                url.resolve(target.path()).toString()));
        ServerCpu.Reading before = cpu.read();
        Process process = new ProcessBuilder(line).redirectErrorStream(true).start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        process.waitFor();
        ServerCpu.Reading spent = cpu.read().since(before);
        Matcher done = DONE.matcher(said);
        if (!done.find() || Integer.parseInt(done.group(1)) != requests) {
            throw new IOException("h2load did not get " + requests + " answers of 200: " + said);
        }
        return spent;
    }
}
