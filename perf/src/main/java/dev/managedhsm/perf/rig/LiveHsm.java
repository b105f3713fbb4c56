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
import java.security.MessageDigest;
import java.security.cert.CertificateFactory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSession;
import javax.net.ssl.TrustManagerFactory;

/**
 * A development HSM in a JVM of its own, with the production's JVM options, so that its CPU time and memory are its own.
 * Tokens come from its managed-identity endpoint. One thread; closing it ends the process and deletes its folder.
 */
public final class LiveHsm implements AutoCloseable {
    private static final Duration START_MAX = Duration.ofSeconds(90);
    private static final long LOOK_MILLIS = 100;
    private static final String GC_LOG = "gc.log";

    /** The name of a ready token in {@code dev.env}. */
    static final String TOKEN_FACT = "DEV_TOKEN";

    /** {@code Pause Young (Normal) (G1 Evacuation Pause) 35M->12M(64M) 3.1ms}. */
    private static final Pattern COLLECTED = Pattern.compile("Pause .*?\\d+M->(\\d+)M\\(\\d+M\\) ([\\d.]+)ms");

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
     * What is started.
     *
     * @param main class whose {@code main} starts it; takes {@code --port} and {@code --data} and writes {@code dev.env}
     * @param jvmOptions beside the production's
     * @param arguments beside port and folder
     */
    public record Setup(String main, List<String> jvmOptions, List<String> arguments) {
        /** The shipped HSM for development, as {@code hsm dev} starts it. */
        public static final Setup SHIPPED = new Setup("dev.managedhsm.gateway.cli.Main", List.of(), List.of("dev"));

        /** The shipped gateway over an engine whose workers compute nothing. */
        static final Setup NO_OP = new Setup(NoOpHsm.class.getName(), List.of(), List.of());

        /** No HSM: a Vert.x handler that gives the same answer to everything, as the least that the edge could cost. */
        static final Setup BARE = new Setup(BareProcess.class.getName(), List.of(), List.of());

        /** Copies the lists. */
        public Setup {
            jvmOptions = List.copyOf(jvmOptions);
            arguments = List.copyOf(arguments);
        }

        /** The same with more JVM options. */
        Setup withJvm(String... more) {
            return new Setup(main, joined(jvmOptions, List.of(more)), arguments);
        }

        /** The same with more arguments. */
        Setup with(List<String> more) {
            return new Setup(main, jvmOptions, joined(arguments, more));
        }

        private static List<String> joined(List<String> first, List<String> second) {
            return Stream.concat(first.stream(), second.stream()).toList();
        }
    }

    /** Starts the shipped one; see the other method. */
    public static LiveHsm start(Path project) throws IOException, InterruptedException, GeneralSecurityException {
        return start(project, Setup.SHIPPED);
    }

    /**
     * Starts one on a free port.
     *
     * @param project the project's folder, for {@code config/jvm.options}
     * @param setup what is started
     * @throws IOException if it did not come up in 90 s; the log's last words are in the message
     */
    public static LiveHsm start(Path project, Setup setup)
            throws IOException, InterruptedException, GeneralSecurityException {
        Path folder = Files.createTempDirectory("perf-hsm");
        Path log = folder.resolve("log");
        Path data = folder.resolve("data");
        List<String> line = new ArrayList<>();
        line.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        line.add("@" + project.resolve("config/jvm.options"));
        line.add("-Dlogback.configurationFile=" + project.resolve("config/logback.xml"));
        line.add("-Xlog:gc:file=" + folder.resolve(GC_LOG) + ":uptime:filecount=0");
        line.addAll(setup.jvmOptions());
        line.addAll(List.of("-cp", System.getProperty("java.class.path"), setup.main()));
        line.addAll(setup.arguments());
        line.addAll(List.of("--port", "0", "--data", data.toString()));
        Process process = new ProcessBuilder(line)
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start();
        Path env = data.resolve("dev.env");
        long endNanos = System.nanoTime() + START_MAX.toNanos();
        while (!Files.exists(env)) {
            if (process.waitFor(LOOK_MILLIS, TimeUnit.MILLISECONDS) || System.nanoTime() > endNanos) {
                process.destroyForcibly().waitFor();
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

    /** The folder under which it keeps everything, its audit log too. */
    Path folder() {
        return folder;
    }

    /** The folder of its audit log. */
    Path auditFolder() {
        return folder.resolve("data/data/audit");
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

    /** A token for the administrator: of its managed-identity endpoint, or the one that it left where it has none. */
    public String token() throws IOException, InterruptedException {
        if (facts.containsKey(TOKEN_FACT)) {
            return fact(TOKEN_FACT);
        }
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

    /** What it recorded since a time, by intervals that have ended: a histogram log. */
    String latencyLog(long fromMillis) throws IOException, InterruptedException {
        return answer(HttpRequest.newBuilder(url().resolve("/latency.hlog?from=" + fromMillis)));
    }

    /** SHA-256 of the public key that it shows, in Base64, as browsers take it. */
    String pin() throws IOException, InterruptedException, GeneralSecurityException {
        HttpRequest any = HttpRequest.newBuilder(url().resolve("/health/live")).build();
        SSLSession session =
                client.send(any, BodyHandlers.discarding()).sslSession().orElseThrow();
        byte[] key = session.getPeerCertificates()[0].getPublicKey().getEncoded();
        return Base64.getEncoder()
                .encodeToString(MessageDigest.getInstance("SHA-256").digest(key));
    }

    /** Megabytes of heap that were in use after each collection since the start. */
    List<Integer> heapMegabytes() throws IOException {
        return collections(collected -> Integer.valueOf(collected.group(1)));
    }

    /** How long each collection since the start stopped it, in milliseconds. */
    public List<Double> pauseMillis() throws IOException {
        return collections(collected -> Double.valueOf(collected.group(2)));
    }

    private <T> List<T> collections(Function<Matcher, T> figure) throws IOException {
        List<T> figures = new ArrayList<>();
        for (String line : Files.readAllLines(folder.resolve(GC_LOG))) {
            Matcher collected = COLLECTED.matcher(line);
            if (collected.find()) {
                figures.add(figure.apply(collected));
            }
        }
        return figures;
    }

    @Override
    public void close() throws IOException {
        client.close();
        process.destroy();
        try {
            if (!process.waitFor(20, TimeUnit.SECONDS)) {
                process.destroyForcibly().waitFor();
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
