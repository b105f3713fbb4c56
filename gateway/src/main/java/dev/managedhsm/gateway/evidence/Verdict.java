// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.evidence;

import dev.managedhsm.gateway.audit.AuditKeys;
import dev.managedhsm.gateway.audit.SignedCheckpoint;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a look through an audit log found. Immutable.
 *
 * @param findings everything that is wrong, in the order of the log; of each segment the first thing only
 * @param size how many events the log has, those that retention removed included
 * @param firstKept the index of the first event whose line is still there
 * @param checkpoints how many checkpoints hold
 * @param last the last checkpoint that holds, or null
 * @param keys the log's keys, or null when there are none that hold
 * @param notes what is no fault and should be known
 */
public record Verdict(
        List<Finding> findings,
        long size,
        long firstKept,
        long checkpoints,
        @Nullable SignedCheckpoint last,
        @Nullable AuditKeys keys,
        List<String> notes) {
    /** Copies the lists. */
    public Verdict {
        findings = List.copyOf(findings);
        notes = List.copyOf(notes);
    }

    /** Whether nothing was found. */
    public boolean whole() {
        return findings.isEmpty();
    }

    /** How many events no checkpoint covers yet. */
    public long unsigned() {
        return size - (last == null ? 0 : Math.min(last.size(), size));
    }
}
