// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.audit;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.jspecify.annotations.Nullable;

/**
 * The files beside the segments: signed checkpoints, each forced to disk before anybody is told of it, and the public keys.
 * Threads wait for each other.
 */
final class CheckpointFile {
    /** A checkpoint is shorter, in bytes: its origin is a host and a port. */
    private static final int TAIL_LENGTH = 4096;

    private static final String SIGNATURE = "\n" + SignedNote.DASH;

    private final Path folder;
    private final Path file;
    private @Nullable SignedCheckpoint last;

    CheckpointFile(Path folder) {
        this.folder = folder;
        this.file = folder.resolve(SignedCheckpoint.FILE);
    }

    /**
     * The last whole checkpoint; one that was cut short by a crash is taken away, because nobody was told of it. From then on
     * checkpoints are numbered behind it.
     *
     * @return null if there is none
     */
    synchronized @Nullable SignedCheckpoint open() throws IOException {
        last = Files.exists(file) ? read() : null;
        return last;
    }

    /** The last checkpoint, or null if there is none. */
    synchronized @Nullable SignedCheckpoint last() {
        return last;
    }

    /** How many events are signed for. */
    synchronized long signedSize() {
        return last == null ? 0 : last.size();
    }

    private @Nullable SignedCheckpoint read() throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            long length = channel.size();
            long from = Math.max(0, length - TAIL_LENGTH);
            ByteBuffer bytes = ByteBuffer.allocate((int) (length - from));
            while (bytes.hasRemaining() && channel.read(bytes, from + bytes.position()) >= 0) {
                // reads on
            }
            // A byte is a character, so that places in the text are places in the file.
            String tail = new String(bytes.array(), StandardCharsets.ISO_8859_1);
            String signature = new String(SIGNATURE.getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1);
            int end = endOfLast(tail, signature, tail.length());
            if (end < length - from) {
                channel.truncate(from + end);
                channel.force(true);
            }
            int begin = endOfLast(tail, signature, end - 1);
            String text = tail.substring(begin, Math.max(begin, end - 1));
            return SignedCheckpoint.parse(
                    new String(text.getBytes(StandardCharsets.ISO_8859_1), StandardCharsets.UTF_8));
        }
    }

    /** Where the last checkpoint ends that is whole before a place: behind its signature's line and an empty one. */
    private static int endOfLast(String tail, String signature, int before) {
        for (int at = tail.lastIndexOf(signature, before); at >= 0; at = tail.lastIndexOf(signature, at - 1)) {
            int end = tail.indexOf("\n\n", at + signature.length());
            if (end >= 0 && end + 2 <= before) {
                return end + 2;
            }
        }
        return 0;
    }

    /**
     * A durable checkpoint that covers the log at a moment: the last one if it does, or a new one. So sizes grow with numbers,
     * whoever comes first.
     */
    synchronized SignedCheckpoint covering(AuditSigner signer, long size, byte[] root, long timeMillis)
            throws IOException {
        SignedCheckpoint known = last;
        if (known != null && known.size() >= size) {
            return known;
        }
        long number = known == null ? 0 : known.number() + 1;
        SignedCheckpoint made = SignedCheckpoint.sign(signer, size, root, number, timeMillis);
        DurableFile.append(file, made.text() + "\n");
        last = made;
        return made;
    }

    /** Puts the public keys in the place of those that are there. */
    synchronized void keys(AuditKeys keys) throws IOException {
        Path target = folder.resolve(AuditKeys.FILE);
        if (Files.exists(target) && keys.text().equals(Files.readString(target))) {
            return;
        }
        DurableFile.replace(target, keys.text());
    }
}
