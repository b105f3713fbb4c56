// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.lifecycle;

import dev.managedhsm.crypto.keyring.KeyringWriter;
import dev.managedhsm.crypto.seal.RecordName;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/** Keeps a secret of the HSM's own, that belongs to no key, under the same anchor as the keys. Written once. */
final class KeepRecord extends Change<KeepRecord> {
    private final OwnRecords records;
    private final RecordName name;
    private final MemorySegment content;
    private byte[] blob = new byte[0];

    /** @param content locked memory; stays until the change has been answered, and is wiped by its owner then */
    KeepRecord(OwnRecords records, RecordName name, MemorySegment content) {
        super(name.toString()); // no key has such a name
        this.records = records;
        this.name = name;
        this.content = content;
    }

    @Override
    @Nullable
    LifecycleRefusal prepare(Draft draft) {
        if (records.find(name) != null) {
            throw new IllegalStateException("the record \"" + name + "\" is there");
        }
        int length = (int) content.byteSize();
        MemorySegment.copy(content, 0, draft.secret(), 0, length);
        blob = draft.putSecret(name, length).blob();
        return null;
    }

    @Override
    KeepRecord publish(KeyringWriter writer) {
        records.put(name, blob);
        return this;
    }
}
