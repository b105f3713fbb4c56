// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.perf.planner;

import dev.managedhsm.perf.rig.Work;
import io.vertx.core.json.JsonObject;
import java.util.EnumMap;
import java.util.Map;
import org.HdrHistogram.Histogram;

/**
 * What was measured on one machine. Nanoseconds everywhere.
 *
 * @param surroundings machine, JDK, flags and commit
 * @param works what each kind of work takes
 * @param wakeNanos from waking a thread that sleeps to its wanting a core
 * @param workerStalls of a fast worker's core
 * @param leftStalls of a core that fast workers leave
 * @param light what no thread explains under {@link #LIGHT} load
 * @param pauses of the HSM's garbage collector
 * @param senderPauses of the sender's
 */
record ServiceProfile(
        String surroundings,
        Map<Work, WorkProfile> works,
        double wakeNanos,
        Stalls workerStalls,
        Stalls leftStalls,
        Extra light,
        Pauses pauses,
        Pauses senderPauses) {
    /** Light load, as a part of what there is with many in flight: one request has mostly ended before the next begins. */
    static final double LIGHT = 0.1;

    private static final int DIGITS = 3;

    ServiceProfile {
        works = new EnumMap<>(works);
    }

    /** What a kind of work takes. */
    WorkProfile of(Work work) {
        WorkProfile profile = works.get(work);
        if (profile == null) {
            throw new IllegalStateException("the profile has no " + work.label() + ": measure one that has");
        }
        return profile;
    }

    /** The same with what no thread explains. */
    ServiceProfile with(Extra newLight) {
        return new ServiceProfile(
                surroundings, works, wakeNanos, workerStalls, leftStalls, newLight, pauses, senderPauses);
    }

    /** Nothing to draw from. */
    static Histogram nothing() {
        return new Histogram(DIGITS);
    }

    String json() {
        JsonObject texts = new JsonObject();
        works.forEach((work, profile) -> texts.put(work.label(), profile.json()));
        return new JsonObject()
                .put("surroundings", surroundings)
                .put("works", texts)
                .put("wakeNanos", wakeNanos)
                .put("workerStalls", workerStalls.json())
                .put("leftStalls", leftStalls.json())
                .put("light", light.json())
                .put("pauses", pauses.json())
                .put("senderPauses", senderPauses.json())
                .encodePrettily();
    }

    static ServiceProfile read(String json) {
        JsonObject object = new JsonObject(json);
        Map<Work, WorkProfile> works = new EnumMap<>(Work.class);
        JsonObject texts = object.getJsonObject("works");
        for (String label : texts.fieldNames()) {
            works.put(Work.labelled(label), WorkProfile.read(texts.getJsonObject(label)));
        }
        return new ServiceProfile(
                object.getString("surroundings"),
                works,
                object.getDouble("wakeNanos"),
                Stalls.read(object.getJsonObject("workerStalls")),
                Stalls.read(object.getJsonObject("leftStalls")),
                Extra.read(object.getJsonObject("light")),
                Pauses.read(object.getJsonObject("pauses")),
                Pauses.read(object.getJsonObject("senderPauses")));
    }
}
