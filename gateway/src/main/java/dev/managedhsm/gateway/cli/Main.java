// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.cli;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.LoggerContext;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/**
 * The program behind {@code gateway/bin/hsm}. It ends with 0 after a clean shutdown, 1 when a start is refused, and 2
 * when the command line is not understood.
 */
@Command(
        name = "hsm",
        description = "A managed HSM as a crypto gateway.",
        subcommands = {
            DevCommand.class,
            ServeCommand.class,
            InitCommand.class,
            ConfigCommand.class,
            SecurityDomainCommand.class,
            BackupCommand.class,
            StoreCommand.class,
            AuditCommand.class
        })
public final class Main {
    private static final Set<String> SERVING = Set.of("dev", "serve");

    /** Only picocli makes one. */
    Main() {}

    /**
     * Runs one command and ends the process with its status.
     *
     * @param arguments the command's name, then its options
     */
    public static void main(String[] arguments) {
        if (arguments.length == 0 || !SERVING.contains(arguments[0])) {
            quieten();
        }
        int status = new CommandLine(new Main()).execute(arguments);
        flushLog();
        System.exit(status);
    }

    /** What a command does that serves nobody, it says itself; the log speaks up only where something is amiss. */
    private static void quieten() {
        if (LoggerFactory.getILoggerFactory() instanceof LoggerContext log) {
            quieten(log);
        }
    }

    /** The HSM's own loggers have a level of their own, by which they would go on. */
    static void quieten(LoggerContext log) {
        log.getLogger(Logger.ROOT_LOGGER_NAME).setLevel(Level.WARN);
        log.getLogger("dev.managedhsm").setLevel(Level.WARN);
    }

    /** Writes out what the log still holds back, within a second; nothing is logged afterwards. Any thread. */
    static void flushLog() {
        if (LoggerFactory.getILoggerFactory() instanceof LoggerContext log) {
            log.stop();
        }
    }
}
