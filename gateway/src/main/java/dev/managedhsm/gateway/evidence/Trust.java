// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.evidence;

import dev.managedhsm.gateway.audit.AuditKeys;
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

    /** Where in a chain the first kept key is; -1 if none is in it. */
    int firstIn(AuditKeys chain) {
        for (int i = 0; i < chain.entries().size(); i++) {
            if (keys.contains(chain.entries().get(i).key())) {
                return i;
            }
        }
        return -1;
    }

    /**
     * Whether a key of a chain is a kept one, or comes after one. A kept key vouches for those that it signed, and not for
     * those that signed it: a foreign chain may end in it.
     *
     * @param keyId in hex
     */
    boolean vouchesFor(AuditKeys chain, String keyId) {
        AuditKeys.Entry signer = chain.find(keyId);
        int first = firstIn(chain);
        return keys.isEmpty()
                || (signer != null && first >= 0 && chain.entries().indexOf(signer) >= first);
    }
}
