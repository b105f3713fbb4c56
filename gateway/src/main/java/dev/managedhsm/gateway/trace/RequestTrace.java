// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.trace;

import dev.managedhsm.crypto.key.KeyFacts;
import dev.managedhsm.crypto.operation.Algorithm;
import dev.managedhsm.crypto.operation.Outcome;
import dev.managedhsm.crypto.operation.Stage;
import dev.managedhsm.crypto.operation.StageTimes;
import org.jspecify.annotations.Nullable;

/**
 * What is noted of one request that is traced. Its event loop notes; once it was handed over, the traces thread reads. Holds no
 * payload, no token and no key byte.
 */
public final class RequestTrace {
    /** Stands for a status where the client had gone before there was one. */
    private static final int CLIENT_GONE = 499;

    private static final Stage[] STAGES = Stage.values();

    final String traceId;
    final @Nullable String parentSpanId;
    final long startNanos;
    long endNanos;
    int status = CLIENT_GONE;
    String name = "Other";
    String method = "";
    String requestId = "";
    String clientAddress = "";

    @Nullable
    String keyName;

    @Nullable
    String keyClass;

    @Nullable
    String algorithm;

    @Nullable
    String outcome;

    long @Nullable [] stageEnds;

    /**
     * @param traceId 32 lower-case hex digits
     * @param parentSpanId the caller's span, or null if the trace begins here
     * @param startNanos when the request began, on the clock of {@link System#nanoTime()}
     */
    RequestTrace(String traceId, @Nullable String parentSpanId, long startNanos) {
        this.traceId = traceId;
        this.parentSpanId = parentSpanId;
        this.startNanos = startNanos;
    }

    /** The trace's id, 32 hex digits. */
    public String traceId() {
        return traceId;
    }

    /** What is known of the request itself. */
    public void request(String verb, String id, String address) {
        method = verb;
        requestId = id;
        clientAddress = address;
    }

    /**
     * How the request ended.
     *
     * @param operation what was asked, by its name in the audit log
     * @param httpStatus the answer's status
     * @param nowNanos when the answer left
     */
    public void ended(String operation, int httpStatus, long nowNanos) {
        name = operation;
        status = httpStatus;
        endNanos = nowNanos;
    }

    /**
     * What a key operation went through.
     *
     * @param times all stages, stamped
     * @param key the key version
     * @param with the algorithm
     * @param how how it ended
     */
    public void operation(StageTimes times, KeyFacts key, Algorithm with, Outcome how) {
        keyName = key.name().text();
        keyClass = times.keyClass().name();
        algorithm = with.name();
        outcome = how.name();
        long[] ends = new long[STAGES.length];
        long end = startNanos;
        for (int i = 0; i < ends.length; i++) {
            end += times.nanos(STAGES[i]);
            ends[i] = end;
        }
        stageEnds = ends;
        endNanos = end;
    }
}
