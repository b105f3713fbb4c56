// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.cli;

import dev.managedhsm.gateway.StartRefused;
import dev.managedhsm.gateway.config.ConfigFile;
import dev.managedhsm.gateway.config.ServeConfig;
import java.io.PrintWriter;
import java.time.Instant;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code hsm init}: makes what a new HSM needs once, before its first start. It replaces nothing that is there. */
@Command(name = "init", description = "Makes the root key of a new HSM, and what else it needs once.")
final class InitCommand implements Callable<Integer> {
    private static final int REFUSED = 1;

    @Mixin
    private final ConfigOption option = new ConfigOption();

    @Spec
    private @Nullable CommandSpec spec;

    /** Only picocli makes one. */
    InitCommand() {}

    @Override
    public Integer call() {
        if (spec == null) {
            throw new IllegalStateException("picocli makes this command");
        }
        PrintWriter out = spec.commandLine().getOut();
        PrintWriter err = spec.commandLine().getErr();
        try {
            ServeConfig config = ConfigOption.faultless(
                    option.file(), ConfigFile.readForInit(option.file(), System.getenv(), Instant.now()), err);
            new NewHsm(config).make().forEach(made -> out.println("made " + made));
            out.println("Keep the passphrase or key file apart from the data: without it the keys are lost.");
            return 0;
        } catch (StartRefused refused) {
            err.println("hsm: " + refused.sentence());
            return REFUSED;
        }
    }
}
