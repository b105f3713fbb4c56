// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.store;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a store says about the root key that its records are sealed under: records that can be read without that key. Any
 * thread that may block.
 */
public final class RootKeyRecords {
    private static final String NAMESPACE = "root-key";
    private static final String ACTIVATION = "activation";
    private static final String RETIRED = "retired";

    private RootKeyRecords() {}

    /**
     * What is said.
     *
     * @param activation the text of the activation, or null if there was none
     * @param retired the sealed keys that were in use before, or null if there are none
     */
    @SuppressWarnings("ArrayRecordComponent") // nobody compares these, and nobody writes to the arrays
    public record Said(byte @Nullable [] activation, byte @Nullable [] retired) {}

    /** Reads. */
    public static Said read(Store store) {
        try (Snapshot snapshot = store.snapshot()) {
            StoredRecord activation = snapshot.find(NAMESPACE, ACTIVATION);
            StoredRecord retired = snapshot.find(NAMESPACE, RETIRED);
            return new Said(activation == null ? null : activation.value(), retired == null ? null : retired.value());
        }
    }

    /** What is to be written so that the store says this. */
    public static List<Transaction.Write> writes(Said said) {
        byte[] activation = said.activation();
        byte[] retired = said.retired();
        return List.of(
                activation == null
                        ? new Transaction.Remove(NAMESPACE, ACTIVATION)
                        : new Transaction.Put(NAMESPACE, ACTIVATION, activation),
                retired == null
                        ? new Transaction.Remove(NAMESPACE, RETIRED)
                        : new Transaction.Put(NAMESPACE, RETIRED, retired));
    }
}
