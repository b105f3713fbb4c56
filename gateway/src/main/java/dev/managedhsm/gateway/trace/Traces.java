// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.trace;

import java.util.HexFormat;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;
import org.jctools.queues.MpscArrayQueue;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Decides which requests are traced, and makes spans of those on a thread of its own. {@link #begin} and {@link #finish} are
 * called by any event loop, and never wait.
 *
 * <p>Whether a request that comes with a trace is recorded is its caller's decision, as W3C Trace Context section 3.2.2.5.1 has
 * it; of the others a share is, which is none unless configured.
 */
public final class Traces implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Traces.class);
    private static final int QUEUE_MAX = 4096;
    private static final long IDLE_NANOS = TimeUnit.MILLISECONDS.toNanos(100);
    private static final int TRACE_ID_BYTES = 16;

    private final double sample;
    private final MpscArrayQueue<RequestTrace> queue = new MpscArrayQueue<>(QUEUE_MAX);
    private final LongAdder dropped = new LongAdder();
    private final SpanWriter spans;
    private final Thread thread;
    private volatile boolean closing;

    private Traces(TraceConfig config) {
        this.sample = config.sample();
        this.spans = new SpanWriter(config);
        this.thread = Thread.ofPlatform().daemon().name("traces").unstarted(this::run);
    }

    /** Starts the thread; a collector that is not there is noticed when the first spans are sent. */
    public static Traces start(TraceConfig config) {
        Traces traces = new Traces(config);
        traces.thread.start();
        return traces;
    }

    /**
     * Begins to trace a request, or not.
     *
     * @param header the header {@code traceparent}, or null if there is none
     * @param startNanos when the request began, on the clock of {@link System#nanoTime()}
     * @return null if the request is not traced
     */
    public @Nullable RequestTrace begin(@Nullable String header, long startNanos) {
        TraceParent parent = header == null ? null : TraceParent.read(header);
        if (parent != null) {
            return parent.sampled() ? new RequestTrace(parent.traceId(), parent.spanId(), startNanos) : null;
        }
        if (sample == 0 || ThreadLocalRandom.current().nextDouble() >= sample) {
            return null;
        }
        byte[] id = new byte[TRACE_ID_BYTES];
        ThreadLocalRandom.current().nextBytes(id);
        id[0] |= 1; // not all zero
        return new RequestTrace(HexFormat.of().formatHex(id), null, startNanos);
    }

    /** The request is over; it is not to be noted in any more. */
    public void finish(RequestTrace trace) {
        if (!queue.offer(trace)) {
            dropped.increment();
        }
    }

    private void run() {
        while (true) {
            boolean last = closing; // read before the queue: what was handed over before is written
            try {
                if (queue.drain(spans::write, QUEUE_MAX) == 0) {
                    if (last) {
                        return;
                    }
                    LockSupport.parkNanos(this, IDLE_NANOS);
                }
            } catch (RuntimeException broken) { // outermost: the next trace is another one
                LOG.error("a request could not be traced", broken);
            }
        }
    }

    /** Spans that the collector took. */
    public long exported() {
        return spans.exported();
    }

    /** Spans that the collector did not take. */
    public long failed() {
        return spans.failed();
    }

    /** Requests that were not traced because too many waited for it. */
    public long dropped() {
        return dropped.sum();
    }

    /** Sends what was handed over, for a few seconds at most, then ends. */
    @Override
    public void close() {
        closing = true;
        LockSupport.unpark(thread);
        try {
            thread.join(TimeUnit.SECONDS.toMillis(2));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        spans.close();
    }
}
