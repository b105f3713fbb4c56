// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway;

import dev.managedhsm.crypto.ring.RingConfig;

/**
 * How many threads do what.
 *
 * @param ring the workers and their lanes
 * @param eventLoops threads for connections, at least 1
 * @param verifiers threads that verify tokens, at least 1
 */
public record Threads(RingConfig ring, int eventLoops, int verifiers) {
    /** Checks the numbers. */
    public Threads {
        if (eventLoops < 1 || verifiers < 1) {
            throw new IllegalArgumentException("somebody has to do it");
        }
    }

    /** What fits a machine with this many cores. */
    public static Threads forCores(int cores) {
        RingConfig ring = RingConfig.forCores(cores);
        return new Threads(ring, eventLoopsBeside(ring.fastWorkers(), cores), Math.max(1, cores / 4));
    }

    /** How many event loops fit beside so many fast workers: one for each core that they leave, and one at least. */
    public static int eventLoopsBeside(int fastWorkers, int cores) {
        return Math.max(1, cores - fastWorkers);
    }
}
