// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.cli;

import dev.managedhsm.gateway.OfflineSeal;
import dev.managedhsm.gateway.store.SqliteStore;
import dev.managedhsm.gateway.store.Store;
import dev.managedhsm.gateway.store.WitnessedStore;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code hsm store}: what an operator decides about the store of an HSM that is not running. */
@Command(name = "store", description = "Decides about the store.", subcommands = StoreCommand.Accept.class)
final class StoreCommand implements Callable<Integer> {
    @Spec
    private @Nullable CommandSpec spec;

    /** Only picocli makes one. */
    StoreCommand() {}

    @Override
    public Integer call() {
        if (spec != null) {
            spec.commandLine().getErr().println("usage: hsm store accept (--config FILE | --data DIR)");
        }
        return 2;
    }

    /**
     * {@code hsm store accept}: the store is believed to be the newest one, whatever its witness says. For a witness file that
     * was lost, and for a store that was put back on purpose: then keys that were purged since are back, and roles that were
     * taken away too.
     */
    @Command(name = "accept", description = "Believes that the store is the newest one, whatever its witness says.")
    static final class Accept implements Callable<Integer> {
        @Mixin
        private final HsmOption hsm = new HsmOption();

        @Spec
        private @Nullable CommandSpec spec;

        /** Only picocli makes one. */
        Accept() {}

        @Override
        public Integer call() {
            if (spec == null) {
                throw new IllegalStateException("picocli makes this command");
            }
            PrintWriter err = spec.commandLine().getErr();
            PrintWriter out = spec.commandLine().getOut();
            return OfflineStep.attempt(err, "the store cannot be accepted", () -> {
                HsmOption.Place place = hsm.place(err);
                try (OfflineSeal seal = OfflineSeal.open(place.rootKey());
                        Store store = SqliteStore.open(place.dataFolder())) {
                    WitnessedStore.accept(store, place.witness(), seal.seal());
                    out.println("accepted: the store at revision " + store.head()
                            + "; what was purged or taken away after that is back");
                }
            });
        }
    }
}
