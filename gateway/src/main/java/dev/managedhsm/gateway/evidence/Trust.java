// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.evidence;

import dev.managedhsm.gateway.audit.LogKey;
import dev.managedhsm.gateway.audit.SignedCheckpoint;
import java.util.List;

/**
 * What a verifier knows of a log from elsewhere. Immutable.
 *
 * @param keys keys of the log; with none, what the folder says is taken as it is
 * @param checkpoints checkpoints of the log that were kept: it must begin with what they cover
 */
public record Trust(List<LogKey> keys, List<SignedCheckpoint> checkpoints) {
    /** Nothing is known. */
    public static final Trust NOTHING = new Trust(List.of(), List.of());

    /** Copies the lists. */
    public Trust {
        keys = List.copyOf(keys);
        checkpoints = List.copyOf(checkpoints);
    }
}
