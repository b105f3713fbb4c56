// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.pulse;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Who costs most, in bounded memory: the space-saving sketch of Metwally, Agrawal and El Abbadi (2005), with weights. Of
 * {@link #CAPACITY} names that are kept, any whose true cost is more than the total divided by that is among them, and what is
 * said of a name is too high by its {@link Cost#errorNanos} at most, never too low. Used by one thread.
 */
final class CostSketch {
    static final int CAPACITY = 128;

    /**
     * What one name has cost.
     *
     * @param name of a key, or object id of a principal
     * @param nanos time in the engine, in nanoseconds
     * @param errorNanos how much of it may be others'
     * @param operations how many operations, with the same error in kind
     */
    record Cost(Object name, long nanos, long errorNanos, long operations) {}

    private static final class Counter {
        Object name;
        long nanos;
        long errorNanos;
        long operations;

        Counter(Object name) {
            this.name = name;
        }
    }

    private final Map<Object, Counter> byName = new HashMap<>(2 * CAPACITY);
    private final List<Counter> counters = new ArrayList<>(CAPACITY);

    /** Adds the cost of one operation. */
    void add(Object name, long nanos) {
        Counter counter = byName.get(name);
        if (counter == null) {
            counter = counterFor(name);
        }
        counter.nanos += nanos;
        counter.operations++;
    }

    private Counter counterFor(Object name) {
        Counter counter;
        if (counters.size() < CAPACITY) {
            counter = new Counter(name);
            counters.add(counter);
        } else {
            counter = least();
            byName.remove(counter.name);
            counter.name = name;
            counter.errorNanos = counter.nanos;
        }
        byName.put(name, counter);
        return counter;
    }

    private Counter least() {
        Counter least = counters.getFirst();
        for (int i = 1; i < counters.size(); i++) {
            Counter counter = counters.get(i);
            if (counter.nanos < least.nanos) {
                least = counter;
            }
        }
        return least;
    }

    /** Everything that is kept, in no order; then it is empty. */
    List<Cost> take() {
        List<Cost> costs = new ArrayList<>(counters.size());
        for (Counter counter : counters) {
            costs.add(new Cost(counter.name, counter.nanos, counter.errorNanos, counter.operations));
        }
        counters.clear();
        byName.clear();
        return costs;
    }
}
