// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.cli;

import dev.managedhsm.gateway.StartRefused;
import dev.managedhsm.gateway.config.ConfigFile;
import dev.managedhsm.gateway.config.ServeConfig;
import java.io.PrintWriter;
import java.time.Instant;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/**
 * {@code hsm serve}: starts the HSM of a configuration file and keeps it running until the process is asked to end.
 *
 * <p>One line on standard output says that it is ready; the log goes to standard error. It ends with 0 after a clean
 * stop, 1 when the start is refused or the stop was not clean, 2 when the command line is not understood.
 */
@Command(name = "serve", description = "Starts the HSM of a configuration file.")
final class ServeCommand implements Callable<Integer> {
    private static final Logger LOG = LoggerFactory.getLogger(ServeCommand.class);
    private static final int REFUSED = 1;

    @Mixin
    private final ConfigOption option = new ConfigOption();

    @Spec
    private @Nullable CommandSpec spec;

    /** Only picocli makes one. */
    ServeCommand() {}

    @Override
    public Integer call() throws InterruptedException {
        if (spec == null) {
            throw new IllegalStateException("picocli makes this command");
        }
        PrintWriter out = spec.commandLine().getOut();
        PrintWriter err = spec.commandLine().getErr();
        try {
            ServeConfig config = ConfigOption.faultless(
                    option.file(), ConfigFile.read(option.file(), System.getenv(), Instant.now()), err);
            ServingHsm hsm = ServingHsm.start(config);
            UntilSignal.hold(hsm, () -> {
                out.println(hsm.readyLine());
                out.flush();
            });
        } catch (StartRefused refused) {
            LOG.debug("start refused", refused);
            err.println("hsm: " + refused.sentence());
            return REFUSED;
        }
        return 0;
    }
}
