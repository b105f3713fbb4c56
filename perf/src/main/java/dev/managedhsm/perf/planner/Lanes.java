// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.perf.planner;

import dev.managedhsm.gateway.Threads;

/**
 * How a node's cores are shared out.
 *
 * @param loops event loops
 * @param fast workers of the fast lane
 * @param slow workers of the slow lane, 0 when nothing slow is asked for
 */
record Lanes(int loops, int fast, int slow) {
    /** As an HSM shares out a machine with so many cores when nobody says otherwise. */
    static Lanes forCores(int cores) {
        Threads threads = Threads.forCores(cores);
        return new Lanes(
                threads.eventLoops(),
                threads.ring().fastWorkers(),
                threads.ring().slowWorkers());
    }

    int cores() {
        return loops + fast + slow;
    }
}
