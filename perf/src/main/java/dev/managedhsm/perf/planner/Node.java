// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.perf.planner;

/**
 * A node as the model knows it.
 *
 * @param lanes its threads
 * @param cores that they share
 * @param senderBeside whether the sender is on the same cores
 */
record Node(Lanes lanes, int cores, boolean senderBeside) {
    /** Cores that no fast worker has, for all others; 0: all have all. */
    int left() {
        return Math.max(0, cores - lanes.fast());
    }

    /** With a core for each thread, and the sender elsewhere. */
    static Node of(Lanes lanes) {
        return new Node(lanes, lanes.cores(), false);
    }
}
