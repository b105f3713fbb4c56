// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.evidence;

import dev.managedhsm.gateway.audit.AuditKeys;
import dev.managedhsm.gateway.audit.AuditRefused;
import dev.managedhsm.gateway.audit.MerkleTree;
import dev.managedhsm.gateway.audit.SignedCheckpoint;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Puts checkpoints that were kept against the tree that a pack gives, while it grows. Used by one thread. */
final class KeptCheckpoints {
    private final List<SignedCheckpoint> kept;
    private final AuditKeys keys;
    private @Nullable Finding finding;

    KeptCheckpoints(List<SignedCheckpoint> kept, AuditKeys keys) {
        this.kept = kept;
        this.keys = keys;
    }

    /** The tree has another size. */
    void at(MerkleTree tree) {
        for (SignedCheckpoint one : kept) {
            if (finding == null && one.size() == tree.size()) {
                finding = finding(one, tree);
            }
        }
    }

    private @Nullable Finding finding(SignedCheckpoint one, MerkleTree tree) {
        String which = "checkpoint " + one.number() + ", which was kept, is ";
        if (!keys.signed(one)) {
            return new Finding(Finding.Kind.UNTRUSTED, AuditKeys.FILE, 0, -1, which + "signed by no key of this log");
        }
        return Arrays.equals(one.root(), tree.root())
                ? null
                : new Finding(Finding.Kind.ALTERED, "leaves.bin", 0, -1, which + "over other events than this pack");
    }

    /** The first thing that is not as it was kept, or null. */
    @Nullable
    Finding finding() {
        return finding;
    }

    /**
     * Looks whether all could be compared.
     *
     * @param before size of the tree with which the pack begins
     * @param after size of the one with which it ends
     * @throws AuditRefused if the pack's tree never has the size of one
     */
    static void within(List<SignedCheckpoint> kept, long before, long after) throws AuditRefused {
        for (SignedCheckpoint one : kept) {
            if (one.size() < before || one.size() > after) {
                throw new AuditRefused("checkpoint " + one.number() + " covers " + one.size()
                        + " events and cannot be compared with this pack, which shows the trees of " + before + " to "
                        + after + " events");
            }
        }
    }
}
