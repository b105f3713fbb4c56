// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.store;

import java.util.List;

/**
 * Writes that belong together, and what must hold for them to be made.
 *
 * @param operation names this transaction and no other, so that its end can be settled
 * @param guards what must hold
 * @param writes what is written then, in this order
 */
public record Transaction(String operation, List<Guard> guards, List<Write> writes) {
    /**
     * A record must be at this revision.
     *
     * @param namespace of the record
     * @param key of the record
     * @param revision revision of the commit that wrote it last, or 0 if it must not be there
     */
    public record Guard(String namespace, String key, long revision) {}

    /** One write. */
    public sealed interface Write {
        /** Which family of records the record belongs to. */
        String namespace();

        /** Which record of its family it is. */
        String key();
    }

    /**
     * Writes a record, in the place of what was there.
     *
     * @param namespace of the record
     * @param key of the record
     * @param value its bytes
     */
    @SuppressWarnings("ArrayRecordComponent") // nobody compares writes, and nobody writes to the array
    public record Put(String namespace, String key, byte[] value) implements Write {}

    /**
     * Removes a record, if it is there.
     *
     * @param namespace of the record
     * @param key of the record
     */
    public record Remove(String namespace, String key) implements Write {}
}
