// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.lifecycle;

import dev.managedhsm.crypto.key.RotationPolicy;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/**
 * Keys by the time at which something is to be done with them. To set one costs the logarithm of how many there are, to
 * find what is due costs what is due. Owned by one thread.
 */
final class DueList {
    /** Stands for a time that never comes: the key is not in the list. */
    static final long NEVER = RotationPolicy.NEVER;

    private record Due(long seconds, String key) {}

    private final Map<String, Due> byKey = new HashMap<>();
    private final TreeSet<Due> byTime =
            new TreeSet<>(Comparator.comparingLong(Due::seconds).thenComparing(Due::key));

    /**
     * Sets when a key is due, in the place of what was set before.
     *
     * @param seconds Unix seconds, or {@link #NEVER}
     */
    void set(String key, long seconds) {
        Due was = byKey.remove(key);
        if (was != null) {
            byTime.remove(was);
        }
        if (seconds != NEVER) {
            Due due = new Due(seconds, key);
            byKey.put(key, due);
            byTime.add(due);
        }
    }

    /** The keys that are due, those first that have been so longest. */
    List<String> due(long nowSeconds, int max) {
        List<String> due = new ArrayList<>();
        for (Due next : byTime) {
            if (next.seconds() > nowSeconds || due.size() == max) {
                break;
            }
            due.add(next.key());
        }
        return due;
    }
}
