// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.lifecycle;

import dev.managedhsm.crypto.seal.RecordName;

/** One write of a commit. */
public sealed interface JournalWrite {
    /** The record that is written or removed. */
    RecordName name();

    /**
     * Writes a record, in the place of what was there.
     *
     * @param name which record
     * @param blob the sealed record
     */
    @SuppressWarnings("ArrayRecordComponent") // nobody compares writes, and nobody writes to the array
    record Put(RecordName name, byte[] blob) implements JournalWrite {}

    /**
     * Removes a record.
     *
     * @param name which record
     */
    record Remove(RecordName name) implements JournalWrite {}
}
