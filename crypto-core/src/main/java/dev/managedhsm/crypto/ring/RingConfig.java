// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.ring;

import dev.managedhsm.crypto.keyring.Keyring;

/**
 * How many workers, how long the queues.
 *
 * @param fastWorkers workers for EC, AES, HMAC and RSA-2048, at least 1
 * @param slowWorkers workers for RSA of 3072 bits and more, at least 1
 * @param fastCapacity slots that can wait in the fast lane; a power of two
 * @param slowCapacity slots that can wait in the slow lane; a power of two
 * @param idle what workers do while their lane is empty
 * @param pinned whether each worker is pinned to a core, and event loops and the audit log are bound to others ({@link Cores})
 */
public record RingConfig(
        int fastWorkers, int slowWorkers, int fastCapacity, int slowCapacity, IdleStrategy idle, boolean pinned) {
    /** On so many cores workers, event loops, the audit log and the collector get in each other's way. */
    private static final int CORES_FEW = 3;

    /** Readers of the keyring that are left to the life-cycle. */
    private static final int READERS_ELSEWHERE = 4;

    /** Checks the numbers. */
    public RingConfig {
        if (fastWorkers < 1 || slowWorkers < 1) {
            throw new IllegalArgumentException("each lane needs a worker");
        }
        if (Integer.bitCount(fastCapacity) != 1 || Integer.bitCount(slowCapacity) != 1) {
            throw new IllegalArgumentException("a lane's capacity is a power of two");
        }
    }

    /**
     * What fits a machine with this many cores: on two, one event loop and one fast worker; from there on about three
     * workers for two event loops, with one in four workers on the slow lane. 512 ES256 signatures are 12 ms of queue,
     * 64 RSA-4096 signatures 160 ms. Workers that share few cores sleep soon.
     */
    public static RingConfig forCores(int cores) {
        int workers = Math.clamp(cores * 3L / 5, 1, Keyring.READERS_MAX_DEFAULT - READERS_ELSEWHERE);
        int slow = Math.max(1, workers / 4);
        int fast = Math.max(1, workers - slow); // every worker reads the keyring, which has room for so many
        IdleStrategy idle = cores > CORES_FEW ? IdleStrategy.PHASED : IdleStrategy.BRIEF;
        return new RingConfig(fast, slow, 512, 64, idle, cores > 1);
    }

    /** How many slots can be in the machine at once: waiting in a lane or on a worker. */
    public int slots() {
        return fastCapacity + slowCapacity + fastWorkers + slowWorkers;
    }
}
