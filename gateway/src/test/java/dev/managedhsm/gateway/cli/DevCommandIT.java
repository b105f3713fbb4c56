// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.cli;

import static java.util.concurrent.TimeUnit.MILLISECONDS;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.io.StringReader;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.stream.Stream;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** The program as a process of its own, with the JVM options and the log settings that it ships with. */
@Tag("slow")
class DevCommandIT {
    private static final int LIMIT_SECONDS = 60;

    @TempDir
    private Path temporary;

    private final List<Process> started = new ArrayList<>();

    @AfterEach
    void endWhatRuns() throws InterruptedException {
        for (Process process : started) {
            process.destroyForcibly().waitFor();
        }
    }

    @Test
    void refusesASecondProcessAndIsTheSameHsmWhenStartedAgain() throws Exception {
        Path data = temporary.resolve("a dev");
        Process first = start("first", data);
        Properties before = environment(first, "first", data);
        String ca = Files.readString(Path.of(before.getProperty("HSM_CA")));
        assertEquals("rw-------", modeOf(data.resolve("dev.env")));
        assertEquals("rw-------", modeOf(Path.of(before.getProperty("DEV_ISSUER_KEY"))));
        refusesASecondProcessOnTheSameDataAndAPortInUse(data);
        assertEquals(401, statusOf(before, "/keys?api-version=7.6"));
        endsCleanly(first, "first");

        Process again = start("again", data);
        Properties after = environment(again, "again", data);

        assertEquals(ca, Files.readString(Path.of(after.getProperty("HSM_CA"))));
        for (String same : List.of(
                "TENANT_ID",
                "ADMIN_OBJECT_ID",
                "DEV_ISSUER",
                "DEV_ISSUER_KID",
                "IDENTITY_HEADER",
                "IDENTITY_ENDPOINT")) {
            assertEquals(before.getProperty(same), after.getProperty(same), same);
        }
        endsCleanly(again, "again");
    }

    private void refusesASecondProcessOnTheSameDataAndAPortInUse(Path data) throws Exception {
        assertRefused(start("second", data), "second", "Another process runs the HSM in " + data);
        try (ServerSocket holder = new ServerSocket(0, 1, InetAddress.ofLiteral("127.0.0.1"))) {
            String port = Integer.toString(holder.getLocalPort());
            assertRefused(start("third", temporary.resolve("other"), "--port", port), "third", port);
        }
        assertFalse(Files.exists(temporary.resolve("other/dev.env")));
    }

    @Test
    void removesAnOldEnvironmentFileEvenWhenItCannotStart() throws Exception {
        Path data = temporary.resolve("dev");
        DevFolder.open(data).close();
        Files.writeString(data.resolve("dev.env"), "HSM_URL=old\n");
        Files.writeString(data.resolve(DevFolder.FACTS), "tenantId=none\n");

        assertRefused(start("only", data), "only", "hsm.properties is damaged");

        assertFalse(Files.exists(data.resolve("dev.env")));
    }

    @Test
    void endsWithOneWhenItCannotSayThatItIsReady() throws Exception {
        Path data = temporary.resolve("dev");
        DevFolder.open(data).close();
        Process process = start("only", data);
        while (!Files.exists(data.resolve("data"))) {
            assertTrue(process.isAlive(), err("only"));
            process.waitFor(1, MILLISECONDS);
        }
        // An empty folder, made after the old file was removed: no file can be put there, but it can be removed.
        Files.createDirectory(data.resolve("dev.env"));

        assertRefused(process, "only", "cannot be written");
    }

    @Test
    void refusesOptionsThatItDoesNotKnow() {
        StringWriter said = new StringWriter();

        int status =
                new CommandLine(new Main()).setErr(new PrintWriter(said, true)).execute("dev", "--prot", "1");

        assertEquals(2, status);
        assertTrue(said.toString().contains("Unknown option"), said.toString());
    }

    private Process start(String name, Path data, String... more) throws IOException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "@" + Path.of("..", "config", "jvm.options").toAbsolutePath(),
                "-Dlogback.configurationFile="
                        + Path.of("..", "config", "logback.xml").toAbsolutePath(),
                "-cp",
                System.getProperty("java.class.path"),
                "dev.managedhsm.gateway.cli.Main",
                "dev",
                "--data",
                data.toString()));
        command.addAll(more.length == 0 ? List.of("--port", "0") : List.of(more));
        Process process = new Shell(temporary, Map.of("PATH", System.getenv("PATH")))
                .start(
                        temporary.resolve(name + ".out"),
                        temporary.resolve(name + ".err"),
                        command.toArray(String[]::new));
        started.add(process);
        return process;
    }

    /** Waits until the HSM says that it is ready, in the way scripts are told to. */
    private Properties environment(Process process, String name, Path data) throws Exception {
        Path file = data.resolve("dev.env");
        long deadline = System.nanoTime() + SECONDS.toNanos(LIMIT_SECONDS);
        while (!Files.exists(file) || !out(name).contains("Ctrl-C")) {
            assertTrue(process.isAlive() && System.nanoTime() < deadline, "not ready: " + err(name));
            process.waitFor(20, MILLISECONDS);
        }
        Properties values = new Properties();
        try (Stream<String> lines = Files.lines(file)) {
            String text =
                    String.join("\n", lines.map(line -> line.replace("'", "")).toList());
            values.load(new StringReader(text));
        }
        return values;
    }

    private void endsCleanly(Process process, String name) throws Exception {
        // destroy() is SIGTERM.
        process.destroy();
        assertTrue(process.waitFor(LIMIT_SECONDS, SECONDS), "still runs");
        assertEquals(0, process.exitValue(), err(name));
        assertTrue(out(name).contains("\ncurl --cacert "), out(name));
    }

    private void assertRefused(Process process, String name, String words) throws Exception {
        assertTrue(process.waitFor(LIMIT_SECONDS, SECONDS), "still runs");
        assertEquals(1, process.exitValue());
        assertEquals("", out(name));
        String said = err(name).strip();
        List<String> sentences =
                said.lines().filter(line -> line.startsWith("hsm: ")).toList();
        assertEquals(1, sentences.size(), said);
        assertTrue(sentences.getFirst().contains(words), said);
        assertNotEquals("", sentences.getFirst().substring("hsm: ".length()));
        assertFalse(said.contains("\tat "), "no stack trace: " + said);
    }

    private static int statusOf(Properties environment, String path) throws Exception {
        KeyStore trusted = KeyStore.getInstance("PKCS12");
        trusted.load(null, null);
        Path ca = Path.of(environment.getProperty("HSM_CA"));
        try (InputStream pem = Files.newInputStream(ca)) {
            trusted.setCertificateEntry(
                    "ca", CertificateFactory.getInstance("X.509").generateCertificate(pem));
        }
        TrustManagerFactory factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        factory.init(trusted);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, factory.getTrustManagers(), null);
        try (HttpClient client = HttpClient.newBuilder().sslContext(context).build()) {
            HttpRequest request = HttpRequest.newBuilder(URI.create(environment.getProperty("HSM_URL") + path))
                    .build();
            return client.send(request, HttpResponse.BodyHandlers.discarding()).statusCode();
        }
    }

    private String out(String name) throws IOException {
        return Files.readString(temporary.resolve(name + ".out"));
    }

    private String err(String name) throws IOException {
        return Files.readString(temporary.resolve(name + ".err"));
    }

    private static String modeOf(Path path) throws IOException {
        return PosixFilePermissions.toString(Files.getPosixFilePermissions(path));
    }
}
