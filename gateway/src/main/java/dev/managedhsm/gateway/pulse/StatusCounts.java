// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.pulse;

import java.util.concurrent.atomic.AtomicLongArray;

/** Answers of one event loop by HTTP status, since its start. Written by the event loop; read by any thread. */
public final class StatusCounts {
    private static final int STATUS_END = 600;

    private final AtomicLongArray counts = new AtomicLongArray(STATUS_END);

    StatusCounts() {}

    /** One more answer. The event loop only. */
    void add(int status) {
        if (status >= 0 && status < STATUS_END) {
            counts.lazySet(status, counts.getPlain(status) + 1);
        }
    }

    /** Adds these counts to others, by status. */
    public void addTo(long[] sums) {
        for (int i = 0; i < STATUS_END; i++) {
            sums[i] += counts.get(i);
        }
    }

    /** As many zeros as there are statuses. */
    public static long[] none() {
        return new long[STATUS_END];
    }
}
