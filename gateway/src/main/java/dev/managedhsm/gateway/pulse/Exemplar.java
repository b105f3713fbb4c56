// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.pulse;

import dev.managedhsm.crypto.key.KeyClass;
import dev.managedhsm.crypto.operation.Algorithm;
import dev.managedhsm.crypto.operation.Operation;
import dev.managedhsm.crypto.operation.Outcome;
import dev.managedhsm.crypto.operation.Stage;
import dev.managedhsm.crypto.operation.StageTimes;
import org.jspecify.annotations.Nullable;

/**
 * One slow operation, to explain the tail of its kind. Immutable; holds neither input nor output.
 *
 * @param endMillis when it was over, in Unix milliseconds
 * @param requestId the request's id, as its answer and the audit log have it
 * @param traceId of its trace, 32 hex digits; null if it was not traced
 * @param keyName the key's name
 * @param keyVersion the key's version
 * @param principal object id of who asked
 * @param operation what was asked
 * @param keyClass of which kind of key
 * @param algorithm with which algorithm
 * @param outcome how it ended
 * @param totalNanos how long all of it took
 * @param excess how many times it took as long as the slowest thousandth of its kind takes at least
 * @param stageNanos how long each stage took, in the order of {@link Stage}; nobody changes it
 */
@SuppressWarnings("ArrayRecordComponent")
public record Exemplar(
        long endMillis,
        String requestId,
        @Nullable String traceId,
        String keyName,
        String keyVersion,
        String principal,
        Operation operation,
        KeyClass keyClass,
        Algorithm algorithm,
        Outcome outcome,
        long totalNanos,
        double excess,
        long[] stageNanos) {
    private static final Stage[] STAGES = Stage.values();

    static long[] stageNanos(StageTimes times) {
        long[] nanos = new long[STAGES.length];
        for (int i = 0; i < nanos.length; i++) {
            nanos[i] = times.nanos(STAGES[i]);
        }
        return nanos;
    }
}
