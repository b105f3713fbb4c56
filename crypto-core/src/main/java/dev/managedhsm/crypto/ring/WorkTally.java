// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.ring;

import java.util.concurrent.atomic.AtomicLong;

/** What one worker has done since its start. Written by the worker alone, without fences it would wait for; read by any. */
final class WorkTally {
    private final AtomicLong busyNanos = new AtomicLong();
    private final AtomicLong operations = new AtomicLong();

    /** One more operation. The worker only. */
    void served(long nanos) {
        busyNanos.lazySet(busyNanos.getPlain() + nanos);
        operations.lazySet(operations.getPlain() + 1);
    }

    long busyNanos() {
        return busyNanos.get();
    }

    long operations() {
        return operations.get();
    }
}
