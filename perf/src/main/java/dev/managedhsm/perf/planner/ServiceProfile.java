// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.perf.planner;

import dev.managedhsm.perf.rig.Work;
import io.vertx.core.json.JsonObject;
import java.nio.ByteBuffer;
import java.util.Base64;
import java.util.EnumMap;
import java.util.Map;
import java.util.zip.DataFormatException;
import org.HdrHistogram.Histogram;

/**
 * What was measured on one machine: how long a worker has each kind of work, how long its audit event takes to be durable, and
 * what else a request costs.
 *
 * @param surroundings machine, JDK, flags and commit
 * @param edge costs beside the worker
 * @param durable nanoseconds in the AUDIT stage when nothing else is there to be forced; empty when nothing is recorded
 * @param residual nanoseconds of a request at rest that none of these explains; empty when everything is explained
 * @param service nanoseconds in the EXECUTE stage, for each kind of work that was measured
 */
record ServiceProfile(
        String surroundings, EdgeCosts edge, Histogram durable, Histogram residual, Map<Work, Histogram> service) {
    ServiceProfile {
        service = new EnumMap<>(service);
    }

    /** The histogram of a kind of work. */
    Histogram of(Work work) {
        Histogram histogram = service.get(work);
        if (histogram == null) {
            throw new IllegalStateException("the profile has no " + work.label() + ": measure one that has");
        }
        return histogram;
    }

    String json() {
        JsonObject histograms = new JsonObject();
        service.forEach((work, histogram) -> histograms.put(work.label(), text(histogram)));
        return new JsonObject()
                .put("surroundings", surroundings)
                .put("edge", edge.json())
                .put("durable", text(durable))
                .put("residual", text(residual))
                .put("service", histograms)
                .encodePrettily();
    }

    static ServiceProfile read(String json) {
        JsonObject object = new JsonObject(json);
        Map<Work, Histogram> service = new EnumMap<>(Work.class);
        JsonObject histograms = object.getJsonObject("service");
        for (String label : histograms.fieldNames()) {
            service.put(Work.labelled(label), histogram(histograms.getString(label)));
        }
        return new ServiceProfile(
                object.getString("surroundings"),
                EdgeCosts.read(object.getJsonObject("edge")),
                histogram(object.getString("durable")),
                histogram(object.getString("residual")),
                service);
    }

    private static String text(Histogram histogram) {
        ByteBuffer bytes = ByteBuffer.allocate(histogram.getNeededByteBufferCapacity());
        int length = histogram.encodeIntoCompressedByteBuffer(bytes);
        return Base64.getEncoder().encodeToString(java.util.Arrays.copyOf(bytes.array(), length));
    }

    private static Histogram histogram(String text) {
        try {
            return Histogram.decodeFromCompressedByteBuffer(
                    ByteBuffer.wrap(Base64.getDecoder().decode(text)), 0);
        } catch (DataFormatException e) {
            throw new IllegalArgumentException("the profile's histograms are damaged", e);
        }
    }
}
