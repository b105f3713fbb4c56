// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.perf.rig;

import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;

/** CPU time of each part of a server, over all rounds. One thread. */
final class Parts {
    private static final double MICROS = 1_000;
    private static final double MICROS_SHOWN_MIN = 0.05;

    private final Map<ServerCpu.Part, Long> nanos = new EnumMap<>(ServerCpu.Part.class);
    private long requests;

    /** Adds a round of so many requests. */
    void add(ServerCpu.Reading reading, int count) {
        reading.parts().forEach((part, spent) -> nanos.merge(part, spent, Long::sum));
        requests += count;
    }

    /** Microseconds of one part per request; 0 where there was none. */
    double micros(ServerCpu.Part part) {
        return nanos.getOrDefault(part, 0L) / MICROS / Math.max(1, requests);
    }

    /** All parts with their microseconds per request. */
    String text() {
        StringBuilder text = new StringBuilder(64);
        for (ServerCpu.Part part : nanos.keySet()) {
            double micros = micros(part);
            if (micros >= MICROS_SHOWN_MIN) {
                text.append(text.isEmpty() ? "" : ", ")
                        .append(part.label())
                        .append(String.format(Locale.ROOT, " %.1f", micros));
            }
        }
        return text.toString();
    }
}
