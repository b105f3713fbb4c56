// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.audit;

import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes checkpoints out of a log's file that nobody needs any more: a later one covers what they cover. Of those that are older
 * than a day it keeps
 *
 * <ul>
 *   <li>the first one of all, and the last one of each hour;
 *   <li>the first one that covers a segment whole;
 *   <li>the first and the last one of each key;
 *   <li>whatever is not as the HSM wrote it, and what stands beside that: it is evidence.
 * </ul>
 *
 * <p>What it took out it says, signed, in {@link ThinnedCheckpoints}, before the file with fewer takes the place of the one that
 * is there. A crash leaves one of both whole. Used by the thread that signs, after its own work; appending to the file goes on
 * meanwhile, but for the moment of the exchange.
 */
final class CheckpointThinner {
    /** How long all are kept. */
    static final long WHOLE_MILLIS = Duration.ofDays(1).toMillis();

    /** How often it looks. */
    static final long EVERY_MILLIS = Duration.ofHours(6).toMillis();

    /** How soon it looks again when it left some for the next time. */
    static final long SOON_MILLIS = Duration.ofMinutes(1).toMillis();

    /** So many go at once: whoever signs must not be kept for long by a file that grew for months. */
    private static final int REMOVED_MAX = 5_000;

    /** So much stays free on the disk beside the shorter file: with less, {@code /health} says that the disk is full. */
    static final long FREE_BYTES_MIN = 256L * 1024 * 1024;

    private static final long HOUR_MILLIS = Duration.ofHours(1).toMillis();
    private static final byte[] SIGNATURE = SignedNote.DASH.getBytes(StandardCharsets.UTF_8);
    private static final int CHUNK_LENGTH = 1 << 16;
    private static final Logger LOG = LoggerFactory.getLogger(CheckpointThinner.class);

    private final Path folder;
    private final CheckpointFile file;
    private final Room room;
    private final int removedMax;
    private long lookedMillis;
    private long waitMillis = EVERY_MILLIS;

    /** What this process has written to {@link ThinnedCheckpoints#FILE} last: it needs no search for what that is about. */
    private @Nullable String said;

    /** How much room the disk of a folder has. */
    interface Room {
        /** What this process can still take there, in bytes. */
        long freeBytes(Path folder) throws IOException;
    }

    /**
     * @param folder the log's
     * @param file its checkpoints; nobody appends while this lock is held
     */
    CheckpointThinner(Path folder, CheckpointFile file) {
        this(folder, file, where -> Files.getFileStore(where).getUsableSpace(), REMOVED_MAX);
    }

    /** The same with another disk, or when another number goes at once. */
    CheckpointThinner(Path folder, CheckpointFile file, Room room, int removedMax) {
        this.folder = folder;
        this.file = file;
        this.room = room;
        this.removedMax = removedMax;
    }

    /**
     * Looks, if it is time, and takes out what is not needed. A failure is logged and changes nothing.
     *
     * @param signing signs what is taken out, and knows who signed it
     * @param nowMillis now, since 1970; if it is earlier than the last time, the clock was put back, and it looks
     * @param closing whether the HSM ends: then it stops at once and changes nothing
     */
    void thin(AuditRecords.Signing signing, long nowMillis, BooleanSupplier closing) {
        long sinceMillis = nowMillis - lookedMillis;
        if (closing.getAsBoolean() || (sinceMillis >= 0 && sinceMillis < waitMillis)) {
            return;
        }
        lookedMillis = nowMillis;
        waitMillis = EVERY_MILLIS;
        Path fresh = folder.resolve(SignedCheckpoint.FILE + ".next");
        try {
            if (thin(signing, nowMillis - WHOLE_MILLIS, fresh, closing)) {
                waitMillis = SOON_MILLIS;
            }
        } catch (IOException | RuntimeException e) { // tried again in some hours: the file is only longer
            LOG.warn("old checkpoints of the audit log could not be taken out: {}", e.toString());
            try {
                Files.deleteIfExists(fresh);
            } catch (IOException stays) {
                LOG.debug("{} stays until the next time", fresh, stays);
            }
        }
    }

    /** Whether there may be more to take out. */
    private boolean thin(AuditRecords.Signing signing, long beforeMillis, Path fresh, BooleanSupplier closing)
            throws IOException {
        Path there = folder.resolve(SignedCheckpoint.FILE);
        long whole;
        synchronized (file) { // nothing is half there
            whole = Files.exists(there) ? Files.size(there) : 0;
        }
        if (room.freeBytes(folder) < whole + FREE_BYTES_MIN) {
            LOG.warn(
                    "old checkpoints of the audit log stay: the disk has no room for a second file of {} bytes", whole);
            return false;
        }
        Files.deleteIfExists(fresh);
        try (FileChannel in = FileChannel.open(there, StandardOpenOption.READ);
                FileChannel out = FileChannel.open(
                        fresh,
                        Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE),
                        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")))) {
            OutputStream kept = new BufferedOutputStream(Channels.newOutputStream(out), CHUNK_LENGTH);
            Sieve sieve = new Sieve(signing.keys(), beforeMillis, SegmentFiles.withLeaves(folder), kept);
            long passed =
                    sieve.pass(new BufferedInputStream(Channels.newInputStream(in), CHUNK_LENGTH), whole, closing);
            kept.flush();
            if (closing.getAsBoolean() || sieve.removed.isEmpty()) {
                Files.delete(fresh);
                return false;
            }
            copy(in, passed, whole, out);
            out.force(false);
            synchronized (file) { // what came meanwhile follows, then nobody appends to the old file any more
                copy(in, whole, in.size(), out);
                out.force(true);
                ThinnedCheckpoints all = all(signing.signer(), sieve);
                DurableFile.replace(folder.resolve(ThinnedCheckpoints.FILE), all.text());
                said = all.text();
                Files.move(fresh, there, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
                DurableFile.forceNames(folder);
            }
            LOG.info("{} old checkpoints of the audit log were taken out", sieve.removed.size());
            return sieve.full();
        }
    }

    /** All that was ever taken out of this file, signed. */
    private ThinnedCheckpoints all(AuditSigner signer, Sieve sieve) throws IOException {
        SignedCheckpoint last = file.last();
        if (last == null) {
            throw new IOException("the checkpoints are not open");
        }
        List<ThinnedCheckpoints.Run> all = new ArrayList<>(sieve.removedBefore());
        all.addAll(sieve.removed);
        if (all.stream().anyMatch(run -> run.last() >= last.number())) {
            throw new IOException("the last checkpoint has a smaller number than one before it");
        }
        return ThinnedCheckpoints.sign(signer, last, all);
    }

    private static void copy(FileChannel in, long from, long to, FileChannel out) throws IOException {
        for (long at = from; at < to; ) {
            long moved = in.transferTo(at, to - at, out);
            if (moved <= 0) {
                throw new IOException("the checkpoints became fewer meanwhile");
            }
            at += moved;
        }
    }

    /** One way through the file: what stays goes on, of the rest the numbers are remembered. */
    private final class Sieve {
        private final AuditKeys keys;
        private final long beforeMillis;
        private final List<Long> segments;
        private final OutputStream kept;
        private final List<ThinnedCheckpoints.Run> removed = new ArrayList<>();
        private final @Nullable ThinnedCheckpoints earlier;
        private boolean earlierIsOfThisFile;
        private @Nullable Written before;

        Sieve(AuditKeys keys, long beforeMillis, List<Long> segments, OutputStream kept) throws IOException {
            this.keys = keys;
            this.beforeMillis = beforeMillis;
            this.segments = segments;
            this.kept = kept;
            String text = ThinnedCheckpoints.text(folder);
            this.earlier = text == null ? null : ThinnedCheckpoints.parse(text, keys);
            this.earlierIsOfThisFile = text != null && text.equals(said);
        }

        /** One checkpoint of the file: its bytes, and what they say if they are one at all. */
        private final class Written {
            private final byte[] bytes;
            private final @Nullable SignedCheckpoint says;
            private boolean asked;
            private boolean signed;

            Written(byte[] bytes) {
                String text = new String(bytes, 0, bytes.length - 1, StandardCharsets.UTF_8);
                this.bytes = bytes;
                this.says = bytes[bytes.length - 1] == '\n' ? SignedCheckpoint.parse(text) : null;
            }

            /** Whether the key whose turn it was signed it. Worked out once, because it costs most of all. */
            boolean signed() {
                if (!asked) {
                    asked = true;
                    signed = says != null && keys.signed(says);
                }
                return signed;
            }
        }

        /** What earlier times took out, if that is about this file: the rest of what is missing stays missing. */
        List<ThinnedCheckpoints.Run> removedBefore() {
            return earlier == null || !earlierIsOfThisFile ? List.of() : earlier.removed();
        }

        /** Whether so many go that the rest must wait. */
        boolean full() {
            return removed.size() >= removedMax;
        }

        /**
         * Goes through the file until it is {@link #full}, or to the end while it does not know what earlier times took out.
         *
         * @param closing ends it anywhere
         * @return how much of the file it went through, in bytes; the rest stays
         */
        long pass(InputStream in, long length, BooleanSupplier closing) throws IOException {
            long passed = 0;
            Written held = next(in, length);
            while (held != null && !closing.getAsBoolean()) {
                if (full() && (earlier == null || earlierIsOfThisFile)) {
                    break;
                }
                passed += held.bytes.length;
                Written following = next(in, length - passed);
                take(held, following);
                held = following;
            }
            return passed;
        }

        private void take(Written one, @Nullable Written following) throws IOException {
            SignedCheckpoint says = one.says;
            if (says != null && earlier != null && !earlierIsOfThisFile) {
                earlierIsOfThisFile = earlier.isAbout(says, keys);
            }
            if (says == null || full() || stays(one, says, following)) {
                kept.write(one.bytes);
            } else {
                removed.add(new ThinnedCheckpoints.Run(says.number(), says.number()));
            }
            before = one;
        }

        /** What stands beside it decides, so that must be the HSM's own too: anybody can write a line, for a while. */
        private boolean stays(Written one, SignedCheckpoint says, @Nullable Written following) {
            Written preceding = before;
            return preceding == null
                    || following == null
                    || !isBetween(preceding.says, says, following.says)
                    || !one.signed()
                    || !preceding.signed()
                    || !following.signed();
        }

        /** Whether nobody needs the one between the others, if they are all what they say. */
        private boolean isBetween(
                @Nullable SignedCheckpoint last, SignedCheckpoint one, @Nullable SignedCheckpoint next) {
            return last != null
                    && next != null
                    && one.timeMillis() < beforeMillis
                    && last.number() < one.number() // in its place
                    && one.number() < next.number()
                    && last.size() <= one.size()
                    && one.timeMillis() / HOUR_MILLIS == next.timeMillis() / HOUR_MILLIS
                    && one.keyId().equals(last.keyId())
                    && one.keyId().equals(next.keyId())
                    && !coversASegment(last.size(), one.size());
        }

        /** Whether a segment ends behind the one size and not behind the other. */
        private boolean coversASegment(long size, long larger) {
            int at = Collections.binarySearch(segments, size + 1);
            int next = at >= 0 ? at : -at - 1;
            return next < segments.size() && segments.get(next) <= larger;
        }

        /** Bytes up to the end of a checkpoint, its empty line included, or of all; null at the end. */
        private @Nullable Written next(InputStream in, long length) throws IOException {
            ByteArrayOutputStream bytes = new ByteArrayOutputStream(512);
            int at = 0; // in the line
            boolean dash = true;
            boolean signed = false;
            while (bytes.size() < length) {
                int one = in.read();
                if (one < 0) {
                    break;
                }
                bytes.write(one);
                if (one != '\n') {
                    dash &= at >= SIGNATURE.length || (byte) one == SIGNATURE[at];
                    at++;
                } else if (at == 0 && signed) {
                    break;
                } else {
                    signed = dash && at > SIGNATURE.length;
                    dash = true;
                    at = 0;
                }
            }
            return bytes.size() == 0 ? null : new Written(bytes.toByteArray());
        }
    }
}
