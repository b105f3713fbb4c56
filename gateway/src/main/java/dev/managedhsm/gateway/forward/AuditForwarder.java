// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.forward;

import dev.managedhsm.gateway.audit.AuditLog;
import dev.managedhsm.gateway.audit.AuditRefused;
import dev.managedhsm.gateway.audit.ForwardConfig;
import dev.managedhsm.gateway.evidence.EventPages;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sends every durable event to a receiver, in their order, at least once. A thread of its own reads them from the log's files,
 * so a receiver that is slow, stalls or is gone costs requests nothing; what it has not confirmed stays on the disk, whatever
 * retention says, and is sent again.
 *
 * <pre>
 *   read up to what is durable ─▶ send ─▶ every few seconds: goodbye ─▶ cursor ─▶ connect when there is more
 *                                   └─ anything breaks: from the cursor again, after a pause
 * </pre>
 */
public final class AuditForwarder implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(AuditForwarder.class);
    private static final int PAGE_BYTES = 128 * 1024;
    private static final long UNCONFIRMED_BYTES_MAX = 64L << 20;
    private static final long LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(100);
    private static final long PAUSE_MILLIS_MIN = 250;
    private static final long PAUSE_MILLIS_MAX = 15_000;
    private static final long STOP_SECONDS_MAX = 5;

    private final ForwardConfig config;
    private final LongSupplier durable;
    private final ForwardCursor cursor;
    private final EventPages pages;
    private final SyslogFrame frame;
    private final Thread thread =
            Thread.ofPlatform().daemon().name("audit-forward").unstarted(this::run);

    // The thread's own.
    private long next;
    private long written;
    private long pauseMillis = PAUSE_MILLIS_MIN;

    private volatile long confirmed;
    private volatile long sent;
    private volatile long behindSinceNanos;
    private volatile boolean behind;
    private volatile boolean closing;
    private volatile @Nullable String failure;
    private volatile @Nullable ForwardConnection connection;

    AuditForwarder(ForwardConfig config, Path folder, String host, LongSupplier durable)
            throws IOException, AuditRefused {
        this.config = config;
        this.durable = durable;
        this.pages = new EventPages(folder);
        this.cursor = new ForwardCursor(folder, pages);
        this.frame = new SyslogFrame(host, config.format());
        this.confirmed = begin();
    }

    /** What was confirmed; all of the log, if that is more than there is. */
    private long begin() throws IOException, AuditRefused {
        long there = durable.getAsLong();
        long remembered = cursor.read(there);
        if (remembered <= there) {
            return remembered;
        }
        LOG.warn(
                "{} audit events were forwarded and the log has {}: it was shortened, or an older one was put back;"
                        + " forwarding goes on with event {}",
                remembered,
                there,
                there);
        cursor.write(there);
        return there;
    }

    /**
     * Starts forwarding; from then on the log keeps what was not confirmed.
     *
     * @param config where to
     * @param folder the log's folder
     * @param host the HSM's name in messages
     * @param log whose events they are
     * @throws IOException if the cursor cannot be read
     * @throws AuditRefused if the log is not the one whose events were forwarded
     */
    public static AuditForwarder start(ForwardConfig config, Path folder, String host, AuditLog log)
            throws IOException, AuditRefused {
        AuditForwarder forwarder =
                new AuditForwarder(config, folder, host, () -> log.health().events());
        log.keepFor(() -> forwarder.confirmed);
        forwarder.start();
        return forwarder;
    }

    void start() {
        thread.start();
    }

    /** How far it is. Any thread. */
    public ForwardHealth health() {
        long until = durable.getAsLong();
        return new ForwardHealth(
                confirmed,
                Math.max(0, until - confirmed),
                Duration.ofNanos(behind ? System.nanoTime() - behindSinceNanos : 0),
                sent,
                failure);
    }

    private void run() {
        while (!closing) {
            try {
                if (more()) {
                    session();
                    failure = null;
                    pauseMillis = PAUSE_MILLIS_MIN;
                } else {
                    LockSupport.parkNanos(this, LOOK_NANOS);
                }
            } catch (IOException e) {
                broke(e);
            } catch (RuntimeException e) { // of whatever kind: the log goes on, and this must too
                LOG.error("audit events could not be forwarded", e);
                broke(new IOException(e));
            }
        }
    }

    private boolean more() {
        boolean more = confirmed < durable.getAsLong();
        if (more && !behind) {
            behindSinceNanos = System.nanoTime();
            behind = true;
        }
        return more;
    }

    private void broke(IOException e) {
        if (closing) {
            return;
        }
        String why = "audit events cannot be forwarded to " + config.host() + " port " + config.port() + ": "
                + (e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage());
        if (failure == null) {
            LOG.warn("{}; they stay on the disk and are sent again", why);
        }
        failure = why;
        LockSupport.parkNanos(this, TimeUnit.MILLISECONDS.toNanos(pauseMillis));
        pauseMillis = Math.min(PAUSE_MILLIS_MAX, 2 * pauseMillis);
    }

    /** One connection, from what is not confirmed up to its goodbye. */
    private void session() throws IOException {
        long beginNanos = System.nanoTime();
        long bytes = 0;
        next = confirmed;
        try (ForwardConnection open = ForwardConnection.open(config)) {
            connection = open;
            while (!closing
                    && System.nanoTime() - beginNanos < config.confirmEvery().toNanos()
                    && bytes < UNCONFIRMED_BYTES_MAX) {
                long until = durable.getAsLong();
                if (next < until) {
                    bytes += send(open, until);
                } else {
                    LockSupport.parkNanos(this, LOOK_NANOS);
                }
            }
            open.goodbye();
        } finally {
            connection = null;
        }
        cursor.write(next);
        confirmed = next;
        behindSinceNanos = beginNanos;
        behind = next < durable.getAsLong();
    }

    private long send(ForwardConnection to, long until) throws IOException {
        byte[] page = pages.page(next, until, PAGE_BYTES);
        if (page.length == 0) {
            skip(until);
            return 0;
        }
        ByteArrayOutputStream frames = new ByteArrayOutputStream(page.length + page.length / 4);
        long index = next;
        int start = 0;
        for (int at = 0; at < page.length; at++) {
            if (page[at] == '\n') {
                frame.append(new String(page, start, at - start, StandardCharsets.UTF_8), index++, frames);
                start = at + 1;
            }
        }
        to.send(frames.toByteArray());
        written += index - next;
        sent = written;
        next = index;
        return frames.size();
    }

    /** Events that retention deleted before anybody asked to have them forwarded. */
    private void skip(long until) throws IOException {
        long first = pages.firstFrom(next);
        if (first <= next || first > until) {
            throw new IOException("event " + next + " of the audit log is not there");
        }
        LOG.warn("the audit events {} to {} were deleted before they could be forwarded", next, first - 1);
        next = first;
    }

    /** Ends; what was not confirmed is sent again at the next start. */
    @Override
    public void close() {
        closing = true;
        LockSupport.unpark(thread);
        try {
            if (!thread.join(Duration.ofSeconds(STOP_SECONDS_MAX))) {
                ForwardConnection stalled = connection;
                if (stalled != null) {
                    stalled.close();
                }
                thread.join(Duration.ofSeconds(STOP_SECONDS_MAX));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (IOException e) {
            LOG.debug("the connection to the receiver could not be closed", e);
        }
    }
}
