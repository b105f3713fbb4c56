// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.encoder.PatternLayoutEncoder;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.FileAppender;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.managedhsm.gateway.StartRefused;
import dev.managedhsm.gateway.config.ConfigFile;
import dev.managedhsm.gateway.config.ServeConfig;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.LoggerFactory;
import picocli.CommandLine;

/**
 * A machine on which an operator follows a page: bash with the machine's own tools, and {@code hsm}, {@code systemctl},
 * {@code journalctl} and {@code runuser} that do what they do on a machine with the service, for the one HSM of this
 * machine. The HSM and its commands run in the process of the test, because starting Java fifty times takes a minute.
 *
 * <pre>
 *   bash: hsm serve's neighbours, systemctl ──HTTP on loopback──> this ──> Main, ServingHsm
 *   bash: curl, openssl, … ─────────────────────────────────────────────────────^
 * </pre>
 */
final class RunbookMachine implements AutoCloseable {
    private static final int LIMIT_SECONDS = 120;

    /** HTTP has no status below; 200 is the program's 0. */
    private static final int STATUS_BASE = 200;

    private static final int INACTIVE = 3;
    private static final String ASK = """
            out=$(mktemp)
            status=$(printf '%%s\\0' "$@" | curl -sS -o "$out" -w '%%{http_code}' --data-binary @- "http://127.0.0.1:%d/%s")
            cat "$out"
            rm -f "$out"
            exit $((status - 200))""";

    private final Path config;
    private final Path journal;
    private final Path programs;
    private final HttpServer control;
    private final FileAppender<ILoggingEvent> appender = new FileAppender<>();
    private @Nullable ServingHsm running;

    /**
     * Makes the machine.
     *
     * @param folder where its programs and its journal are
     * @param config the HSM's configuration, there when it is started
     */
    RunbookMachine(Path folder, Path config) throws IOException {
        this.config = config;
        journal = folder.resolve("journal");
        programs = folder.resolve("programs");
        control = HttpServer.create(new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), 0), 0);
        control.createContext("/hsm", exchange -> answer(exchange, this::hsm));
        control.createContext("/systemctl", exchange -> answer(exchange, this::systemctl));
        control.start();
        int port = control.getAddress().getPort();
        Shell.script(programs.resolve("bin/hsm"), ASK.formatted(port, "hsm"));
        Shell.script(programs.resolve("systemctl"), ASK.formatted(port, "systemctl"));
        Shell.script(programs.resolve("runuser"), "while [ \"$1\" != -- ]; do shift; done\nshift\nexec \"$@\"");
        Shell.script(
                programs.resolve("journalctl"),
                "lines=+1\nwhile [ $# -gt 0 ]; do [ \"$1\" != -n ] || lines=$2; shift; done\ntail -n \"$lines\" '"
                        + journal + "'");
        listen();
    }

    private void listen() throws IOException {
        Files.writeString(journal, "");
        Logger root = log();
        PatternLayoutEncoder encoder = new PatternLayoutEncoder();
        encoder.setContext(root.getLoggerContext());
        encoder.setPattern("%d{HH:mm:ss.SSS} %-5level [%thread] %logger{24} - %msg%n");
        encoder.start();
        appender.setContext(root.getLoggerContext());
        appender.setEncoder(encoder);
        appender.setName("journal");
        appender.setFile(journal.toString());
        appender.start();
        root.addAppender(appender);
        root.setLevel(Level.INFO);
        root.setAdditive(false);
    }

    private static Logger log() {
        return (Logger) LoggerFactory.getLogger("dev.managedhsm");
    }

    /** What a program ends with, and what it says. */
    private record End(int status, String said) {}

    private interface Program {
        End run(List<String> arguments) throws Exception;
    }

    private static void answer(HttpExchange exchange, Program program) throws IOException {
        String text = new String(exchange.getRequestBody().readAllBytes(), UTF_8);
        List<String> arguments = text.isEmpty()
                ? List.of()
                : List.of(text.substring(0, text.length() - 1).split("\0", -1));
        End end;
        try {
            end = program.run(arguments);
        } catch (Exception e) {
            end = new End(99, "the test's own machine failed: " + e + "\n");
        }
        byte[] said = end.said().getBytes(UTF_8);
        exchange.sendResponseHeaders(STATUS_BASE + end.status(), said.length == 0 ? -1 : said.length);
        exchange.getResponseBody().write(said);
        exchange.close();
    }

    private End hsm(List<String> arguments) {
        StringWriter said = new StringWriter();
        PrintWriter writer = new PrintWriter(said, true);
        int status =
                new CommandLine(new Main()).setOut(writer).setErr(writer).execute(arguments.toArray(String[]::new));
        return new End(status, said.toString());
    }

    private End systemctl(List<String> arguments) throws IOException {
        return switch (arguments.getFirst()) {
            case "start" -> start();
            case "stop" -> stop();
            case "restart" -> {
                stop();
                yield start();
            }
            case "is-active" -> running == null ? new End(INACTIVE, "inactive\n") : new End(0, "active\n");
            case "reset-failed" -> new End(0, "");
            default -> new End(1, "Unknown command verb " + arguments.getFirst() + ".\n");
        };
    }

    /** Starts the HSM as {@code hsm serve} does; what it refuses is in the journal. */
    private synchronized End start() throws IOException {
        if (running != null) {
            return new End(0, "");
        }
        try {
            StringWriter faults = new StringWriter();
            ServeConfig read = ConfigOption.faultless(
                    config, ConfigFile.read(config, Map.of(), Instant.now()), new PrintWriter(faults, true));
            running = ServingHsm.start(read);
            note(running.readyLine());
            return new End(0, "");
        } catch (StartRefused refused) {
            note("hsm: " + refused.sentence());
            return new End(
                    1, "Job for managed-hsm.service failed because the control process exited with error code.\n");
        }
    }

    private void note(String line) throws IOException {
        Files.writeString(journal, line + "\n", StandardOpenOption.APPEND);
    }

    private synchronized End stop() {
        if (running != null) {
            running.close();
            running = null;
        }
        return new End(0, "");
    }

    /** Starts the HSM, which must not refuse. */
    void mustStart() throws IOException {
        End end = start();
        assertTrue(end.status() == 0, () -> end.said() + saidUntilNow());
    }

    /** Ends the HSM if it runs, and empties the journal. */
    void reset() throws IOException {
        stop();
        appender.stop();
        Files.writeString(journal, "");
        appender.start();
    }

    /** What the HSM said. */
    String saidUntilNow() {
        try {
            return Files.readString(journal);
        } catch (IOException e) {
            return e.toString();
        }
    }

    /**
     * Runs a script of bash with the machine's programs first on the PATH.
     *
     * @return all that it printed
     */
    String bash(Path folder, String script, Map<String, String> environment) throws IOException, InterruptedException {
        Path file = folder.resolve("script.sh");
        Path output = folder.resolve("output");
        Files.writeString(file, script);
        ProcessBuilder builder = new ProcessBuilder("bash", file.toString())
                .directory(folder.toFile())
                .redirectErrorStream(true)
                .redirectOutput(output.toFile());
        builder.environment().putAll(environment);
        builder.environment().put("INSTALLED", programs.toString());
        builder.environment().merge("PATH", programs + ":", (path, first) -> first + path);
        Process process = builder.start();
        try {
            assertTrue(process.waitFor(LIMIT_SECONDS, SECONDS), () -> "still runs: " + script);
        } finally {
            process.descendants().forEach(ProcessHandle::destroyForcibly);
            process.destroyForcibly();
        }
        return Files.readString(output);
    }

    @Override
    public void close() {
        stop();
        control.stop(0);
        log().detachAppender(appender);
        log().setAdditive(true);
        log().setLevel(null);
        appender.stop();
    }
}
