// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.perf.planner;

import io.vertx.core.json.JsonObject;
import org.HdrHistogram.Histogram;

/**
 * What was fitted at one load: what requests take there that no thread of the model explains.
 *
 * @param load as a part of the rate at which the model is saturated
 * @param force nanoseconds from the beginning of a force to its end; empty when nothing is recorded
 * @param residual nanoseconds of a caller's latency beyond everything else; empty when everything is explained
 */
record Extra(double load, Histogram force, Histogram residual) {
    JsonObject json() {
        return new JsonObject()
                .put("load", load)
                .put("force", HistogramText.of(force))
                .put("residual", HistogramText.of(residual));
    }

    static Extra read(JsonObject object) {
        return new Extra(
                object.getDouble("load"),
                HistogramText.read(object.getString("force")),
                HistogramText.read(object.getString("residual")));
    }
}
