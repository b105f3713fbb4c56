// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.perf.planner;

/**
 * How a node's cores are shared out.
 *
 * @param loops event loops
 * @param fast workers of the fast lane
 * @param slow workers of the slow lane, 0 when nothing slow is asked for
 */
record Lanes(int loops, int fast, int slow) {
    int cores() {
        return loops + fast + slow;
    }
}
