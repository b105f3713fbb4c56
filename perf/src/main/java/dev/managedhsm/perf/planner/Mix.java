// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.perf.planner;

import dev.managedhsm.perf.rig.Work;
import java.util.EnumMap;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * Which part of the requests is which work.
 *
 * @param parts of each kind, together 1
 */
record Mix(Map<Work, Double> parts) {
    Mix {
        parts = new EnumMap<>(parts);
    }

    /** Of one kind of work. */
    static Mix of(Work work) {
        return new Mix(Map.of(work, 1.0));
    }

    /** Reads {@code es256=90,rs256-4096=10}; the numbers are weights. */
    static Mix read(String text) {
        Map<Work, Double> weights = new EnumMap<>(Work.class);
        double whole = 0;
        for (String part : text.split(",", -1)) {
            int equals = part.indexOf('=');
            if (equals < 0) {
                throw new IllegalArgumentException("a mix is written like es256=90,rs256-4096=10, not " + text);
            }
            double weight = Double.parseDouble(part.substring(equals + 1));
            if (!(weight > 0)) {
                throw new IllegalArgumentException("a part of a mix is above 0, not " + part);
            }
            weights.put(Work.labelled(part.substring(0, equals)), weight);
            whole += weight;
        }
        double sum = whole;
        weights.replaceAll((work, weight) -> weight / sum);
        return new Mix(weights);
    }

    /** As it is read, in percent. */
    String text() {
        return parts.entrySet().stream()
                .map(part -> part.getKey().label() + '=' + Math.round(100 * part.getValue()))
                .collect(Collectors.joining(","));
    }

    /** Whether some of it belongs to the slow lane. */
    boolean slow() {
        return parts.keySet().stream().anyMatch(Work::slow);
    }

    /** The kind of work for a number from 0 to 1. */
    Work at(double point) {
        double left = point;
        Work last = parts.keySet().iterator().next();
        for (Map.Entry<Work, Double> part : parts.entrySet()) {
            last = part.getKey();
            left -= part.getValue();
            if (left < 0) {
                break;
            }
        }
        return last;
    }
}
