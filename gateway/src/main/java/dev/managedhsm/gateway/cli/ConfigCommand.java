// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.cli;

import dev.managedhsm.gateway.config.ConfigFile;
import dev.managedhsm.gateway.config.Fault;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Instant;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code hsm config}: what can be asked of a configuration file without starting anything. */
@Command(name = "config", description = "Looks at a configuration file.", subcommands = ConfigCommand.Check.class)
final class ConfigCommand implements Callable<Integer> {
    @Spec
    private @Nullable CommandSpec spec;

    /** Only picocli makes one. */
    ConfigCommand() {}

    @Override
    public Integer call() {
        if (spec != null) {
            spec.commandLine().getErr().println("usage: hsm config check FILE");
        }
        return 2;
    }

    /**
     * {@code hsm config check FILE}: says OK and ends with 0, or says every fault in a line of its own and ends with 1. What
     * is missing only because {@code init} has yet to make it is said, and is no fault. It looks at the file and at what that
     * names, as {@code serve} does, and changes nothing.
     */
    @Command(name = "check", description = "Says OK, or each fault with its line.")
    static final class Check implements Callable<Integer> {
        @Parameters(paramLabel = "FILE", description = "The configuration file.")
        private @Nullable Path file;

        @Spec
        private @Nullable CommandSpec spec;

        /** Only picocli makes one. */
        Check() {}

        @Override
        public Integer call() {
            if (file == null || spec == null) {
                throw new IllegalStateException("picocli makes this command");
            }
            PrintWriter out = spec.commandLine().getOut();
            Instant now = Instant.now();
            ConfigFile read = ConfigFile.read(file, System.getenv(), now);
            ConfigOption.say(file, read, out);
            if (read.faults().isEmpty()) {
                out.println("OK");
                return 0;
            }
            if (ConfigFile.readForInit(file, System.getenv(), now).faults().isEmpty()) {
                out.println("OK for a new HSM: hsm init --config " + file + " makes what is missing.");
                return 0;
            }
            boolean fileIsRight = read.faults().stream().allMatch(fault -> fault.kind() == Fault.Kind.WORLD);
            out.println(fileIsRight ? "The file itself is in order; what it names is not." : "The file has faults.");
            return 1;
        }
    }
}
