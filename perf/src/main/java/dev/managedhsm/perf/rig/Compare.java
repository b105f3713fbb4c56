// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.perf.rig;

import dev.managedhsm.perf.budget.OpensslSpeed;
import dev.managedhsm.perf.budget.Surroundings;
import io.vertx.core.http.HttpVersion;
import java.io.IOException;
import java.io.PrintStream;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Compares, in turn and round after round, the CPU time that a request costs its server: this gateway, nginx's static
 * answer where nginx is installed, and {@code openssl speed}; and the rate of any other base URL, whose CPU time is not
 * ours to see. All get the same requests from the same sender.
 */
public final class Compare {
    private static final int IN_FLIGHT = 64;
    private static final int WARM_UP = 4_000;
    private static final Path NGINX = Path.of("/usr/sbin/nginx");
    private static final double MICROS = 1_000;

    private record Contender(
            String name, Sender sender, @Nullable ServerCpu cpu, List<Double> rounds) {}

    private final int rounds;
    private final int requests;
    private final PrintStream out;
    private final List<Contender> contenders = new ArrayList<>();
    private final List<Double> openssl = new ArrayList<>();

    Compare(int rounds, int requests, PrintStream out) {
        this.rounds = rounds;
        this.requests = requests;
        this.out = out;
    }

    /** Measures and prints a table; the work is signing with ES256 over TLS. */
    void run(Path project, HttpVersion version, List<URI> others)
            throws IOException, InterruptedException, GeneralSecurityException {
        out.println(Surroundings.describe());
        try (LiveHsm hsm = LiveHsm.start(project);
                Closing closing = new Closing()) {
            String token = hsm.token();
            hsm.create("es256", Work.ES256, token);
            add(closing, "gateway", hsm.url(), hsm.authority(), version, token, new ServerCpu(hsm.process()));
            if (Files.isExecutable(NGINX)) {
                Nginx nginx = Nginx.start(NGINX.toString());
                closing.later(nginx);
                add(closing, "nginx", nginx.url(), null, version, token, new ServerCpu(nginx.process()));
            } else {
                out.println("nginx is not installed: not compared");
            }
            for (URI other : others) {
                add(closing, other.toString(), other, null, version, token, null);
            }
            measure(Work.ES256.ask("es256"));
        }
        print(version);
    }

    private void add(
            Closing closing,
            String name,
            URI url,
            @Nullable Path authority,
            HttpVersion version,
            String token,
            @Nullable ServerCpu cpu) {
        Sender sender = new Sender(url, authority, version, version == HttpVersion.HTTP_2 ? 1 : IN_FLIGHT, token);
        closing.later(sender);
        contenders.add(new Contender(name, sender, cpu, new ArrayList<>()));
    }

    private void measure(Ask ask) throws IOException, InterruptedException {
        for (Contender contender : contenders) {
            new ClosedLoop(contender.sender(), i -> ask, IN_FLIGHT).run(WARM_UP);
        }
        OpensslSpeed reference = new OpensslSpeed("openssl");
        for (int round = 0; round < rounds; round++) {
            openssl.add(1e6 / reference.signatures("ecdsap256").perCpuSecond());
            for (Contender contender : contenders) {
                ServerCpu cpu = contender.cpu();
                long before = cpu == null ? 0 : cpu.nanos();
                double perSecond = new ClosedLoop(contender.sender(), i -> ask, IN_FLIGHT).run(requests);
                contender.rounds().add(cpu == null ? perSecond : (cpu.nanos() - before) / MICROS / requests);
            }
        }
    }

    private void print(HttpVersion version) {
        out.printf(
                Locale.ROOT,
                "%n%s, TLS, %d in flight, %d rounds of %d requests in turn; median (least–most)%n",
                version,
                IN_FLIGHT,
                rounds,
                requests);
        line("openssl speed ecdsap256", openssl, "us CPU per signature");
        for (Contender contender : contenders) {
            String unit = contender.cpu() == null ? "answers per second on the wall" : "us CPU per request";
            line(contender.name(), contender.rounds(), unit);
        }
        if (contenders.size() > 1 && contenders.get(1).cpu() != null) {
            out.printf(
                    Locale.ROOT,
                    "gateway / (nginx + openssl) = %.2f%n",
                    median(contenders.getFirst().rounds())
                            / (median(contenders.get(1).rounds()) + median(openssl)));
        }
    }

    private void line(String name, List<Double> values, String unit) {
        double[] sorted = sorted(values);
        out.printf(
                Locale.ROOT,
                "| %-28s | %9.1f (%.1f–%.1f) | %s |%n",
                name,
                median(values),
                sorted[0],
                sorted[sorted.length - 1],
                unit);
    }

    private static double median(List<Double> values) {
        double[] sorted = sorted(values);
        return (sorted[(sorted.length - 1) / 2] + sorted[sorted.length / 2]) / 2;
    }

    private static double[] sorted(List<Double> values) {
        double[] sorted = values.stream().mapToDouble(Double::doubleValue).toArray();
        Arrays.sort(sorted);
        return sorted;
    }
}
