// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.evidence;

import dev.managedhsm.gateway.audit.MerkleTree;
import dev.managedhsm.gateway.audit.SignedCheckpoint;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Grows the tree of a log and compares its root with every checkpoint on the way. Where lines and leaf hashes disagree, it
 * grows two trees, until a checkpoint says which of them is right. Used by one thread.
 */
final class Roots {
    /** What a checkpoint says of two sequences that it covers. */
    enum Judgement {
        /** The leaf hashes are right. */
        LEAVES,
        /** The lines are right. */
        LINES,
        /** Both give the same root, which is right: one of them is short, nothing more. */
        BOTH,
        /** Neither is right. */
        NEITHER
    }

    /** Hears what checkpoints say. */
    interface Hearer {
        /** A checkpoint that covers a disagreement was reached. */
        void judged(Judgement judgement, SignedCheckpoint checkpoint);

        /** Lines and leaf hashes agree, and are not what the checkpoint covers. */
        void together(long from, SignedCheckpoint checkpoint);
    }

    private final List<SignedCheckpoint> checkpoints;
    private final Hearer hearer;
    private MerkleTree leaves = new MerkleTree();
    private @Nullable MerkleTree lines; // only while they disagree
    private boolean disagree;
    private boolean broken;
    private int next;
    private int held;
    private long heldSize;
    private @Nullable SignedCheckpoint last;

    /**
     * Roots of a log.
     *
     * @param checkpoints in the order of their sizes
     * @param hearer hears what they say
     */
    Roots(List<SignedCheckpoint> checkpoints, Hearer hearer) {
        this.checkpoints = checkpoints;
        this.hearer = hearer;
        reached();
    }

    /** From here on the two sequences are not the same. */
    void disagree() {
        if (!disagree && !broken) {
            disagree = true;
            lines = MerkleTree.decode(leaves.encode());
        }
    }

    /** Whether a checkpoint will still say which of two sequences is right. */
    boolean undecided() {
        return disagree;
    }

    /** There is a gap: no root can be computed any more. */
    void breakOff() {
        broken = true;
        disagree = false;
        lines = null;
    }

    boolean broken() {
        return broken;
    }

    /** Appends a leaf, in both forms. */
    void append(byte[] leaf, int leafAt, byte[] line, int lineAt) {
        if (broken) {
            return;
        }
        leaves.append(leaf, leafAt);
        if (lines != null) {
            lines.append(line, lineAt);
        }
        reached();
    }

    private void reached() {
        while (!broken && next < checkpoints.size() && checkpoints.get(next).size() == leaves.size()) {
            compare(checkpoints.get(next++));
        }
    }

    private void compare(SignedCheckpoint checkpoint) {
        byte[] root = checkpoint.root();
        boolean leavesRight = Arrays.equals(leaves.root(), root);
        MerkleTree other = lines;
        if (other == null) {
            if (!leavesRight) {
                hearer.together(heldSize, checkpoint);
                breakOff();
                return;
            }
        } else {
            boolean linesRight = Arrays.equals(other.root(), root);
            disagree = false;
            lines = null;
            if (linesRight && !leavesRight) {
                leaves = other;
            }
            hearer.judged(
                    leavesRight
                            ? linesRight ? Judgement.BOTH : Judgement.LEAVES
                            : linesRight ? Judgement.LINES : Judgement.NEITHER,
                    checkpoint);
            if (!leavesRight && !linesRight) {
                breakOff();
                return;
            }
        }
        held++;
        heldSize = checkpoint.size();
        last = checkpoint;
    }

    /** How many checkpoints hold. */
    int held() {
        return held;
    }

    /** The last one that holds, or null. */
    @Nullable
    SignedCheckpoint last() {
        return last;
    }

    /** How many events the last checkpoint that holds covers. */
    long heldSize() {
        return heldSize;
    }
}
