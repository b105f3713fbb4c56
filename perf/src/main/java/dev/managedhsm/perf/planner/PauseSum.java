// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.perf.planner;

import dev.managedhsm.perf.rig.LiveHsm;
import java.io.IOException;
import java.lang.management.GarbageCollectorMXBean;
import java.lang.management.ManagementFactory;
import java.util.List;
import java.util.function.ToLongFunction;

/** How often, and for how long, the garbage collectors of an HSM and of this process stop them. One thread. */
final class PauseSum {
    private long requests;
    private long count;
    private double millis;
    private long ownCount;
    private long ownMillis;
    private int before;
    private long ownCountBefore;
    private long ownMillisBefore;

    /** Before a run. */
    void begin(LiveHsm hsm) throws IOException {
        before = hsm.pauseMillis().size();
        ownCountBefore = own(GarbageCollectorMXBean::getCollectionCount);
        ownMillisBefore = own(GarbageCollectorMXBean::getCollectionTime);
    }

    /** After it. */
    void end(LiveHsm hsm, long more) throws IOException {
        List<Double> all = hsm.pauseMillis();
        List<Double> pauses = all.subList(before, all.size());
        requests += more;
        count += pauses.size();
        millis += pauses.stream().mapToDouble(Double::doubleValue).sum();
        ownCount += own(GarbageCollectorMXBean::getCollectionCount) - ownCountBefore;
        ownMillis += own(GarbageCollectorMXBean::getCollectionTime) - ownMillisBefore;
    }

    private static long own(ToLongFunction<GarbageCollectorMXBean> what) {
        return ManagementFactory.getGarbageCollectorMXBeans().stream()
                .mapToLong(what)
                .sum();
    }

    /** The HSM's. */
    Pauses server() {
        return Pauses.of(requests, count, millis);
    }

    /** This process's. */
    Pauses sender() {
        return Pauses.of(requests, ownCount, (double) ownMillis);
    }
}
