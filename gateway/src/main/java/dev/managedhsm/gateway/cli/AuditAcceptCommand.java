// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.cli;

import dev.managedhsm.gateway.OfflineSeal;
import dev.managedhsm.gateway.audit.AuditAcceptance;
import dev.managedhsm.gateway.audit.AuditRecords;
import dev.managedhsm.gateway.store.SqliteStore;
import dev.managedhsm.gateway.store.Store;
import java.io.PrintWriter;
import java.time.Clock;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/**
 * {@code hsm audit accept}: the audit log goes on from what is there, although it is not the one that was signed last. For a log
 * whose newest files are lost and known to be. The checkpoints that it no longer fits are kept beside it.
 */
@Command(name = "accept", description = "Has a log that was shortened or altered go on from what is there.")
final class AuditAcceptCommand implements Callable<Integer> {
    @Mixin
    private final HsmOption hsm = new HsmOption();

    @Spec
    private @Nullable CommandSpec spec;

    /** Only picocli makes one. */
    AuditAcceptCommand() {}

    @Override
    public Integer call() {
        if (spec == null) {
            throw new IllegalStateException("picocli makes this command");
        }
        PrintWriter err = spec.commandLine().getErr();
        PrintWriter out = spec.commandLine().getOut();
        return OfflineStep.attempt(err, "the audit log cannot be accepted", () -> {
            HsmOption.Place place = hsm.place(err);
            try (OfflineSeal seal = OfflineSeal.open(place.rootKey());
                    Store store = SqliteStore.open(place.dataFolder())) {
                AuditRecords records = new AuditRecords(store, seal.seal(), List.of());
                long events = AuditAcceptance.accept(
                        place.audit(), records, Clock.systemUTC().millis());
                out.println("accepted: the audit log goes on behind its " + events
                        + " events; the checkpoints of before are kept beside it");
            }
        });
    }
}
