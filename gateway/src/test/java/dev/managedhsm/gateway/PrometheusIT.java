// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.managedhsm.gateway.fixture.RawClient;
import dev.managedhsm.gateway.fixture.RunningHsm;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A real Prometheus scrapes the HSM, and its queries give the figures of {@code /latency}. Where there is none, nothing is tried. */
class PrometheusIT {
    private static final String SIGN = "{\"alg\":\"ES256\",\"value\":\"" + "A".repeat(43) + "\"}";
    private static final String SERIES = "{operation=\"sign\",key_class=\"p_256\"}";
    private static final int SIGNATURES = 400;
    private static final long LIMIT_NANOS = 60_000_000_000L;

    /** Buckets of HdrHistogram and of native histograms are 0.8 % and 2.2 % wide. */
    private static final double TOLERANCE = 0.03;

    @TempDir
    static Path folder;

    private static RunningHsm hsm;
    private static Prometheus withNativeHistograms;
    private static Prometheus withClassicHistograms;

    /** Each takes five seconds until it looks for the first time, so both do it at once. */
    @BeforeAll
    static void work() throws IOException {
        assumeTrue(binary() != null, "Prometheus is not installed");
        hsm = RunningHsm.start();
        withNativeHistograms = new Prometheus("native", "--enable-feature=native-histograms");
        withClassicHistograms = new Prometheus("classic");
        RawClient client = hsm.client();
        client.create("ec", new JsonObject().put("kty", "EC"));
        for (int i = 0; i < SIGNATURES; i++) {
            client.post("/keys/ec/sign", SIGN).ok();
        }
    }

    @AfterAll
    static void end() {
        Stream.of(withNativeHistograms, withClassicHistograms)
                .filter(Objects::nonNull)
                .forEach(Prometheus::close);
        RunningHsm.end(hsm);
    }

    private static @Nullable Path binary() {
        return Stream.of(System.getenv().getOrDefault("PATH", "").split(":", -1))
                .map(path -> Path.of(path, "prometheus"))
                .filter(Files::isExecutable)
                .findFirst()
                .orElse(null);
    }

    @Test
    void nativeHistogramsGiveThePercentilesOfLatency() throws Exception {
        Prometheus prometheus = withNativeHistograms;
        prometheus.await("histogram_count(hsm_operation_duration_seconds" + SERIES + ")", SIGNATURES);
        List<Double> wanted = latency("TOTAL");
        assertEquals(SIGNATURES, wanted.getFirst());
        // count, mean, then the percentiles of the table
        double[] quantiles = {0.5, 0.9, 0.99};
        for (int i = 0; i < quantiles.length; i++) {
            double found = prometheus.query(
                    "histogram_quantile(" + quantiles[i] + ", hsm_operation_duration_seconds" + SERIES + ")");
            assertClose(wanted.get(2 + i), found * 1e6, "p" + quantiles[i]);
        }
        double mean = prometheus.query("histogram_sum(hsm_operation_duration_seconds" + SERIES
                + ") / histogram_count(hsm_operation_duration_seconds" + SERIES + ")");
        assertClose(wanted.get(1), mean * 1e6, "mean");
        double execute = prometheus.query(
                "histogram_quantile(0.5, hsm_operation_stage_duration_seconds{stage=\"execute\",operation=\"sign\"})");
        assertClose(latency("EXECUTE").get(2), execute * 1e6, "p50 of EXECUTE");
    }

    @Test
    void classicHistogramsCountAndAddUpTheSame() throws Exception {
        Prometheus prometheus = withClassicHistograms;
        prometheus.await("hsm_operation_duration_seconds_count" + SERIES, SIGNATURES);
        List<Double> wanted = latency("TOTAL");
        assertClose(
                wanted.get(1),
                1e6
                        * prometheus.query("hsm_operation_duration_seconds_sum" + SERIES
                                + " / hsm_operation_duration_seconds_count" + SERIES),
                "mean");
        double p50 = prometheus.query("histogram_quantile(0.5, hsm_operation_duration_seconds_bucket" + SERIES + ")");
        assertTrue(
                p50 * 1e6 > wanted.get(2) / 2.5 && p50 * 1e6 < wanted.get(2) * 2.5,
                "in the same bucket or beside it: " + p50 * 1e6 + " for " + wanted.get(2));
        assertEquals(1, prometheus.query("up"));
        assertEquals(1, prometheus.query("hsm_condition{hsm_condition=\"operational\"}"));
        assertTrue(prometheus.query("sum(hsm_http_requests_total{operation=\"KeySign\",code=\"200\"})") >= SIGNATURES);
    }

    private static void assertClose(double wanted, double found, String what) {
        assertEquals(wanted, found, Math.max(wanted * TOLERANCE, 0.2), what);
    }

    /** The numbers of the line of signatures: count, mean, p50, p90, p99, p99.9, p99.99, max; times in microseconds. */
    private static List<Double> latency(String stage) {
        String line = hsm.client()
                .get("/latency")
                .body()
                .lines()
                .filter(one -> one.startsWith("SIGN ") && one.contains(" " + stage + " "))
                .findFirst()
                .orElseThrow();
        return Arrays.stream(line.strip().split(" +", -1))
                .skip(3)
                .map(Double::valueOf)
                .toList();
    }

    /** One process of it, on loopback. */
    private static final class Prometheus implements AutoCloseable {
        private final Process process;
        private final int port;
        private final Path log;
        private final HttpClient http = HttpClient.newHttpClient();

        Prometheus(String name, String... flags) throws IOException {
            try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
                port = socket.getLocalPort();
            }
            Path own = Files.createDirectory(folder.resolve(name));
            log = own.resolve("log");
            Path config = Files.writeString(own.resolve("prometheus.yml"), """
                    scrape_configs:
                      - job_name: managed-hsm
                        scheme: https
                        scrape_interval: 1s
                        tls_config: {ca_file: "%s"}
                        static_configs: [{targets: ["localhost:%d"]}]
                    """.formatted(hsm.ca(), hsm.port()));
            List<String> command = new ArrayList<>(List.of(
                    String.valueOf(binary()),
                    "--config.file=" + config,
                    "--storage.tsdb.path=" + own.resolve("data"),
                    "--web.listen-address=127.0.0.1:" + port));
            command.addAll(List.of(flags));
            process = new ProcessBuilder(command)
                    .redirectErrorStream(true)
                    .redirectOutput(log.toFile())
                    .start();
        }

        double query(String text) {
            JsonArray found = answer(text);
            assertEquals(1, found.size(), text + " gives " + found);
            return value(found);
        }

        /** Waits until a query gives this value. */
        void await(String text, double wanted) throws IOException {
            long endNanos = System.nanoTime() + LIMIT_NANOS;
            JsonArray found = new JsonArray();
            while (System.nanoTime() - endNanos < 0) {
                found = answer(text);
                if (found.size() == 1 && value(found) == wanted) {
                    return;
                }
                LockSupport.parkNanos(100_000_000);
            }
            fail(text + " gives " + found + "; " + Files.readString(log));
        }

        private static double value(JsonArray found) {
            return Double.parseDouble(
                    found.getJsonObject(0).getJsonArray("value").getString(1));
        }

        private JsonArray answer(String text) {
            URI url = URI.create("http://127.0.0.1:" + port + "/api/v1/query?query="
                    + URLEncoder.encode(text, StandardCharsets.UTF_8));
            try {
                HttpResponse<String> answer =
                        http.send(HttpRequest.newBuilder(url).build(), BodyHandlers.ofString());
                if (answer.statusCode() == 503) {
                    return new JsonArray(); // starting
                }
                JsonObject json = new JsonObject(answer.body());
                assertEquals("success", json.getString("status"), answer.body());
                return json.getJsonObject("data").getJsonArray("result");
            } catch (IOException starting) {
                return new JsonArray();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IllegalStateException(e);
            }
        }

        @Override
        public void close() {
            http.shutdownNow();
            process.destroy();
            process.onExit()
                    .orTimeout(10, TimeUnit.SECONDS)
                    .exceptionally(late -> process.destroyForcibly())
                    .join();
        }
    }
}
