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
 *   <li>whatever is not as the HSM wrote it: that is evidence.
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

    /** So many go at once: whoever signs must not be kept for long by a file that grew for months. */
    private static final int REMOVED_MAX = 100_000;

    private static final long HOUR_MILLIS = Duration.ofHours(1).toMillis();
    private static final byte[] SIGNATURE = "\u2014 ".getBytes(StandardCharsets.UTF_8);
    private static final int CHUNK_LENGTH = 1 << 16;
    private static final Logger LOG = LoggerFactory.getLogger(CheckpointThinner.class);

    private final Path folder;
    private final CheckpointFile file;
    private long lookedMillis;

    /**
     * @param folder the log's
     * @param file its checkpoints; nobody appends while this lock is held
     */
    CheckpointThinner(Path folder, CheckpointFile file) {
        this.folder = folder;
        this.file = file;
    }

    /** One checkpoint of the file: its bytes, and what they say if they are one at all. */
    @SuppressWarnings("ArrayRecordComponent") // nobody compares these, and nobody writes to the array
    private record Written(byte[] bytes, @Nullable SignedCheckpoint says) {}

    /**
     * Looks, if it is time, and takes out what is not needed. A failure is logged and changes nothing.
     *
     * @param signing signs what is taken out, and knows who signed it
     * @param nowMillis now, since 1970
     */
    void thin(AuditRecords.Signing signing, long nowMillis) {
        if (nowMillis - lookedMillis < EVERY_MILLIS) {
            return;
        }
        lookedMillis = nowMillis;
        Path fresh = folder.resolve(SignedCheckpoint.FILE + ".next");
        try {
            thin(signing, nowMillis - WHOLE_MILLIS, fresh);
        } catch (IOException | RuntimeException e) { // tried again in some hours: the file is only longer
            LOG.warn("old checkpoints of the audit log could not be taken out: {}", e.toString());
            try {
                Files.deleteIfExists(fresh);
            } catch (IOException stays) {
                LOG.debug("{} stays until the next time", fresh, stays);
            }
        }
    }

    private void thin(AuditRecords.Signing signing, long beforeMillis, Path fresh) throws IOException {
        Path there = folder.resolve(SignedCheckpoint.FILE);
        long whole;
        synchronized (file) { // nothing is half there
            whole = Files.exists(there) ? Files.size(there) : 0;
        }
        Files.deleteIfExists(fresh);
        try (FileChannel in = FileChannel.open(there, StandardOpenOption.READ);
                FileChannel out = FileChannel.open(
                        fresh,
                        Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE),
                        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")))) {
            OutputStream kept = new BufferedOutputStream(Channels.newOutputStream(out), CHUNK_LENGTH);
            Sieve sieve = new Sieve(signing.keys(), beforeMillis, SegmentFiles.withLeaves(folder), kept);
            sieve.pass(new BufferedInputStream(Channels.newInputStream(in), CHUNK_LENGTH), whole);
            kept.flush();
            if (sieve.removed.isEmpty()) {
                Files.delete(fresh);
                return;
            }
            out.force(false);
            synchronized (file) { // what came meanwhile follows, then nobody appends to the old file any more
                SignedCheckpoint last = file.last();
                if (last == null) {
                    throw new IOException("the checkpoints are not open");
                }
                for (long at = whole; at < in.size(); ) {
                    at += in.transferTo(at, in.size() - at, out);
                }
                out.force(true);
                List<ThinnedCheckpoints.Run> all = new ArrayList<>(sieve.removedBefore());
                all.addAll(sieve.removed);
                DurableFile.replace(
                        folder.resolve(ThinnedCheckpoints.FILE),
                        ThinnedCheckpoints.sign(signing.signer(), last, all).text());
                Files.move(fresh, there, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
                DurableFile.forceNames(folder);
            }
            LOG.info("{} old checkpoints of the audit log were taken out", sieve.removed.size());
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
        private @Nullable SignedCheckpoint before;

        Sieve(AuditKeys keys, long beforeMillis, List<Long> segments, OutputStream kept) throws IOException {
            this.keys = keys;
            this.beforeMillis = beforeMillis;
            this.segments = segments;
            this.kept = kept;
            String said = ThinnedCheckpoints.text(folder);
            this.earlier = said == null ? null : ThinnedCheckpoints.parse(said, keys);
        }

        /** What earlier times took out, if that is about this file: the rest of what is missing stays missing. */
        List<ThinnedCheckpoints.Run> removedBefore() {
            return earlier == null || !earlierIsOfThisFile ? List.of() : earlier.removed();
        }

        void pass(InputStream in, long length) throws IOException {
            long left = length;
            Written held = next(in, left);
            while (held != null) {
                left -= held.bytes().length;
                Written following = next(in, left);
                take(held, following);
                held = following;
            }
        }

        private void take(Written one, @Nullable Written following) throws IOException {
            SignedCheckpoint says = one.says();
            if (says != null && earlier != null && earlier.names(says)) {
                earlierIsOfThisFile = true;
            }
            if (says == null || stays(says, following == null ? null : following.says())) {
                kept.write(one.bytes());
            } else {
                removed.add(new ThinnedCheckpoints.Run(says.number(), says.number()));
            }
            if (says != null) {
                before = says;
            }
        }

        private boolean stays(SignedCheckpoint one, @Nullable SignedCheckpoint next) {
            SignedCheckpoint last = before;
            return last == null
                    || next == null
                    || one.timeMillis() >= beforeMillis
                    || one.number() <= last.number() // out of its place
                    || one.size() < last.size()
                    || next.number() <= one.number()
                    || one.timeMillis() / HOUR_MILLIS != next.timeMillis() / HOUR_MILLIS
                    || !one.keyId().equals(last.keyId())
                    || !one.keyId().equals(next.keyId())
                    || coversASegment(last.size(), one.size())
                    || removed.size() >= REMOVED_MAX
                    || !keys.signed(one); // asked last: it costs most
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
            return bytes.size() == 0 ? null : written(bytes.toByteArray());
        }

        private static Written written(byte[] bytes) {
            String text = new String(bytes, 0, bytes.length - 1, StandardCharsets.UTF_8);
            return new Written(bytes, bytes[bytes.length - 1] == '\n' ? SignedCheckpoint.parse(text) : null);
        }
    }
}
