// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.perf.planner;

import io.vertx.core.json.JsonObject;
import org.HdrHistogram.Histogram;

/**
 * What one kind of work takes.
 *
 * @param execute nanoseconds in the EXECUTE stage
 * @param worker CPU time of its worker beside that stage
 * @param loop CPU time of the event loop
 * @param audit CPU time of the audit log's thread
 * @param sender CPU time of the sender
 */
record WorkProfile(Histogram execute, ThreadCost worker, ThreadCost loop, ThreadCost audit, ThreadCost sender) {
    /** CPU time of all that a request cannot go without, in nanoseconds. */
    double leastNanos(boolean withSender) {
        return execute.getMean()
                + worker.requestNanos()
                + loop.requestNanos()
                + audit.requestNanos()
                + (withSender ? sender.requestNanos() : 0);
    }

    JsonObject json() {
        return new JsonObject()
                .put("execute", HistogramText.of(execute))
                .put("worker", worker.json())
                .put("loop", loop.json())
                .put("audit", audit.json())
                .put("sender", sender.json());
    }

    static WorkProfile read(JsonObject object) {
        return new WorkProfile(
                HistogramText.read(object.getString("execute")),
                ThreadCost.read(object.getJsonObject("worker")),
                ThreadCost.read(object.getJsonObject("loop")),
                ThreadCost.read(object.getJsonObject("audit")),
                ThreadCost.read(object.getJsonObject("sender")));
    }
}
