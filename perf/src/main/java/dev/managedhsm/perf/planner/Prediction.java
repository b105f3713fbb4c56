// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.perf.planner;

import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/**
 * What the model makes of many requests at a rate.
 *
 * @param sorted nanoseconds of each stretch, ascending
 */
record Prediction(Map<Stretch, double[]> sorted) {
    Prediction {
        sorted = new EnumMap<>(sorted);
        sorted.values().forEach(Arrays::sort);
    }

    /** Several as one. */
    static Prediction joined(List<Prediction> several) {
        Map<Stretch, double[]> all = new EnumMap<>(Stretch.class);
        for (Stretch stretch : Stretch.values()) {
            all.put(
                    stretch,
                    several.stream()
                            .flatMapToDouble(one -> Arrays.stream(one.of(stretch)))
                            .toArray());
        }
        return new Prediction(all);
    }

    /** All of a stretch. */
    double[] of(Stretch stretch) {
        double[] nanos = sorted.get(stretch);
        if (nanos == null) {
            throw new IllegalStateException("every stretch is predicted");
        }
        return nanos;
    }

    /** Nanoseconds within which this part of the requests pass a stretch, 0 to 1. */
    double nanos(Stretch stretch, double part) {
        double[] all = of(stretch);
        return all[Math.min(all.length - 1, (int) Math.ceil(part * all.length))];
    }
}
