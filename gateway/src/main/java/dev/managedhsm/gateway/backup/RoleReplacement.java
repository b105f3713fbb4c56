// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.backup;

import dev.managedhsm.crypto.lifecycle.JournalWrite;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.function.Predicate;

/** What changes roles, as a restore sees it. */
public interface RoleReplacement {
    /**
     * Replaces all roles, in a commit that somebody else makes. No role changes meanwhile.
     *
     * @param come records of roles with their anchor, from a backup
     * @param commit makes the writes that replace the roles, with whatever else belongs to them, durable; answers whether
     *     that was done
     * @return whether it was, once the new roles decide; completed on the thread that changes roles
     */
    CompletionStage<Boolean> replace(List<JournalWrite.Put> come, Predicate<List<JournalWrite>> commit);
}
