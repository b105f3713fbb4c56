// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.store;

import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** All records as of one revision. Used by one thread. */
public interface Snapshot extends AutoCloseable {
    /** The revision. */
    long revision();

    /** One record, or null if it is not there. */
    @Nullable
    StoredRecord find(String namespace, String key);

    /** Shows all records of a namespace in the order of their keys' bytes in UTF-8. */
    void forEach(String namespace, Consumer<StoredRecord> consumer);

    /** Lets go of the revision. */
    @Override
    void close();
}
