// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway;

import dev.managedhsm.crypto.lifecycle.HsmCondition;
import dev.managedhsm.crypto.memory.LockedMemory;
import dev.managedhsm.crypto.memory.ProcessHardening;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How well the keys are kept, at one moment: each measure held or not, and why. Nothing of it is a secret. Immutable.
 *
 * @param condition the HSM's condition
 * @param activatedBy download, upload or start; null if it was not activated
 * @param quorum how many custodians bring the root key back, and of how many, as "2 of 3"; null if none do or it is not known
 * @param domainCurrent whether custodians hold the root key that is in use; false after a change of it, until the security
 *     domain is downloaded again
 * @param measures what is done, or not, in the order in which it was tried
 * @param lockedBytes memory for secrets that can never reach the swap
 * @param unlockedBytes memory for secrets that could not be locked
 */
public record CustodyReport(
        HsmCondition condition,
        @Nullable String activatedBy,
        @Nullable String quorum,
        boolean domainCurrent,
        List<ProcessHardening.Measure> measures,
        long lockedBytes,
        long unlockedBytes) {
    /** Copies the list. */
    public CustodyReport {
        measures = List.copyOf(measures);
    }

    /** Whether every measure is held. */
    public boolean held() {
        return measures.stream().allMatch(ProcessHardening.Measure::held);
    }

    /** The same for those who may see it over HTTP. */
    JsonObject json() {
        JsonArray all = new JsonArray();
        measures.forEach(measure -> all.add(new JsonObject()
                .put("name", measure.name())
                .put("held", measure.held())
                .put("why", measure.why())));
        return new JsonObject()
                .put("condition", condition.name())
                .put("activatedBy", activatedBy)
                .put("quorum", quorum)
                .put("domainCurrent", domainCurrent)
                .put("measures", all)
                .put("lockedBytes", lockedBytes)
                .put("unlockedBytes", unlockedBytes);
    }

    /**
     * Of an HSM whose store can be read.
     *
     * @param activation how it was activated; null if it was not
     */
    static CustodyReport of(
            HsmCondition condition, @Nullable Activation activation, List<ProcessHardening.Measure> process) {
        boolean current = activation != null && activation.domainCurrent();
        return of(
                condition,
                activation,
                current
                        ? "custodians hold the root key"
                        : "nobody else holds the root key in use: download the security domain",
                process);
    }

    /**
     * Of an HSM whose store cannot be read: who holds the root key is not known.
     *
     * @param why it cannot, in one sentence
     */
    static CustodyReport unread(HsmCondition condition, String why, List<ProcessHardening.Measure> process) {
        return of(condition, null, why, process);
    }

    private static CustodyReport of(
            HsmCondition condition,
            @Nullable Activation activation,
            String whyOfDomain,
            List<ProcessHardening.Measure> process) {
        boolean current = activation != null && activation.domainCurrent();
        List<ProcessHardening.Measure> measures = new ArrayList<>(process);
        long unlocked = LockedMemory.unlockedBytes();
        measures.add(new ProcessHardening.Measure(
                "all-secrets-locked",
                unlocked == 0,
                unlocked == 0
                        ? "no memory for secrets is unlocked"
                        : unlocked
                                + " bytes for secrets are not locked: raise the limit of locked memory (ulimit -l)"));
        measures.add(new ProcessHardening.Measure("security-domain", current, whyOfDomain));
        return new CustodyReport(
                condition,
                activation == null ? null : activation.wayText(),
                activation == null ? null : activation.quorum(),
                current,
                measures,
                LockedMemory.lockedBytes(),
                unlocked);
    }
}
