// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.pulse;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.managedhsm.crypto.ring.LaneGauge;
import java.io.IOException;

/** One lane over a second: its depth, looked at often, and what its workers did. Used by one thread. */
final class LaneWatch {
    private final LaneGauge lane;
    private long busyNanos;
    private long operations;
    private long lookedAt;
    private long depthSum;
    private long depthMax;
    private int looks;

    LaneWatch(LaneGauge lane) {
        this.lane = lane;
        this.busyNanos = lane.busyNanos();
        this.operations = lane.operations();
        this.lookedAt = operations;
    }

    /** Looks how deep it is. Returns whether its workers took an operation since the last look. */
    boolean look() {
        measure();
        long taken = lane.operations();
        boolean worked = taken != lookedAt;
        lookedAt = taken;
        return worked;
    }

    private void measure() {
        long depth = lane.depth();
        depthSum += depth;
        depthMax = Math.max(depthMax, depth);
        looks++;
    }

    /** Writes what was since the last time, then begins anew. */
    void write(JsonGenerator json, double seconds) throws IOException {
        measure();
        long busyNow = lane.busyNanos();
        long operationsNow = lane.operations();
        json.writeStartObject();
        json.writeStringField("name", lane.name());
        json.writeNumberField("capacity", lane.capacity());
        json.writeNumberField("workers", lane.workers());
        json.writeNumberField("depthMean", Math.round(100.0 * depthSum / looks) / 100.0);
        json.writeNumberField("depthMax", depthMax);
        json.writeNumberField("busy", rounded((busyNow - busyNanos) / (seconds * 1e9 * lane.workers())));
        json.writeNumberField("operations", operationsNow - operations);
        json.writeNumberField("waitNs", lane.waitNanos());
        json.writeEndObject();
        busyNanos = busyNow;
        operations = operationsNow;
        depthSum = 0;
        depthMax = 0;
        looks = 0;
    }

    private static double rounded(double share) {
        return Math.round(share * 10_000) / 10_000.0;
    }
}
