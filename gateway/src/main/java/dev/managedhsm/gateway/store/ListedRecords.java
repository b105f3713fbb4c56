// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.store;

import dev.managedhsm.crypto.lifecycle.JournalWrite;
import dev.managedhsm.crypto.lifecycle.KeyJournal;
import java.util.List;

/**
 * Records that are read from somewhere else than a store, such as a backup. Nothing is written to them.
 *
 * @param records in the order in which a journal shows them
 */
public record ListedRecords(List<JournalWrite.Put> records) implements KeyJournal {
    @Override
    public void load(Visitor visitor) {
        records.forEach(record -> visitor.record(record.name(), record.blob()));
    }

    @Override
    public Ending commit(List<JournalWrite> writes) {
        throw new IllegalStateException("these records are only read");
    }
}
