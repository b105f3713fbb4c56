// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.operation;

import dev.managedhsm.crypto.key.KeyClass;

/**
 * When one operation passed each stage, for what ends after its slot was given back. Owned by the slot's event loop, which
 * hands it over with what it belongs to.
 */
public final class StageTimes {
    private final Operation operation;
    private final KeyClass keyClass;
    private final long startNanos;
    private final long[] stamps;

    /**
     * Copies what the slot knows.
     *
     * @param slot one that has been asked
     */
    public StageTimes(OperationSlot slot) {
        this.operation = slot.operation();
        this.keyClass = slot.key().keyClass();
        this.startNanos = slot.startNanos();
        this.stamps = slot.stamps();
    }

    /** What was asked. */
    public Operation operation() {
        return operation;
    }

    /** Of which kind of key. */
    public KeyClass keyClass() {
        return keyClass;
    }

    /** Says that a stage ended, on the clock of {@link System#nanoTime()}. */
    public void stamp(Stage stage, long nowNanos) {
        stamps[stage.ordinal()] = nowNanos;
    }

    /** How long a stage took, in nanoseconds; both it and the stage before must have been stamped. */
    public long nanos(Stage stage) {
        int i = stage.ordinal();
        return stamps[i] - (i == 0 ? startNanos : stamps[i - 1]);
    }

    /** How long all of it took, in nanoseconds; the last stage must have been stamped. */
    public long totalNanos() {
        return stamps[stamps.length - 1] - startNanos;
    }
}
