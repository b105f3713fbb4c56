// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.perf.planner;

import io.vertx.core.json.JsonObject;
import org.HdrHistogram.Histogram;

/**
 * What was fitted at one load: what requests take there that no thread of the model explains.
 *
 * @param force nanoseconds from the beginning of a force to its end; empty when nothing is recorded
 * @param residual nanoseconds of a caller's latency beyond everything else; empty when everything is explained
 */
record Extra(Histogram force, Histogram residual) {
    static final Extra NONE = new Extra(ServiceProfile.nothing(), ServiceProfile.nothing());

    JsonObject json() {
        return new JsonObject().put("force", HistogramText.of(force)).put("residual", HistogramText.of(residual));
    }

    static Extra read(JsonObject object) {
        return new Extra(
                HistogramText.read(object.getString("force")), HistogramText.read(object.getString("residual")));
    }
}
