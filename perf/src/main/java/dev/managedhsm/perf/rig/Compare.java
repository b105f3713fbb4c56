// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.perf.rig;

import dev.managedhsm.perf.budget.OpensslSpeed;
import dev.managedhsm.perf.budget.Surroundings;
import io.vertx.core.http.HttpVersion;
import java.io.IOException;
import java.io.PrintStream;
import java.net.URI;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Compares, in turn and round after round, the CPU time that a request costs its server: this gateway, the same over an
 * engine that computes nothing, nginx's static answer where nginx is installed, and {@code openssl speed}; and the rate of
 * any other base URL, whose CPU time is not ours to see. All get the same requests from the same kind of sender.
 *
 * <p>The just-in-time compiler's threads are not counted: each server is sent requests until they are quiet, and what they
 * still do ends some day.
 */
public final class Compare {
    private static final double MICROS = 1_000;

    /**
     * What is compared.
     *
     * @param work the requests
     * @param version of HTTP
     * @param inFlight requests that are under way at any moment, on one connection of HTTP/2 or as many of HTTP/1.1
     * @param rounds how many
     * @param requests of each round
     * @param gateways what the gateways are started with, by name
     * @param others other base URLs
     */
    record Plan(
            Work work,
            HttpVersion version,
            int inFlight,
            int rounds,
            int requests,
            Map<String, LiveHsm.Setup> gateways,
            List<URI> others) {}

    private record Contender(
            String name,
            Sender sender,
            @Nullable ServerCpu cpu,
            List<Double> rounds,
            List<Double> perSecond,
            Parts parts) {}

    private final Plan plan;
    private final PrintStream out;
    private final List<Contender> contenders = new ArrayList<>();
    private final List<Double> openssl = new ArrayList<>();

    Compare(Plan plan, PrintStream out) {
        this.plan = plan;
        this.out = out;
    }

    /** Measures and prints a table. */
    void run(Path project) throws IOException, InterruptedException, GeneralSecurityException {
        out.println(Surroundings.describe());
        String someToken = "";
        try (Closing closing = new Closing()) {
            for (Map.Entry<String, LiveHsm.Setup> gateway : plan.gateways().entrySet()) {
                LiveHsm hsm = LiveHsm.start(project, gateway.getValue());
                closing.later(hsm);
                String token = hsm.token();
                someToken = token;
                hsm.create("measured", plan.work(), token);
                add(closing, gateway.getKey(), hsm.url(), hsm.authority(), token, new ServerCpu(hsm.process()));
            }
            if (Nginx.installed()) {
                Nginx nginx = Nginx.start();
                closing.later(nginx);
                add(closing, "nginx", nginx.url(), null, someToken, new ServerCpu(nginx.process()));
            } else {
                out.println("nginx is not installed: not compared");
            }
            for (URI other : plan.others()) {
                add(closing, other.toString(), other, null, someToken, null);
            }
            measure(plan.work().ask("measured"));
        }
        print();
    }

    private void add(
            Closing closing, String name, URI url, @Nullable Path authority, String token, @Nullable ServerCpu cpu)
            throws IOException {
        int connections = plan.version() == HttpVersion.HTTP_2 ? 1 : plan.inFlight();
        Sender sender = Sender.to(url, authority, plan.version(), connections, token);
        closing.later(sender);
        contenders.add(new Contender(name, sender, cpu, new ArrayList<>(), new ArrayList<>(), new Parts()));
    }

    private void measure(Ask ask) throws IOException, InterruptedException {
        for (Contender contender : contenders) {
            new WarmUp(contender.sender(), ask, plan.inFlight()).run(contender.cpu());
        }
        String algorithm = plan.work().opensslName();
        OpensslSpeed reference = new OpensslSpeed("openssl");
        for (int round = 0; round < plan.rounds(); round++) {
            if (algorithm != null) {
                openssl.add(1e6 / reference.signatures(algorithm).perCpuSecond());
            }
            for (Contender contender : contenders) {
                ServerCpu cpu = contender.cpu();
                ServerCpu.Reading before = cpu == null ? null : cpu.read();
                double perSecond = new ClosedLoop(contender.sender(), i -> ask, plan.inFlight()).run(plan.requests());
                contender.perSecond().add(perSecond);
                if (cpu != null && before != null) {
                    ServerCpu.Reading spent = cpu.read().since(before);
                    contender.rounds().add(spent.work() / MICROS / plan.requests());
                    contender.parts().add(spent, plan.requests());
                }
            }
        }
    }

    private void print() {
        out.printf(
                Locale.ROOT,
                "%n%s over %s, TLS, %d in flight, %d rounds of %d requests in turn; median (least–most)%n"
                        + "| what | us CPU per request | answers per second on the wall | its parts, mean us |%n"
                        + "| --- | ---: | ---: | --- |%n",
                plan.work().label(),
                plan.version(),
                plan.inFlight(),
                plan.rounds(),
                plan.requests());
        if (!openssl.isEmpty()) {
            out.printf("| openssl speed %s | %s | | |%n", plan.work().opensslName(), Medians.of(openssl));
        }
        for (Contender contender : contenders) {
            out.printf(
                    "| %s | %s | %s | %s |%n",
                    contender.name(),
                    contender.cpu() == null ? "not seen" : Medians.of(contender.rounds()),
                    Medians.of(contender.perSecond()),
                    contender.parts().text());
        }
        ratios();
    }

    /** How the first gateway does beside the others, from the rounds' medians. */
    private void ratios() {
        Contender first = contenders.getFirst();
        double gateway = Medians.of(first.rounds()).median();
        for (Contender other : contenders.subList(1, contenders.size())) {
            if (other.cpu() != null) {
                out.printf(
                        Locale.ROOT,
                        "%s / %s = %.2f of the CPU time%n",
                        first.name(),
                        other.name(),
                        gateway / Medians.of(other.rounds()).median());
            }
        }
        if (!openssl.isEmpty()) {
            double signature = Medians.of(openssl).median();
            double workers = first.parts().micros(ServerCpu.Part.WORKERS);
            out.printf(
                    Locale.ROOT,
                    "%s: %.2f of openssl's rate per CPU second of its workers, %.2f on the wall%n",
                    first.name(),
                    signature / workers,
                    Medians.of(first.perSecond()).median() * signature / 1e6);
        }
    }
}
