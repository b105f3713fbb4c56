// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.perf.micro;

import dev.managedhsm.crypto.lifecycle.JournalWrite;
import dev.managedhsm.crypto.lifecycle.KeyJournal;
import dev.managedhsm.crypto.seal.RecordName;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** A journal that lives as long as the benchmark: its keys are worth nothing afterwards. */
final class HeapJournal implements KeyJournal {
    private final Map<RecordName, byte[]> records = new HashMap<>();

    @Override
    public void load(Visitor visitor) {
        records.forEach(visitor::record);
    }

    @Override
    public Ending commit(List<JournalWrite> writes) {
        for (JournalWrite write : writes) {
            switch (write) {
                case JournalWrite.Put put -> records.put(put.name(), put.blob());
                case JournalWrite.Remove remove -> records.remove(remove.name());
            }
        }
        return Ending.COMMITTED;
    }
}
