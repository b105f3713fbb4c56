// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.perf.planner;

import io.vertx.core.json.JsonObject;

/**
 * Pauses of a garbage collector that come with what requests leave behind.
 *
 * @param requests from one to the next; 0 for none at all
 * @param nanos how long one is
 */
record Pauses(long requests, long nanos) {
    static final Pauses NONE = new Pauses(0, 0);

    /** Of so many in the course of so many requests. */
    static Pauses of(long requests, long count, double millis) {
        return count == 0 ? NONE : new Pauses(requests / count, Math.round(millis * 1e6 / count));
    }

    /** Whether one begins with the request of this index. */
    boolean begins(int index) {
        return requests > 0 && index % requests == requests - 1;
    }

    JsonObject json() {
        return new JsonObject().put("requests", requests).put("nanos", nanos);
    }

    static Pauses read(JsonObject object) {
        return new Pauses(object.getLong("requests"), object.getLong("nanos"));
    }
}
