// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.perf.planner;

import dev.managedhsm.perf.rig.Work;
import io.vertx.core.json.JsonObject;
import java.util.EnumMap;
import java.util.List;
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
 * @param pauses of the HSM's garbage collector
 * @param senderPauses of the sender's
 */
record ServiceProfile(
        String surroundings,
        Map<Work, WorkProfile> works,
        double wakeNanos,
        Stalls workerStalls,
        Stalls leftStalls,
        Pauses pauses,
        Pauses senderPauses) {
    /** Light load, as a part of what there is with many in flight: one request has mostly ended before the next begins. */
    static final double LIGHT = 0.1;

    /** The loads at which extras are fitted, likewise: a machine's slow moments cost the more, the busier it is. */
    static final List<Double> LOADS = List.of(LIGHT, 0.25, 0.4, 0.6, 0.8);

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

    /** The same, where a kind of work takes these beyond what threads explain. */
    ServiceProfile with(Work work, List<Extra> extras) {
        Map<Work, WorkProfile> changed = new EnumMap<>(works);
        changed.put(work, of(work).with(extras));
        return new ServiceProfile(surroundings, changed, wakeNanos, workerStalls, leftStalls, pauses, senderPauses);
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
                Pauses.read(object.getJsonObject("pauses")),
                Pauses.read(object.getJsonObject("senderPauses")));
    }
}
