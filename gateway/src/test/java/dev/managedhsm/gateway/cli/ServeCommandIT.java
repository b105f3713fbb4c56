// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.cli;

import static java.util.concurrent.TimeUnit.MILLISECONDS;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.managedhsm.gateway.fixture.ServeFolder;
import dev.managedhsm.gateway.fixture.TestCertificate;
import dev.managedhsm.gateway.stock.StockCredentials;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** {@code hsm serve} and its neighbours as processes of their own, with the JVM options and log settings they ship with. */
@Tag("slow")
class ServeCommandIT {
    private static final int LIMIT_SECONDS = 120;

    @TempDir
    private Path temporary;

    private final List<Process> started = new ArrayList<>();
    private ServeFolder folder;

    @BeforeEach
    void fillTheFolder() throws Exception {
        folder = new ServeFolder(Files.createDirectory(temporary.resolve("a folder")));
    }

    @AfterEach
    void endWhatRuns() throws InterruptedException {
        for (Process process : started) {
            process.destroyForcibly().waitFor();
        }
    }

    @Test
    void stockCredentialsSignAndWhatHasBegunIsAnsweredAtTheEnd() throws Exception {
        assertEquals(0, ended("init", "init", "--config", config()), err("init"));
        activate();
        Process hsm = start("serve", Map.of(), program("serve", "--config", config()));
        waitUntilReady(hsm);
        assertEquals(1, out("serve").lines().count(), "one line on standard output");
        stockCredentialsSign();
        endsCleanlyUnderLoad(hsm);
    }

    private void stockCredentialsSign() throws Exception {
        Path trust = folder.at("trust.p12");
        folder.certificate().writeTrustStore(trust);
        Path hosts = Files.writeString(folder.at("hosts"), "127.0.0.1 " + ServeFolder.HOST + " localhost\n");
        Process client = start(
                "client",
                Map.of(
                        "IDENTITY_ENDPOINT",
                        folder.identityEndpoint(),
                        "IDENTITY_HEADER",
                        ServeFolder.HEADER,
                        "AZURE_AUTHORITY_HOST",
                        "https://localhost:" + folder.tokenPort() + "/",
                        "AZURE_TENANT_ID",
                        ServeFolder.TENANT,
                        "AZURE_CLIENT_ID",
                        ServeFolder.ADMINISTRATOR_CLIENT,
                        "AZURE_FEDERATED_TOKEN_FILE",
                        folder.at("workload.token").toString()),
                java(
                        "-Xmx512m",
                        "-XX:TieredStopAtLevel=1",
                        "-Djdk.net.hosts.file=" + hosts,
                        "-Djavax.net.ssl.trustStore=" + trust,
                        "-Djavax.net.ssl.trustStorePassword=changeit",
                        StockCredentials.class.getName(),
                        "https://" + ServeFolder.HOST + ":" + folder.dataPort(),
                        ServeFolder.CLIENT_SECRET));
        assertTrue(client.waitFor(LIMIT_SECONDS, SECONDS), "the client has ended");
        assertEquals(
                List.of("ok managed-identity", "ok workload-identity", "ok default", "ok client-secret", "end"),
                out("client").lines().filter(line -> !line.isBlank()).toList(),
                err("client"));
    }

    private void endsCleanlyUnderLoad(Process hsm) throws Exception {
        String token = folder.token();
        try (HttpClient client = HttpClient.newBuilder()
                .sslContext(folder.certificate().trust(null))
                .build()) {
            List<CompletableFuture<HttpResponse<String>>> answers = new ArrayList<>();
            for (int i = 0; i < 5; i++) {
                HttpRequest request = HttpRequest.newBuilder(URI.create(
                                "https://localhost:" + folder.dataPort() + "/keys/k" + i + "/create?api-version=7.6"))
                        .header("Authorization", "Bearer " + token)
                        .header("Content-Type", "application/json")
                        .POST(HttpRequest.BodyPublishers.ofString("{\"kty\":\"RSA-HSM\",\"key_size\":3072}"))
                        .build();
                answers.add(client.sendAsync(request, HttpResponse.BodyHandlers.ofString()));
            }
            answers.getFirst().get(LIMIT_SECONDS, SECONDS); // the others have begun by then, or wait
            hsm.destroy(); // SIGTERM

            for (CompletableFuture<HttpResponse<String>> answer : answers) {
                HttpResponse<String> one = answer.get(LIMIT_SECONDS, SECONDS);
                assertTrue(
                        one.statusCode() == 200 || one.statusCode() == 503,
                        () -> "done or told to wait: " + one.body() + readable("serve"));
            }
        }
        assertTrue(hsm.waitFor(LIMIT_SECONDS, SECONDS), "still runs");
        assertEquals(0, hsm.exitValue(), err("serve"));
    }

    @Test
    void refusesToStartWithASentenceForEachFault() throws Exception {
        folder.replace("name: hsm1", "name: X").replace("look_every: 1s", "look_every: soon");

        assertEquals(1, ended("serve", "serve", "--config", config()));

        assertEquals("", out("serve"));
        List<String> lines = err("serve").lines().toList();
        assertEquals(3, lines.size(), err("serve"));
        assertTrue(lines.get(0).startsWith(config() + ":2: hsm.name: "), lines.getFirst());
        assertTrue(lines.get(1).startsWith(config() + ":14: tls.look_every: "), lines.get(1));
        assertEquals(
                "hsm: The configuration " + config() + " has 2 faults: put right what the lines above say.",
                lines.get(2));
    }

    @Test
    void refusesToServeAnHsmThatWasNeverMade() {
        Said refused = said("serve", "--config", config());

        assertEquals(1, refused.status());
        assertTrue(refused.text().contains("hsm init --config FILE makes it for a new HSM"), refused.text());
        assertFalse(Files.exists(folder.at("data")));
    }

    @Test
    void saysOkOrWhatIsWrong() throws Exception {
        folder.replace("passphrase: file:passphrase", "key_file: unlock.key");
        saysOfTheConfiguration(0, "OK for a new HSM: hsm init --config " + config() + " makes what is missing.\n");
        assertEquals(0, said("init", "--config", config()).status());
        saysOfTheConfiguration(0, "OK\n");
        Said again = said("init", "--config", config());
        assertEquals(1, again.status());
        assertTrue(again.text().contains("holds files already"), again.text());
        folder.replace("chain.pem", "other.pem");
        saysOfTheConfiguration(1, "The file itself is in order; what it names is not.\n");
        folder.replace("name: hsm1", "name: X");
        saysOfTheConfiguration(1, "The file has faults.\n");
    }

    private void saysOfTheConfiguration(int status, String lastLine) {
        Said checked = said("config", "check", config());
        assertEquals(status, checked.status(), checked.text());
        assertTrue(checked.text().endsWith(lastLine), checked.text());
    }

    @Test
    void endsWithTwoWhenTheCommandLineIsNotUnderstood() throws Exception {
        assertEquals(2, ended("none", "serve"));
        assertEquals(2, said("serve", "--config", config(), "--port", "1").status());
        assertEquals(2, said("config").status());
    }

    /** How a command ended, and all that it said. */
    private record Said(int status, String text) {}

    /** Runs a command in this process: where the process is not what is looked at, a Java less is started. */
    private static Said said(String... arguments) {
        StringWriter text = new StringWriter();
        PrintWriter writer = new PrintWriter(text, true);
        int status = new CommandLine(new Main()).setOut(writer).setErr(writer).execute(arguments);
        return new Said(status, text.toString());
    }

    private void activate() throws Exception {
        List<String> arguments = new ArrayList<>(List.of("security-domain", "download", "--config", config()));
        arguments.addAll(
                List.of("--quorum", "2", "--out", folder.at("domain.json").toString()));
        for (int i = 0; i < 3; i++) {
            Path certificate = folder.at("custodian" + i + ".cer");
            TestCertificate.rsa("custodian" + i).writeChain(certificate);
            arguments.add(certificate.toString());
        }
        assertEquals(0, ended("activate", arguments.toArray(String[]::new)), err("activate"));
    }

    private String config() {
        return folder.config().toString();
    }

    private int ended(String name, String... arguments) throws Exception {
        Process process = start(name, Map.of(), program(arguments));
        assertTrue(process.waitFor(LIMIT_SECONDS, SECONDS), "still runs");
        return process.exitValue();
    }

    private static List<String> program(String... arguments) {
        List<String> command = new ArrayList<>(List.of(
                "@" + Path.of("..", "config", "jvm.options").toAbsolutePath(),
                "-Dlogback.configurationFile="
                        + Path.of("..", "config", "logback.xml").toAbsolutePath(),
                "dev.managedhsm.gateway.cli.Main"));
        command.addAll(List.of(arguments));
        return java(command.toArray(String[]::new));
    }

    private static List<String> java(String... arguments) {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.add("-cp");
        command.add(System.getProperty("java.class.path"));
        command.addAll(List.of(arguments));
        return command;
    }

    private Process start(String name, Map<String, String> environment, List<String> command) throws IOException {
        Map<String, String> all = new HashMap<>(environment);
        all.put("PATH", System.getenv("PATH"));
        Process process = new Shell(temporary, Map.copyOf(all))
                .start(
                        temporary.resolve(name + ".out"),
                        temporary.resolve(name + ".err"),
                        command.toArray(String[]::new));
        started.add(process);
        return process;
    }

    private void waitUntilReady(Process hsm) throws Exception {
        long deadline = System.nanoTime() + SECONDS.toNanos(LIMIT_SECONDS);
        while (!out("serve").startsWith("hsm: ready: hsm1 at https://" + ServeFolder.HOST)) {
            assertTrue(hsm.isAlive() && System.nanoTime() < deadline, "not ready: " + err("serve"));
            hsm.waitFor(50, MILLISECONDS);
        }
    }

    private String out(String name) throws IOException {
        return Files.readString(temporary.resolve(name + ".out"));
    }

    private String readable(String name) {
        try {
            return err(name);
        } catch (IOException e) {
            return e.toString();
        }
    }

    private String err(String name) throws IOException {
        return Files.readString(temporary.resolve(name + ".err"));
    }
}
