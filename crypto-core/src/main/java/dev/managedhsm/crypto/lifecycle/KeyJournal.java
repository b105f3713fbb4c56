// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.lifecycle;

import dev.managedhsm.crypto.seal.RecordName;
import dev.managedhsm.crypto.seal.SealPurpose;
import java.util.List;

/**
 * Where the sealed records of keys are kept durably. All content is sealed before it comes here, and whatever comes back
 * is checked.
 */
public interface KeyJournal {
    /** How a commit ended. */
    enum Ending {
        /** All writes are durable. */
        COMMITTED,
        /** Nothing was written, and nothing of it will appear later. */
        NOT_COMMITTED,
        /** It cannot be told whether the writes were made. */
        UNKNOWN
    }

    /** Takes records while they are loaded. */
    interface Visitor {
        /**
         * Takes one record.
         *
         * @param name which record it is kept as
         * @param blob the sealed record
         */
        void record(RecordName name, byte[] blob);
    }

    /**
     * Shows every record as of one moment, in the order of {@link SealPurpose}s, then keys, then versions. Called once, at
     * start, before any commit.
     */
    void load(Visitor visitor);

    /**
     * Makes all writes or none, durably: when this returns {@link Ending#COMMITTED}, a loss of power loses nothing of it.
     * Called by the control worker alone; may block it.
     */
    Ending commit(List<JournalWrite> writes);
}
