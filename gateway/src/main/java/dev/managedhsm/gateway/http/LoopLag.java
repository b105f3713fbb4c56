// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.http;

import io.vertx.core.Vertx;
import java.util.concurrent.TimeUnit;

/**
 * Finds out how late an event loop is: a task asks to run again after {@value #EVERY_MILLIS} ms and looks how long it took.
 * Used by its event loop's thread only.
 */
final class LoopLag {
    static final long EVERY_MILLIS = 100;

    private final Vertx vertx;
    private final EdgeCounters counters;
    private long dueNanos;

    LoopLag(Vertx vertx, EdgeCounters counters) {
        this.vertx = vertx;
        this.counters = counters;
    }

    /** Begins; it ends with the event loop. */
    void begin() {
        dueNanos = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(EVERY_MILLIS);
        vertx.setTimer(EVERY_MILLIS, timer -> ran());
    }

    private void ran() {
        counters.late(System.nanoTime() - dueNanos);
        begin();
    }
}
