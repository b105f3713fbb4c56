// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.cli;

import picocli.CommandLine;
import picocli.CommandLine.Command;

/**
 * The program behind {@code gateway/bin/hsm}. It ends with 0 after a clean shutdown, 1 when a start is refused, and 2
 * when the command line is not understood.
 */
@Command(name = "hsm", description = "A managed HSM as a crypto gateway.", subcommands = DevCommand.class)
public final class Main {
    /** Only picocli makes one. */
    Main() {}

    /**
     * Runs one command and ends the process with its status.
     *
     * @param arguments the command's name, then its options
     */
    public static void main(String[] arguments) {
        System.exit(new CommandLine(new Main()).execute(arguments));
    }
}
