// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.audit;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** What an operator decides about a log that is not the one that was signed last. Stateless; one thread, no HSM running. */
public final class AuditAcceptance {
    /** Stands for the number of a checkpoint where there is none. */
    static final long NO_CHECKPOINT = -1;

    private AuditAcceptance() {}

    /**
     * Has the log go on from what is there. The checkpoints that it no longer fits stay beside it.
     *
     * @param folder the log's
     * @param records what the sealed store knows of it; changed
     * @param nowMillis now, since 1970
     * @return how many events the log has
     * @throws AuditRefused if what is there is no whole log
     * @throws IOException if the folder or the store does not take it
     */
    public static long accept(Path folder, AuditRecords records, long nowMillis) throws AuditRefused, IOException {
        LogEnd end = LogRecovery.end(folder, nowMillis);
        putAside(folder, ThinnedCheckpoints.FILE, "thinned.refused-" + nowMillis + ".txt");
        putAside(folder, SignedCheckpoint.FILE, "checkpoints.refused-" + nowMillis + ".txt");
        records.takeOver();
        AuditRecords.Anchored anchored =
                new AuditRecords.Anchored(end.next(), end.tree().root(), NO_CHECKPOINT, nowMillis);
        if (!records.anchor(anchored)) {
            throw new IOException("the store did not take it");
        }
        return end.next();
    }

    private static void putAside(Path folder, String name, String aside) throws IOException {
        Path file = folder.resolve(name);
        if (Files.exists(file)) {
            Files.move(file, folder.resolve(aside));
            DurableFile.forceNames(folder);
        }
    }
}
