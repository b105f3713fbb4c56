// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.pulse;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Who cost most in the last minute, over all event loops. Used by one thread. */
final class TopCosts {
    static final int SECONDS = 60;

    private final Deque<List<CostSketch.Cost>> seconds = new ArrayDeque<>();
    private final Map<Object, CostSketch.Cost> sums = new HashMap<>();

    /** Adds what was counted in a second, and forgets the second that is now too old. */
    void add(List<CostSketch.Cost> second) {
        seconds.addLast(second);
        second.forEach(cost -> add(cost, 1));
        if (seconds.size() > SECONDS) {
            seconds.removeFirst().forEach(cost -> add(cost, -1));
        }
    }

    private void add(CostSketch.Cost cost, int sign) {
        sums.compute(cost.name(), (name, sum) -> {
            long operations = (sum == null ? 0 : sum.operations()) + sign * cost.operations();
            return operations == 0
                    ? null
                    : new CostSketch.Cost(
                            name,
                            (sum == null ? 0 : sum.nanos()) + sign * cost.nanos(),
                            (sum == null ? 0 : sum.errorNanos()) + sign * cost.errorNanos(),
                            operations);
        });
    }

    /** The dearest, first. */
    List<CostSketch.Cost> first(int max) {
        List<CostSketch.Cost> all = new ArrayList<>(sums.values());
        all.sort(Comparator.comparingLong(CostSketch.Cost::nanos).reversed());
        return all.subList(0, Math.min(max, all.size()));
    }

    /** Everything together, in nanoseconds. */
    long nanos() {
        return sums.values().stream()
                .mapToLong(CostSketch.Cost::nanos)
                .sum(); // what one name has too much, another lost
    }
}
