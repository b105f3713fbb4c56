// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.audit;

import java.io.IOException;

/** The leaf hashes of a log, in the order of its events. */
public interface LeafHashes {
    /** How many there are; it may grow. */
    long size() throws IOException;

    /**
     * Puts hashes that follow each other.
     *
     * @param first the index of the first one
     * @param count how many
     * @param into where they go, from its beginning, {@link MerkleHash#LENGTH} bytes each
     * @throws IOException if they cannot be read, or are not there
     */
    void read(long first, int count, byte[] into) throws IOException;
}
