// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.cli;

import ch.qos.logback.classic.LoggerContext;
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
    /** Only picocli makes one. */
    Main() {}

    /**
     * Runs one command and ends the process with its status.
     *
     * @param arguments the command's name, then its options
     */
    public static void main(String[] arguments) {
        int status = new CommandLine(new Main()).execute(arguments);
        flushLog();
        System.exit(status);
    }

    /** Writes out what the log still holds back, within a second; nothing is logged afterwards. Any thread. */
    static void flushLog() {
        if (LoggerFactory.getILoggerFactory() instanceof LoggerContext log) {
            log.stop();
        }
    }
}
