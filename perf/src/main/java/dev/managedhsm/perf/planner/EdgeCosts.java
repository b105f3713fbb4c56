// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.perf.planner;

import io.vertx.core.json.JsonObject;

/**
 * What a request takes beside its worker, whatever is asked.
 *
 * @param loopNanos CPU time of the event loop
 * @param auditNanos CPU time of the audit log's thread
 * @param senderNanos CPU time of the sender
 * @param wakeNanos time until a thread that slept begins
 */
record EdgeCosts(long loopNanos, long auditNanos, long senderNanos, long wakeNanos) {
    EdgeCosts withWake(long nanos) {
        return new EdgeCosts(loopNanos, auditNanos, senderNanos, nanos);
    }

    JsonObject json() {
        return new JsonObject()
                .put("loopNanos", loopNanos)
                .put("auditNanos", auditNanos)
                .put("senderNanos", senderNanos)
                .put("wakeNanos", wakeNanos);
    }

    static EdgeCosts read(JsonObject object) {
        return new EdgeCosts(
                object.getLong("loopNanos"),
                object.getLong("auditNanos"),
                object.getLong("senderNanos"),
                object.getLong("wakeNanos"));
    }
}
