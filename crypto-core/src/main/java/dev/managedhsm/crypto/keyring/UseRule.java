// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.keyring;

import dev.managedhsm.crypto.key.KeyFacts;
import dev.managedhsm.crypto.operation.Operation;
import dev.managedhsm.crypto.operation.Outcome;

/** The one place that says whether a key version may be used for an operation now. */
public final class UseRule {
    private UseRule() {}

    /**
     * Asks the rule. Any thread; allocates nothing.
     *
     * @param facts of the key version
     * @param operation what is asked of it
     * @param nowSeconds Unix seconds
     * @return why it may not be used, or {@link Outcome#PENDING} if it may
     */
    public static Outcome usable(KeyFacts facts, Operation operation, long nowSeconds) {
        if (!facts.attributes().enabled()) {
            return Outcome.KEY_DISABLED;
        }
        if (!facts.permitted().contains(operation.needs())) {
            return Outcome.OPERATION_NOT_PERMITTED;
        }
        if (operation.boundToPeriod() && !facts.attributes().inPeriod(nowSeconds)) {
            return Outcome.KEY_NOT_IN_PERIOD;
        }
        return Outcome.PENDING;
    }
}
