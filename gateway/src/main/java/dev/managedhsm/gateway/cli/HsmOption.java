// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.cli;

import dev.managedhsm.gateway.CustodyConfig;
import dev.managedhsm.gateway.RootKeySource;
import dev.managedhsm.gateway.config.ConfigFile;
import dev.managedhsm.gateway.config.ServeConfig;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Instant;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Option;

/** The options that name an HSM which is not running: by its configuration file, or by the folder of a development HSM. */
final class HsmOption {
    @ArgGroup(multiplicity = "1")
    private @Nullable Which which;

    /** Exactly one of them. */
    static final class Which {
        @Option(names = "--config", paramLabel = "FILE", description = "The HSM's configuration file.")
        private @Nullable Path config;

        @Option(names = "--data", paramLabel = "DIR", description = "The folder of a development HSM.")
        private @Nullable Path dev;

        /** Only picocli makes one. */
        Which() {}
    }

    /** Only picocli makes one. */
    HsmOption() {}

    /**
     * Where an HSM is.
     *
     * @param dataFolder the folder of its store
     * @param rootKey where its root key is
     * @param witness its witness file
     * @param audit the folder of its audit log
     */
    record Place(Path dataFolder, RootKeySource rootKey, Path witness, Path audit) {}

    /** Its configuration file; null for a development HSM. */
    @Nullable
    Path configFile() {
        return which == null ? null : which.config;
    }

    Place place(PrintWriter err) {
        Which one = which;
        if (one != null && one.config != null) {
            ServeConfig config = ConfigOption.faultless(
                    one.config, ConfigFile.read(one.config, System.getenv(), Instant.now()), err);
            return new Place(
                    config.gateway().dataFolder(),
                    config.gateway().rootKey(),
                    config.gateway().custody().witness(),
                    config.gateway().audit().folder());
        }
        if (one == null || one.dev == null) {
            throw new IllegalStateException("picocli demands one of them");
        }
        Path data = one.dev.resolve("data");
        return new Place(
                data,
                new RootKeySource.Development(data.resolve("root.key")),
                CustodyConfig.witnessIn(data),
                DevAudit.config(data).folder());
    }
}
