// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.config;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** All that is wrong with one configuration, gathered while it is read. One thread. */
final class Faults {
    private final List<Fault> found = new ArrayList<>();

    void add(int line, String key, String reason) {
        found.add(new Fault(line, key, reason, Fault.Kind.FILE));
    }

    boolean none() {
        return found.isEmpty();
    }

    /** In the order of their lines. */
    List<Fault> all() {
        return found.stream().sorted(Comparator.comparingInt(Fault::line)).toList();
    }
}
