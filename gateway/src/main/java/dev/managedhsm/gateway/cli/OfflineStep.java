// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.cli;

import dev.managedhsm.crypto.seal.SealFailure;
import dev.managedhsm.gateway.StartRefused;
import dev.managedhsm.gateway.audit.AuditRefused;
import dev.managedhsm.gateway.store.StoreRefused;
import java.io.IOException;
import java.io.PrintWriter;

/** What a command does with an HSM that need not run: it is done, or one sentence says why it is not. One thread. */
@FunctionalInterface
interface OfflineStep {
    /** Does it. */
    void run() throws IOException, AuditRefused;

    /**
     * Does it, and says on standard error what it refuses or what broke.
     *
     * @param failed begins the sentence where a file could not be read or written, such as "the store cannot be accepted"
     * @return the command's status: 0 if it was done, else 1
     */
    static int attempt(PrintWriter err, String failed, OfflineStep step) {
        try {
            step.run();
            return 0;
        } catch (StartRefused refused) {
            err.println("hsm: " + refused.sentence());
        } catch (StoreRefused | SealFailure | AuditRefused refused) {
            err.println("hsm: " + refused.getMessage());
        } catch (IOException e) {
            err.println("hsm: " + failed + ": " + e.getMessage());
        }
        return 1;
    }
}
