// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.latency;

import dev.managedhsm.crypto.key.KeyClass;
import dev.managedhsm.crypto.operation.Operation;
import dev.managedhsm.crypto.operation.Stage;
import org.jspecify.annotations.Nullable;

/**
 * What one histogram is about.
 *
 * @param operation which operation
 * @param keyClass on which kind of key
 * @param stage which stretch of the path, or null for the whole of it
 */
public record LatencySeries(
        Operation operation, KeyClass keyClass, @Nullable Stage stage) {
    private static final Operation[] OPERATIONS = Operation.values();
    private static final KeyClass[] KEY_CLASSES = KeyClass.values();
    private static final Stage[] STAGES = Stage.values();

    /** Stages and the whole. */
    private static final int PER_PAIR = STAGES.length + 1;

    /** How many series there are. */
    static final int COUNT = OPERATIONS.length * KEY_CLASSES.length * PER_PAIR;

    /** Place of the first stage's series of an operation on a kind of key; the whole's is the last of the group. */
    static int first(Operation operation, KeyClass keyClass) {
        return (operation.ordinal() * KEY_CLASSES.length + keyClass.ordinal()) * PER_PAIR;
    }

    /** Place of the series of the whole path, counted from {@link #first}. */
    static int whole() {
        return STAGES.length;
    }

    /** The series at a place. */
    static LatencySeries at(int index) {
        int pair = index / PER_PAIR;
        int stage = index % PER_PAIR;
        return new LatencySeries(
                OPERATIONS[pair / KEY_CLASSES.length],
                KEY_CLASSES[pair % KEY_CLASSES.length],
                stage == STAGES.length ? null : STAGES[stage]);
    }

    /** Name of the stage, or {@code TOTAL} for the whole path. */
    public String stageName() {
        return stage == null ? "TOTAL" : stage.name();
    }

    /** The tag under which this series stands in a histogram log: {@code SIGN.P_256.EXECUTE}. */
    public String tag() {
        return operation.name() + '.' + keyClass.name() + '.' + stageName();
    }
}
