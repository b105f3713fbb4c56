// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.audit;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The files that the log's thread writes. Each segment holds zeros behind its last event while it is written, so that forcing
 * it changes neither its length nor where its blocks are, which would cost a second write of the file system's own; it is cut
 * to its events when the next one begins. Used by the log's thread only.
 *
 * <pre>
 *   events-0000000000004096.jsonl   {…}\n{…}\n{…}\n 0 0 0 0 0 0 0 0
 *                                                  ▲ position      ▲ room
 * </pre>
 */
final class AuditSegments implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(AuditSegments.class);
    /** So many bytes are added at a time: what a force of the log's thread may have to carry along. */
    private static final int ROOM_STEP = 256 * 1024;
    /**
     * So many bytes are ready beyond the last event, of a segment that grows: more than the longest batch takes, else the log's
     * thread catches up with who makes the room.
     */
    private static final long ROOM_AHEAD = 2L * AuditWriter.BATCH_BYTES;
    /** A segment that is no longer has its room made by the log's thread: most of those that end by their age. */
    private static final long ROOM_FIRST = 64L * 1024;

    private final AuditConfig config;
    private final AuditDisk disk;
    private final Path folder;
    private final ByteBuffer zeros = ByteBuffer.allocateDirect((int) ROOM_FIRST);

    private AuditDisk.@Nullable File events;
    private AuditDisk.@Nullable File leaves;
    private long first;
    private long count;
    private long position;
    private long room;
    private @Nullable AuditRoom ahead;
    private long begunMillis;

    /** Forcing failed: what the disk holds is not known any more, so nothing is written until the log is opened anew. */
    static final class ForceFailed extends IOException {
        private static final long serialVersionUID = 1L;

        ForceFailed(IOException cause) {
            super("what was written could not be forced to disk", cause);
        }
    }

    /** @param end where the log ends now */
    AuditSegments(AuditConfig config, AuditDisk disk, LogEnd end) {
        this.config = config;
        this.disk = disk;
        this.folder = config.folder();
        this.first = end.segmentFirst();
        this.count = end.next() - end.segmentFirst();
        this.position = end.position();
        this.room = end.position();
        this.begunMillis = end.segmentMillis();
    }

    /** Index of the event that is appended next. */
    long next() {
        return first + count;
    }

    /** Whether the segment has grown long or old, so that the next events go into another one. */
    boolean full(long nowMillis) {
        return count > 0
                && (position >= config.segmentBytesMax()
                        || nowMillis - begunMillis >= config.segmentAgeMax().toMillis());
    }

    /**
     * Ends the segment and has the next one begin. May be called again if it fails.
     *
     * @param tree the frontier over all events so far
     */
    void rotate(byte[] tree) throws IOException {
        seal();
        first += count;
        count = 0;
        position = 0;
        room = 0;
        writeTree(tree);
    }

    private void writeTree(byte[] tree) throws IOException {
        try (AuditDisk.File file = disk.open(SegmentFiles.tree(folder, first))) {
            file.write(ByteBuffer.wrap(tree), 0);
            force(file);
        }
    }

    /**
     * Writes events behind the last one. If it fails nothing has changed that counts, and it may be tried again with the same.
     *
     * @param lines their lines
     * @param hashes their leaf hashes
     * @param some how many they are
     * @param nowMillis wall-clock time, for the age of the segment
     */
    void append(ByteBuffer lines, ByteBuffer hashes, int some, long nowMillis) throws IOException {
        if (events == null) {
            begin(nowMillis);
        }
        AuditDisk.File to = open(events);
        makeRoom(to, position + lines.remaining());
        int length = lines.remaining();
        to.write(lines, position);
        open(leaves).write(hashes, count * MerkleHash.LENGTH);
        position += length;
        count += some;
    }

    private void begin(long nowMillis) throws IOException {
        if (leaves == null) {
            leaves = disk.open(SegmentFiles.leaves(folder, first));
        }
        events = disk.open(SegmentFiles.events(folder, first));
        if (count == 0) {
            begunMillis = nowMillis;
            DurableFile.forceNames(folder);
        }
    }

    private static AuditDisk.File open(AuditDisk.@Nullable File file) {
        if (file == null) {
            throw new IllegalStateException("the segment has begun");
        }
        return file;
    }

    /** Room is made ahead of the events by another thread; where that is not there, here. */
    private void makeRoom(AuditDisk.File file, long wanted) throws IOException {
        AuditRoom more = ahead;
        if (more != null) {
            boolean over = more.over(); // asked before how far it came
            more.want(roomWanted(wanted));
            room = Math.max(room, more.await(wanted));
            if (over) {
                ahead = null;
            }
        }
        while (room < wanted) {
            zeros.clear();
            file.write(zeros, room);
            room += zeros.capacity();
        }
        if (ahead == null && position > ROOM_FIRST && room - wanted < ROOM_AHEAD / 2) {
            ahead = moreRoom(wanted);
        }
    }

    /** Up to where room is to be made; more than a step beyond what is written now, so that who awaits that is not left alone. */
    private long roomWanted(long wanted) {
        return Math.max(wanted + ROOM_STEP, Math.min(wanted + ROOM_AHEAD, config.segmentBytesMax()));
    }

    /** Null if no thread can be had now: room is made here then, as long as that lasts. */
    private @Nullable AuditRoom moreRoom(long wanted) {
        try {
            AuditRoom more = AuditRoom.begin(disk, SegmentFiles.events(folder, first), room, ROOM_STEP, zeros);
            more.want(roomWanted(wanted));
            return more;
        } catch (OutOfMemoryError noThread) {
            LOG.debug("no thread could be started that makes room behind the audit events", noThread);
            return null;
        }
    }

    /** Forces what was appended to disk. */
    void force() throws IOException {
        force(open(events));
    }

    private static void force(AuditDisk.File file) throws IOException {
        try {
            file.force();
        } catch (IOException e) {
            throw new ForceFailed(e);
        }
    }

    /** Ends the thread that makes room, if there is one. */
    void stopRoom() {
        AuditRoom more = ahead;
        if (more != null) {
            more.stop();
            ahead = null;
        }
    }

    /** Cuts the segment to its events and closes it; its leaf hashes are on the disk then too. */
    private void seal() throws IOException {
        stopRoom(); // nobody else writes to the file from here on
        AuditDisk.File file = events;
        if (file != null) {
            file.truncate(position);
            force(file);
            events = null;
            file.close();
        }
        AuditDisk.File hashes = leaves;
        if (hashes != null) {
            force(hashes);
            leaves = null;
            hashes.close();
        }
    }

    /**
     * The index of the first event that must be kept: of the oldest segments, so many as are too many or too old need not be.
     *
     * @param needed no event from this index on may go, because somebody has still to read it
     * @return 0 if nothing is there that need not be kept
     */
    long keptFrom(Instant now, long needed) throws IOException {
        List<Long> closed = SegmentFiles.withEvents(folder).stream()
                .filter(one -> one < first)
                .toList();
        Duration kept = config.eventsKeptFor();
        long from = 0;
        for (int i = 0; i < closed.size(); i++) {
            long next = i + 1 < closed.size() ? closed.get(i + 1) : first;
            boolean tooMany = i <= closed.size() - config.segmentsMax(); // the one that begins is kept too
            boolean tooOld = kept != null
                    && Files.getLastModifiedTime(SegmentFiles.events(folder, closed.get(i)))
                            .toInstant()
                            .isBefore(now.minus(kept));
            if (next > needed || !(tooMany || tooOld)) {
                break;
            }
            from = next;
        }
        return from;
    }

    /**
     * Deletes the events of all segments before an index; their leaf hashes stay. That they go is in the log already. A file
     * that cannot be deleted does not keep the others.
     *
     * @return false if one of them is still there
     */
    boolean forget(long keptFrom) {
        List<Long> there;
        try {
            there = SegmentFiles.withEvents(folder);
        } catch (IOException e) {
            LOG.warn("old audit events could not be deleted: {}", e.toString());
            return false;
        }
        boolean gone = true;
        for (long one : there) {
            if (one < Math.min(keptFrom, first)) {
                gone &= forgetSegment(one);
            }
        }
        return gone;
    }

    private boolean forgetSegment(long one) {
        try {
            Files.deleteIfExists(SegmentFiles.events(folder, one));
            LOG.info("the audit events from {} on were kept long enough and are deleted", one);
            return true;
        } catch (IOException e) {
            LOG.warn("the audit events from {} on could not be deleted: {}", one, e.toString());
            return false;
        }
    }

    @Override
    public void close() throws IOException {
        seal();
    }
}
