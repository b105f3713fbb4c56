// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.cli;

import dev.managedhsm.gateway.StartRefused;
import dev.managedhsm.gateway.config.ConfigFile;
import dev.managedhsm.gateway.config.Fault;
import dev.managedhsm.gateway.config.ServeConfig;
import java.io.PrintWriter;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The option that names the configuration file, and how its faults are said. */
final class ConfigOption {
    @Option(
            names = "--config",
            paramLabel = "FILE",
            required = true,
            description = "The configuration file; config/hsm.yaml explains it.")
    private @Nullable Path file;

    /** Only picocli makes one. */
    ConfigOption() {}

    Path file() {
        if (file == null) {
            throw new IllegalStateException("picocli demands the option");
        }
        return file;
    }

    /** Says each fault in a line of its own. */
    static void say(Path file, ConfigFile read, PrintWriter out) {
        for (Fault fault : read.faults()) {
            out.println(fault.text(file.toString()));
        }
    }

    /** What a file without faults says; otherwise each fault is said and the start is refused. */
    static ServeConfig faultless(Path file, ConfigFile read, PrintWriter err) {
        ServeConfig config = read.config();
        if (config == null || !read.faults().isEmpty()) {
            say(file, read, err);
            int faults = read.faults().size();
            throw new StartRefused("The configuration " + file + " has " + faults + (faults == 1 ? " fault" : " faults")
                    + ": put right what the lines above say.");
        }
        return config;
    }
}
