// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.perf.planner;

import io.vertx.core.json.JsonObject;

/**
 * CPU time of one kind of thread. A thread with much to do takes many requests at a time; one with little is woken for each, and
 * going to sleep, being woken, reading and writing cost as much as the request.
 *
 * @param requestNanos for each request
 * @param wakeNanos for each time that it goes to sleep and is woken
 */
record ThreadCost(double requestNanos, double wakeNanos) {
    static final ThreadCost NONE = new ThreadCost(0, 0);

    /**
     * What a thread took in one state, for each request.
     *
     * @param nanos of CPU time
     * @param sleeps how often it went to sleep
     */
    record Spent(double nanos, double sleeps) {}

    /** Of two states that differ in how often the thread sleeps: with many requests in flight, and under light load. */
    static ThreadCost of(Spent full, Spent light) {
        double wake =
                light.sleeps > full.sleeps ? Math.max(0, (light.nanos - full.nanos) / (light.sleeps - full.sleeps)) : 0;
        return new ThreadCost(Math.max(0, full.nanos - wake * full.sleeps), wake);
    }

    JsonObject json() {
        return new JsonObject().put("requestNanos", requestNanos).put("wakeNanos", wakeNanos);
    }

    static ThreadCost read(JsonObject object) {
        return new ThreadCost(object.getDouble("requestNanos"), object.getDouble("wakeNanos"));
    }
}
