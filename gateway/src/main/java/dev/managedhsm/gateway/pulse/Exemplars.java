// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.pulse;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/**
 * The most telling slow operations of one event loop: the {@value #PER_SLICE} with the greatest excess of each of the last
 * {@value #SECONDS} seconds and of the last {@value #MINUTES} minutes. Written by its event loop, which never waits; read by
 * any thread.
 */
public final class Exemplars {
    static final int PER_SLICE = 4;
    static final int SECONDS = 300;
    static final int MINUTES = 180;

    private static final long SECOND_MILLIS = 1_000;
    private static final long MINUTE_MILLIS = 60_000;

    private final Slices seconds = new Slices(SECOND_MILLIS, SECONDS);
    private final Slices minutes = new Slices(MINUTE_MILLIS, MINUTES);

    Exemplars() {}

    /** Keeps one unless more telling ones of its time fill the room. The event loop only. */
    void add(Exemplar exemplar) {
        seconds.add(exemplar);
        minutes.add(exemplar);
    }

    /**
     * What is kept of a time, each once, in no order. Any thread.
     *
     * @param fromMillis the first moment, in Unix milliseconds
     * @param toMillis the first moment after it
     */
    public List<Exemplar> between(long fromMillis, long toMillis) {
        List<Exemplar> found = new ArrayList<>();
        seconds.between(fromMillis, toMillis, found);
        int young = found.size();
        minutes.between(fromMillis, toMillis, found);
        for (int i = found.size() - 1; i >= young; i--) {
            String candidate = found.get(i).requestId();
            if (found.subList(0, young).stream()
                    .anyMatch(known -> known.requestId().equals(candidate))) {
                found.remove(i);
            }
        }
        return found;
    }

    /** The most telling ones of several event loops, the greatest excess first. */
    static List<Exemplar> mostTelling(List<Exemplar> all, int max) {
        return all.stream()
                .sorted(Comparator.comparingDouble(Exemplar::excess).reversed())
                .limit(max)
                .toList();
    }

    /** Some places for each slice of time, used again when their time is long over. */
    private static final class Slices {
        private final long sliceMillis;
        private final int slices;
        private final AtomicReferenceArray<@Nullable Exemplar> places;

        Slices(long sliceMillis, int slices) {
            this.sliceMillis = sliceMillis;
            this.slices = slices;
            this.places = new AtomicReferenceArray<>(slices * PER_SLICE);
        }

        void add(Exemplar exemplar) {
            long slice = exemplar.endMillis() / sliceMillis;
            int first = (int) (slice % slices) * PER_SLICE;
            int least = -1;
            double leastExcess = exemplar.excess();
            for (int i = first; i < first + PER_SLICE; i++) {
                Exemplar there = places.getPlain(i);
                if (there == null || there.endMillis() / sliceMillis != slice) {
                    places.setRelease(i, exemplar);
                    return;
                }
                if (there.excess() < leastExcess) {
                    least = i;
                    leastExcess = there.excess();
                }
            }
            if (least >= 0) {
                places.setRelease(least, exemplar);
            }
        }

        void between(long fromMillis, long toMillis, List<Exemplar> found) {
            for (int i = 0; i < places.length(); i++) {
                Exemplar there = places.getAcquire(i);
                if (there != null && there.endMillis() >= fromMillis && there.endMillis() < toMillis) {
                    found.add(there);
                }
            }
        }
    }
}
