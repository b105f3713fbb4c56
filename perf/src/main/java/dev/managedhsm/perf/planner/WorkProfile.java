// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.perf.planner;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.List;
import org.HdrHistogram.Histogram;

/**
 * What one kind of work takes.
 *
 * @param execute nanoseconds in the EXECUTE stage
 * @param worker CPU time of its worker beside that stage
 * @param loop CPU time of the event loop
 * @param audit CPU time of the audit log's thread
 * @param sender CPU time of the sender
 * @param extras what no thread explains, by load, the lightest first
 */
record WorkProfile(
        Histogram execute,
        ThreadCost worker,
        ThreadCost loop,
        ThreadCost audit,
        ThreadCost sender,
        List<Extra> extras) {
    WorkProfile {
        extras = List.copyOf(extras);
        for (int i = 1; i < extras.size(); i++) {
            if (extras.get(i).load() < extras.get(i - 1).load()) {
                throw new IllegalArgumentException("the extras of a profile are in the order of their loads");
            }
        }
    }

    /** The same with what no thread explains. */
    WorkProfile with(List<Extra> newExtras) {
        return new WorkProfile(execute, worker, loop, audit, sender, newExtras);
    }

    /**
     * The highest load at which extras are known, as a part of what saturates the model: its predictions of more are guesses. Without
     * any the model is all there is, and that ends at 1.
     */
    double knownLoad() {
        return extras.isEmpty() ? 1 : extras.getLast().load();
    }

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
                .put("sender", sender.json())
                .put("extras", new JsonArray(extras.stream().map(Extra::json).toList()));
    }

    static WorkProfile read(JsonObject object) {
        if (!object.containsKey("extras")) {
            throw new IllegalArgumentException("the profile is of another version: measure it anew");
        }
        return new WorkProfile(
                HistogramText.read(object.getString("execute")),
                ThreadCost.read(object.getJsonObject("worker")),
                ThreadCost.read(object.getJsonObject("loop")),
                ThreadCost.read(object.getJsonObject("audit")),
                ThreadCost.read(object.getJsonObject("sender")),
                object.getJsonArray("extras").stream()
                        .map(extra -> Extra.read((JsonObject) extra))
                        .toList());
    }
}
