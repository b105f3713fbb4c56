// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.audit;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.InstantSource;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The audit log's thread: takes what is in the ring, encodes and hashes it, writes it with one write, forces it to disk with
 * one call, and says so. All state is its own; in the steady state it allocates nothing.
 *
 * <p>How it ends when the disk does not take it: a write that fails (no space) is tried again until it succeeds, and nothing is
 * answered meanwhile; a force that fails is final, because the system may have dropped what it could not write (the next force
 * would succeed, and the events would be lost).
 */
final class AuditWriter implements Runnable {
    /** Most bytes of one write. */
    static final int BATCH_BYTES = 1024 * 1024;

    private static final Logger LOG = LoggerFactory.getLogger(AuditWriter.class);
    private static final int BATCH_EVENTS_MAX = 4096;
    /** Stands before the first line and is never written: the hash of a line borrows the byte before it. */
    private static final byte LENT = '\n';

    private static final long RETRY_NANOS = TimeUnit.MILLISECONDS.toNanos(250);

    private final AuditLog log;
    private final AuditConfig config;
    private final InstantSource clock;
    private final EventLine line;
    private final MerkleHash hash = new MerkleHash();
    private final MerkleTree tree;
    private final AuditSegments segments;
    private final Runnable settle;
    private final AuditRetention retention;
    private final CheckpointMaker checkpoints;
    private final long firstIndex;

    private final JsonLine lines = new JsonLine(BATCH_BYTES);
    private final ByteBuffer linesOut = ByteBuffer.wrap(lines.bytes());
    private final byte[] hashes = new byte[BATCH_EVENTS_MAX * MerkleHash.LENGTH];
    private final ByteBuffer hashesOut = ByteBuffer.wrap(hashes);
    private long written;

    /** The same for other threads. */
    private volatile long bytes;

    AuditWriter(
            AuditLog log,
            AuditConfig config,
            LogEnd end,
            EventLine line,
            AuditDisk disk,
            CheckpointMaker checkpoints,
            InstantSource clock,
            Runnable settle) {
        this.log = log;
        this.config = config;
        this.clock = clock;
        this.settle = settle;
        this.line = line;
        this.tree = end.tree();
        this.firstIndex = end.next();
        this.checkpoints = checkpoints;
        this.segments = new AuditSegments(config, disk, end);
        this.retention = new AuditRetention(log, segments, clock, log::needed);
    }

    /** Index of the first event of this process. */
    long firstIndex() {
        return firstIndex;
    }

    /** How many bytes of events were written. Any thread. */
    long bytes() {
        return bytes;
    }

    @Override
    public void run() {
        try {
            settle.run();
            work();
            segments.close();
            checkpoints.offer(tree, clock.millis(), true);
        } catch (AuditSegments.ForceFailed failed) {
            LOG.error("the audit log is closed until the HSM is started anew", failed);
            log.fail("what was written to the audit log could not be forced to disk: check the disk, then start anew");
        } catch (Throwable broken) { // outermost: who waits must be told
            LOG.error("the audit log's thread has ended", broken);
            log.fail("the audit log's thread has ended: see the log, then start anew");
        } finally {
            segments.stopRoom();
        }
    }

    private void work() throws IOException {
        long next = 0;
        while (true) {
            long untilNanos = checkpoints.dueNanos(tree.size(), System.nanoTime());
            if (log.await(next, untilNanos)) {
                next = batch(next);
                retention.goOn();
            } else if (log.closing()) {
                return;
            }
            checkpoints.offer(tree, clock.millis(), false);
        }
    }

    /** Writes what has gathered, and answers the sequence that comes next. */
    private long batch(long first) throws IOException {
        lines.clear();
        lines.raw(LENT);
        long next = first;
        long loops = 0;
        boolean receipts = false;
        AuditEvent event;
        while (lines.room() >= EventLine.LENGTH_MAX
                && next - first < BATCH_EVENTS_MAX
                && (event = log.event(next)) != null) {
            int from = lines.length();
            int at = (int) (next - first) * MerkleHash.LENGTH;
            line.write(event, firstIndex + next, lines);
            hash.leafInPlace(lines.bytes(), from, lines.length() - from - 1, hashes, at);
            loops |= 1L << event.loop;
            AuditReceipt receipt = event.receipt;
            if (receipt != null) {
                receipts = true;
                receipt.fill(firstIndex + next, java.util.Arrays.copyOfRange(hashes, at, at + MerkleHash.LENGTH));
            }
            next++;
        }
        int events = (int) (next - first);
        persist(events);
        for (int i = 0; i < events; i++) {
            tree.append(hashes, i * MerkleHash.LENGTH);
        }
        if (receipts) {
            cover(first, next);
        }
        written += lines.length() - 1;
        bytes = written;
        log.settle(first, next - 1, loops);
        return next;
    }

    /** Signs for those who asked; the others of the batch wait with them. */
    private void cover(long first, long next) {
        String text = checkpoints.sign(tree, clock.millis());
        for (long sequence = first; sequence < next && text != null; sequence++) {
            AuditEvent event = log.event(sequence);
            if (event != null && event.receipt != null) {
                event.receipt.cover(text);
            }
        }
    }

    private void persist(int events) throws IOException {
        while (true) {
            try {
                write(events);
                break;
            } catch (AuditSegments.ForceFailed failed) {
                throw failed;
            } catch (IOException e) {
                full(e);
            }
        }
        segments.force();
    }

    private void write(int events) throws IOException {
        long nowMillis = clock.millis();
        if (segments.full(nowMillis)) {
            segments.rotate(tree.encode());
            retention.look();
            checkpoints.offer(tree, nowMillis, true);
        }
        linesOut.clear().position(1).limit(lines.length());
        hashesOut.clear().limit(events * MerkleHash.LENGTH);
        segments.append(linesOut, hashesOut, events, nowMillis);
    }

    /** Nothing of the batch was acknowledged: it is written as soon as that works again. */
    private void full(IOException e) throws IOException {
        if (log.closing()) {
            throw e;
        }
        if (log.failing()) {
            LOG.debug("the audit log still cannot be written: {}", e.toString());
        } else {
            LOG.error("nothing is answered until the audit log can be written again", e);
        }
        log.fail("the audit log in " + config.folder() + " cannot be written (" + e.getMessage()
                + "): make room on its disk");
        LockSupport.parkNanos(this, RETRY_NANOS);
    }
}
