// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.lifecycle;

import dev.managedhsm.crypto.seal.RecordName;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** The sealed records of the HSM's own that belong to no key. Filled at start and by the control worker; any thread reads. */
final class OwnRecords {
    private final Map<RecordName, byte[]> blobs = new ConcurrentHashMap<>();

    /** The sealed record, not to be written to, or null. */
    byte @Nullable [] find(RecordName name) {
        return blobs.get(name);
    }

    /** Their names. */
    Set<RecordName> names() {
        return Set.copyOf(blobs.keySet());
    }

    void clear() {
        blobs.clear();
    }

    void put(RecordName name, byte[] blob) {
        blobs.put(name, blob);
    }
}
