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
 * @param pauses of the HSM's garbage collector, in which nothing of it runs
 * @param senderPauses of the sender's
 */
record EdgeCosts(
        long loopNanos, long auditNanos, long senderNanos, long wakeNanos, Pauses pauses, Pauses senderPauses) {
    /**
     * Pauses that come with what requests leave behind.
     *
     * @param requests from one to the next; 0 for none at all
     * @param nanos how long one is
     */
    record Pauses(long requests, long nanos) {
        static final Pauses NONE = new Pauses(0, 0);

        /** Whether one begins with the request of this index. */
        boolean begins(int index) {
            return requests > 0 && index % requests == requests - 1;
        }

        private JsonObject json() {
            return new JsonObject().put("requests", requests).put("nanos", nanos);
        }

        private static Pauses read(JsonObject object) {
            return new Pauses(object.getLong("requests"), object.getLong("nanos"));
        }
    }

    EdgeCosts withWake(long nanos) {
        return new EdgeCosts(loopNanos, auditNanos, senderNanos, nanos, pauses, senderPauses);
    }

    JsonObject json() {
        return new JsonObject()
                .put("loopNanos", loopNanos)
                .put("auditNanos", auditNanos)
                .put("senderNanos", senderNanos)
                .put("wakeNanos", wakeNanos)
                .put("pauses", pauses.json())
                .put("senderPauses", senderPauses.json());
    }

    static EdgeCosts read(JsonObject object) {
        return new EdgeCosts(
                object.getLong("loopNanos"),
                object.getLong("auditNanos"),
                object.getLong("senderNanos"),
                object.getLong("wakeNanos"),
                Pauses.read(object.getJsonObject("pauses")),
                Pauses.read(object.getJsonObject("senderPauses")));
    }
}
