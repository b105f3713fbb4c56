// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.perf.rig;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/**
 * A development HSM in a JVM of its own, with the production's JVM options, so that its CPU time and memory are its own.
 * Tokens come from its managed-identity endpoint. One thread; closing it ends the process and deletes its folder.
 */
public final class LiveHsm implements AutoCloseable {
    private static final Duration START_MAX = Duration.ofSeconds(90);
    private static final long LOOK_MILLIS = 100;
    private static final Pattern TOKEN = Pattern.compile("\"access_token\"\\s*:\\s*\"([^\"]+)\"");

    private final Process process;
    private final Path folder;
    private final Map<String, String> facts;
    private final HttpClient client;

    private LiveHsm(Process process, Path folder, Map<String, String> facts)
            throws IOException, GeneralSecurityException {
        this.process = process;
        this.folder = folder;
        this.facts = facts;
        this.client = HttpClient.newBuilder().sslContext(trusting(authority())).build();
    }

    /**
     * Starts one on a free port.
     *
     * @param project the project's folder, for {@code config/jvm.options}
     * @throws IOException if it did not come up in 90 s; the log's last words are in the message
     */
    public static LiveHsm start(Path project) throws IOException, InterruptedException, GeneralSecurityException {
        Path folder = Files.createTempDirectory("perf-hsm");
        Path log = folder.resolve("log");
        Path data = folder.resolve("data");
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "@" + project.resolve("config/jvm.options"),
                        "-Dlogback.configurationFile=" + project.resolve("config/logback.xml"),
                        "-cp",
                        System.getProperty("java.class.path"),
                        "dev.managedhsm.gateway.cli.Main",
                        "dev",
                        "--port",
                        "0",
                        "--data",
                        data.toString())
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start();
        Path env = data.resolve("dev.env");
        long endNanos = System.nanoTime() + START_MAX.toNanos();
        while (!Files.exists(env)) {
            if (process.waitFor(LOOK_MILLIS, TimeUnit.MILLISECONDS) || System.nanoTime() > endNanos) {
                process.destroyForcibly();
                String said = Files.readString(log);
                delete(folder);
                throw new IOException("the HSM did not start: " + said);
            }
        }
        return new LiveHsm(process, folder, read(env));
    }

    /** Where it answers, without a path. */
    public URI url() {
        return URI.create(fact("HSM_URL"));
    }

    /** The certificate authority that its clients must trust, a PEM file. */
    public Path authority() {
        return Path.of(fact("HSM_CA"));
    }

    /** Its process, for CPU time. */
    public ProcessHandle process() {
        return process.toHandle();
    }

    /** Where its managed-identity endpoint gives tokens, with query. */
    public URI identity() {
        return URI.create(fact("IDENTITY_ENDPOINT") + "?api-version=2019-08-01&resource=" + fact("DEV_AUDIENCE"));
    }

    /** The value of {@code X-IDENTITY-HEADER}. */
    public String identityHeader() {
        return fact("IDENTITY_HEADER");
    }

    /** A token of its managed-identity endpoint, for the administrator. */
    public String token() throws IOException, InterruptedException {
        String body = answer(HttpRequest.newBuilder(identity()).header("X-IDENTITY-HEADER", identityHeader()));
        Matcher matcher = TOKEN.matcher(body);
        if (!matcher.find()) {
            throw new IOException("the identity endpoint gave no token");
        }
        return matcher.group(1);
    }

    /** Creates a key of a name. */
    public void create(String name, Work work, String token) throws IOException, InterruptedException {
        post(new Ask("/keys/" + name + "/create" + Work.VERSION, work.newKey()), token);
    }

    /** Sends a request once; its answer's body. */
    public String post(Ask ask, String token) throws IOException, InterruptedException {
        return answer(HttpRequest.newBuilder(url().resolve(ask.path()))
                .header("Authorization", "Bearer " + token)
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(ask.body())));
    }

    /** Its latencies since the start, a histogram log. */
    public String latencyLog() throws IOException, InterruptedException {
        return answer(HttpRequest.newBuilder(url().resolve("/latency.hlog")));
    }

    @Override
    public void close() throws IOException {
        client.close();
        process.destroy();
        try {
            if (!process.waitFor(20, TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
        delete(folder);
    }

    private String answer(HttpRequest.Builder request) throws IOException, InterruptedException {
        HttpResponse<String> response = client.send(request.build(), BodyHandlers.ofString());
        if (response.statusCode() != 200) {
            throw new IOException(
                    "status " + response.statusCode() + " of " + response.uri().getPath());
        }
        return response.body();
    }

    private String fact(String name) {
        String value = facts.get(name);
        if (value == null) {
            throw new IllegalStateException("dev.env has no " + name);
        }
        return value;
    }

    private static Map<String, String> read(Path env) throws IOException {
        try (Stream<String> lines = Files.lines(env)) {
            return lines.map(line -> line.startsWith("export ") ? line.substring(7) : line)
                    .filter(line -> !line.startsWith("#") && line.indexOf('=') > 0)
                    .collect(Collectors.toMap(
                            line -> line.substring(0, line.indexOf('=')),
                            line -> line.substring(line.indexOf('=') + 1).replaceAll("^['\"]|['\"]$", "")));
        }
    }

    private static SSLContext trusting(Path authority) throws IOException, GeneralSecurityException {
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        try (var pem = Files.newInputStream(authority)) {
            store.setCertificateEntry(
                    "authority", CertificateFactory.getInstance("X.509").generateCertificate(pem));
        }
        TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(store);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, trust.getTrustManagers(), null);
        return context;
    }

    private static void delete(Path folder) throws IOException {
        List<Path> files;
        try (Stream<Path> found = Files.walk(folder)) {
            files = found.sorted(Comparator.reverseOrder()).toList();
        }
        for (Path file : files) {
            Files.deleteIfExists(file);
        }
    }
}
