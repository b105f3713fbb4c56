// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.http;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLongArray;
import org.HdrHistogram.Histogram;
import org.HdrHistogram.SingleWriterRecorder;
import org.jspecify.annotations.Nullable;

/**
 * What one event loop counts since the start. Counted by its thread only, without a lock or a locked instruction; read by
 * any thread, which sees each number whole and soon.
 */
public final class EdgeCounters {
    /** Why a request was turned away though nothing was wrong with it. */
    public enum Busy {
        /** The lane's ring was full. */
        LANE_FULL,
        /** It could not have been served before its deadline. */
        TOO_LATE,
        /** Its deadline passed while it waited in the ring. */
        DEADLINE_PASSED,
        /** All slots of the event loop were in the machine. */
        NO_SLOT,
        /** There was no memory for one more body. */
        NO_MEMORY,
        /** The connection, or the HSM, had too many unknown tokens to verify. */
        TOKEN_BUDGET
    }

    /** From where it was known who a caller is. */
    public enum Known {
        /** The connection's last request had the same token. */
        CONNECTION,
        /** The token was verified before. */
        CACHE,
        /** It was verified now. */
        VERIFIED,
        /** It was refused, or there was none. */
        REFUSED
    }

    /** Shown each count that is not zero. */
    public interface Answers {
        /**
         * One count.
         *
         * @param operation the operation's name
         * @param status the HTTP status
         * @param count how many answers
         */
        void counted(String operation, int status, long count);
    }

    private static final int STATUS_MIN = 100;
    private static final int STATUS_COUNT = 500;
    private static final int CONNECTIONS = 0;
    private static final int OPENED = 1;
    private static final int REFUSED = 2;
    private static final long LAG_NANOS_MAX = 60_000_000_000L;
    private static final int LAG_DIGITS = 2;

    private final AtomicLongArray connections = new AtomicLongArray(3);
    private final AtomicLongArray busy = new AtomicLongArray(Busy.values().length);
    private final AtomicLongArray known = new AtomicLongArray(Known.values().length);
    private final Map<String, AtomicLongArray> answers = new ConcurrentHashMap<>();
    private final SingleWriterRecorder lag = new SingleWriterRecorder(LAG_NANOS_MAX, LAG_DIGITS);
    private final Histogram lagTotal = new Histogram(LAG_NANOS_MAX, LAG_DIGITS);
    private @Nullable Histogram lagInterval;

    EdgeCounters() {}

    private static void add(AtomicLongArray counts, int place, long more) {
        counts.setOpaque(place, counts.getPlain(place) + more); // there is one writer
    }

    void connectionOpened() {
        add(connections, CONNECTIONS, 1);
        add(connections, OPENED, 1);
    }

    void connectionClosed() {
        add(connections, CONNECTIONS, -1);
    }

    void connectionRefused() {
        add(connections, REFUSED, 1);
    }

    /** An answer left. */
    void answered(String operation, int status) {
        AtomicLongArray counts = answers.get(operation);
        if (counts == null) {
            counts = new AtomicLongArray(STATUS_COUNT);
            answers.put(operation, counts);
        }
        add(counts, Math.clamp(status - STATUS_MIN, 0, STATUS_COUNT - 1), 1);
    }

    void known(Known from) {
        add(known, from.ordinal(), 1);
    }

    /** A task ran on the event loop so much later than it was meant to. */
    void late(long nanos) {
        lag.recordValue(Math.clamp(nanos, 0, LAG_NANOS_MAX));
    }

    /** A request is turned away. The event loop only. */
    public void turnedAway(Busy reason) {
        add(busy, reason.ordinal(), 1);
    }

    /** Connections that are open. */
    public long connections() {
        return connections.getOpaque(CONNECTIONS);
    }

    /** Connections that were opened. */
    public long connectionsOpened() {
        return connections.getOpaque(OPENED);
    }

    /** Connections that were closed at once because there were too many. */
    public long connectionsRefused() {
        return connections.getOpaque(REFUSED);
    }

    /** Requests that were turned away for this reason. */
    public long turnedAwayCount(Busy reason) {
        return busy.getOpaque(reason.ordinal());
    }

    /** Callers that were known from there. */
    public long knownCount(Known from) {
        return known.getOpaque(from.ordinal());
    }

    /** Shows all answers by operation and status. */
    public void answers(Answers reader) {
        answers.forEach((operation, counts) -> {
            for (int i = 0; i < STATUS_COUNT; i++) {
                long count = counts.getOpaque(i);
                if (count > 0) {
                    reader.counted(operation, STATUS_MIN + i, count);
                }
            }
        });
    }

    /** How late tasks ran on the event loop since the start, in nanoseconds; a copy. Readers wait for each other. */
    public Histogram lag() {
        synchronized (lagTotal) {
            Histogram interval = lag.getIntervalHistogram(lagInterval);
            lagInterval = interval;
            lagTotal.add(interval);
            return lagTotal.copy();
        }
    }
}
