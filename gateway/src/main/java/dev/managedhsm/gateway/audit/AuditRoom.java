// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.audit;

import dev.managedhsm.crypto.ring.Cores;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.concurrent.locks.LockSupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Zeros behind the last event of a segment, written and forced by a thread of their own while events are written in front of
 * them. Otherwise every few thousand events would wait until megabytes of zeros are on the disk. It lasts as long as its
 * segment: a thread for each megabyte cost the log's thread more than its part of the system's calls.
 *
 * <pre>
 *   {…}\n{…}\n{…}\n 0 0 0 0 0 0 0 0 │ 0 0 0 0 ┄┄▶
 *                   ▲ log's thread   ▲ end, grows step by step up to what is wanted
 * </pre>
 *
 * <p>When the disk does not take them it ends early and says nothing: the log's thread makes its room itself then, and has to
 * do with the same disk.
 */
final class AuditRoom {
    private static final Logger LOG = LoggerFactory.getLogger(AuditRoom.class);

    private final AuditDisk disk;
    private final Path path;
    private final int step;
    private final ByteBuffer zeros;
    private final Thread thread;
    private volatile long wanted;
    private volatile long end;
    private volatile boolean stopping;
    private volatile boolean over;

    private AuditRoom(AuditDisk disk, Path path, long from, int step, ByteBuffer zeros) {
        this.disk = disk;
        this.path = path;
        this.wanted = from;
        this.step = step;
        this.zeros = zeros;
        this.end = from;
        this.thread = Cores.freeThreads(Thread.ofPlatform().name("audit-room").daemon())
                .newThread(this::write);
    }

    /**
     * Begins; nothing is written before it is {@linkplain #want wanted}.
     *
     * @param disk where the segment is
     * @param path of the segment
     * @param from where the zeros begin, in bytes; everything that lies behind is theirs
     * @param step how many are forced at a time
     * @param zeros some, in a direct buffer of which a whole number makes a step; never changed
     */
    static AuditRoom begin(AuditDisk disk, Path path, long from, int step, ByteBuffer zeros) {
        AuditRoom room = new AuditRoom(disk, path, from, step, zeros.duplicate());
        room.thread.start();
        return room;
    }

    /** Has whole steps written as long as they end before a place. One thread; does not wait. */
    void want(long place) {
        wanted = place;
        if (end + step <= place) { // else there is nothing to do yet, and no reason to wake it
            LockSupport.unpark(thread);
        }
    }

    private void write() {
        try (AuditDisk.File file = disk.open(path)) {
            while (!stopping) {
                if (end + step <= wanted) {
                    writeStep(file);
                } else {
                    LockSupport.park(this);
                }
            }
        } catch (IOException | RuntimeException e) {
            LOG.debug("no room could be made behind the audit events: {}", e.toString());
        } finally {
            ended();
        }
    }

    private void writeStep(AuditDisk.File file) throws IOException {
        for (int at = 0; at < step; at += zeros.capacity()) {
            zeros.clear();
            file.write(zeros, end + at);
        }
        file.force();
        reached(end + step);
    }

    private synchronized void ended() {
        over = true;
        notifyAll();
    }

    /** Whether no more comes. Any thread. */
    boolean over() {
        return over;
    }

    private synchronized void reached(long place) {
        end = place;
        notifyAll();
    }

    /**
     * Waits until there is room up to a place or no more comes, and answers up to where there is room.
     *
     * @param place at least a step before what is wanted, unless it is stopped: else nobody would ever come there
     */
    long await(long place) {
        return end >= place ? end : awaitLonger(place);
    }

    private synchronized long awaitLonger(long place) {
        boolean interrupted = false;
        while (end < place && !over) {
            try {
                wait();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        return end;
    }

    /** Ends it, waits until no more comes, and answers up to where there is room. */
    long stop() {
        stopping = true;
        LockSupport.unpark(thread);
        return await(Long.MAX_VALUE);
    }
}
