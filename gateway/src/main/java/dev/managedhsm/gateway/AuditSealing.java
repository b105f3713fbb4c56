// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway;

import dev.managedhsm.crypto.engine.Engine;
import dev.managedhsm.crypto.seal.RecordSeal;
import dev.managedhsm.crypto.seal.SealFailure;
import dev.managedhsm.crypto.seal.SealingKeys;
import dev.managedhsm.gateway.audit.AuditLog;
import dev.managedhsm.gateway.audit.AuditRecords;
import dev.managedhsm.gateway.audit.AuditRefused;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * Has the audit log signed and anchored in the sealed store, as long as the keys are open. Opened and closed with the keys.
 *
 * @param log the audit log, which is there before and after
 * @param records what the sealed store knows of it
 */
record AuditSealing(AuditLog log, AuditRecords records) implements AutoCloseable {
    /**
     * Begins.
     *
     * @param log the audit log
     * @param foundation engine and store
     * @param custody the open keys
     * @throws SealFailure if the log is not what was signed last, or cannot be read or written; says what to do
     */
    static AuditSealing open(AuditLog log, Foundation foundation, KeyCustody custody) {
        Engine engine = foundation.engine();
        List<SealingKeys> before = new ArrayList<>();
        try {
            custody.roots().retired().forEach(root -> before.add(KeyCustody.sealingKeys(engine, root)));
            List<RecordSeal> seals =
                    before.stream().map(keys -> new RecordSeal(engine, keys)).toList();
            AuditRecords records = new AuditRecords(foundation.store(), custody.seal(), seals);
            log.seal(records);
            return new AuditSealing(log, records);
        } catch (AuditRefused refused) {
            throw new SealFailure(String.valueOf(refused.getMessage()));
        } catch (IOException e) {
            throw new SealFailure(
                    "the audit log cannot be signed (" + e.getMessage() + "): check its folder and its disk");
        } finally {
            before.forEach(SealingKeys::close);
        }
    }

    @Override
    public void close() {
        log.leave(records);
    }
}
