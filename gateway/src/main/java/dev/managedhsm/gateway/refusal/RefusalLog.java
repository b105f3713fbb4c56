// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.refusal;

import dev.managedhsm.auth.token.VerifiedToken;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;
import org.jctools.queues.MpscArrayQueue;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Remembers refused tokens. Event loops hand records over and never wait: when the queue is full, a record is dropped and
 * counted, and the count itself is recorded. A thread of its own writes, counts and raises alerts.
 *
 * <p>A disk that does not take them does not stop the HSM: this record helps those who operate it, and is not the audit.
 * The newest refusals can be asked for all the same, and the counters say how many lines no file holds.
 */
public final class RefusalLog implements AutoCloseable {
    /** Records that wait for the thread. */
    static final int QUEUE_MAX = 8192;

    private static final Logger LOG = LoggerFactory.getLogger(RefusalLog.class);
    private static final long IDLE_NANOS = TimeUnit.MILLISECONDS.toNanos(200);
    private static final int BATCH_MAX = 256;
    private static final long STOP_SECONDS_MAX = 5;

    private final MpscArrayQueue<RefusalRecord> queue = new MpscArrayQueue<>(QUEUE_MAX);
    private final AtomicLong droppedNotTold = new AtomicLong();
    private final LongAdder dropped = new LongAdder();
    private final LongAdder notWritten = new LongAdder();
    private final RefusalFiles files;
    private final RefusalHistory history;
    private final RefusalAlerts alerts;
    private final RefusalCounters counters = new RefusalCounters();
    private final InstantSource clock;
    private final Thread thread;
    private boolean diskFails;
    private volatile boolean closing;

    private RefusalLog(RefusalConfig config, RefusalFiles files, InstantSource clock) {
        this.files = files;
        this.history = new RefusalHistory(config.memoryBytesMax());
        this.alerts = new RefusalAlerts(config);
        this.clock = clock;
        this.thread = Thread.ofPlatform().daemon().name("refusals").unstarted(this::run);
    }

    /**
     * Opens the files, takes the newest of their lines into memory, and starts the thread.
     *
     * @throws IOException when the folder cannot be made, read or written
     */
    public static RefusalLog open(RefusalConfig config, InstantSource clock) throws IOException {
        RefusalLog log = new RefusalLog(config, new RefusalFiles(config), clock);
        log.files.read(text -> {
            RefusalLine line = RefusalLine.read(text);
            if (line != null) {
                log.history.add(line);
            }
        });
        log.thread.start();
        return log;
    }

    /** Hands a record over. Any thread; never waits. */
    public void add(RefusalRecord refusal) {
        if (queue.offer(refusal)) {
            LockSupport.unpark(thread);
        } else {
            dropped.increment();
            droppedNotTold.incrementAndGet();
        }
    }

    /** Remembers how an issuer's clock compares with ours, by a token that was found good. Any thread; never waits. */
    public void verified(VerifiedToken token) {
        Long issuedAt = token.issuedAtSeconds();
        if (issuedAt != null) {
            counters.issued(token.issuerName(), issuedAt, clock.instant().getEpochSecond());
        }
    }

    /** The lines that answer a query, the newest first, each a JSON object. Searches memory; not for an event loop. */
    public List<String> find(RefusalQuery query) {
        return history.find(query);
    }

    /** Counts by issuer and reason, the clock skew of each issuer, and what was dropped. Not for an event loop. */
    public JsonObject counters() {
        return new JsonObject()
                .put("refusals", counters.refusals())
                .put("clockSkew", counters.clockSkew())
                .put("droppedRecords", dropped.sum())
                .put("recordsNotWritten", notWritten.sum());
    }

    /** Is told of each count of refusals. */
    @FunctionalInterface
    public interface Counted {
        /**
         * So many since the start.
         *
         * @param issuerName of which issuer
         * @param reason for which reason
         */
        void counted(String issuerName, String reason, long count);
    }

    /** Tells how many were refused by issuer and reason. Any thread; never waits. */
    public void refusalCounts(Counted told) {
        counters.each(told);
    }

    /** Alerts that are firing, and those that cleared last. Not for an event loop. */
    public JsonObject alerts() {
        alerts.tick(clock.millis());
        return alerts.json();
    }

    private void run() {
        while (true) {
            boolean last = closing; // read before the queue: what was handed over before is written
            try {
                int taken = drain();
                alerts.tick(clock.millis());
                if (taken == 0) {
                    if (last) {
                        return;
                    }
                    LockSupport.parkNanos(this, IDLE_NANOS);
                }
            } catch (RuntimeException broken) { // outermost: the next record is another one
                LOG.error("a refused token could not be recorded", broken);
            }
        }
    }

    private int drain() {
        int taken = queue.drain(this::take, BATCH_MAX);
        long lost = droppedNotTold.getAndSet(0);
        if (lost > 0) {
            String told = new JsonObject()
                    .put("time", clock.instant().toString())
                    .put("droppedRecords", lost)
                    .put("reason", "QUEUE_FULL")
                    .encode();
            RefusalLine line = RefusalLine.read(told);
            if (line != null) {
                keep(line);
            }
            LOG.warn("{} records of refused tokens were dropped: more were refused than can be written", lost);
        }
        if (taken > 0 || lost > 0) {
            force();
        }
        return taken;
    }

    private void take(RefusalRecord refusal) {
        counters.count(refusal);
        Long issuedAt = refusal.rejection().details().issuedAtSeconds();
        String issuerName = refusal.rejection().issuerName();
        if (issuedAt != null
                && issuerName != null
                && refusal.rejection().reason().proven()) {
            counters.issued(issuerName, issuedAt, refusal.time().getEpochSecond());
        }
        alerts.count(refusal);
        keep(RefusalLine.of(refusal));
    }

    private void keep(RefusalLine line) {
        history.add(line);
        try {
            files.append(line.text());
            diskFails = false;
        } catch (IOException e) {
            notWritten.increment();
            tellOnce(e);
        }
    }

    private void force() {
        try {
            files.force();
        } catch (IOException e) {
            tellOnce(e);
        }
    }

    private void tellOnce(IOException e) {
        if (!diskFails) {
            LOG.error("refused tokens cannot be recorded on disk; they are kept in memory only", e);
        }
        diskFails = true;
    }

    /** Writes what was handed over, then ends. */
    @Override
    public void close() {
        closing = true;
        LockSupport.unpark(thread);
        try {
            if (!thread.join(Duration.ofSeconds(STOP_SECONDS_MAX))) {
                LOG.warn("the record of refused tokens did not end in time");
            }
            files.close();
        } catch (IOException e) {
            LOG.error("the last refused tokens may not be on disk", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
