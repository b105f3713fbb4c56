// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.store;

import dev.managedhsm.crypto.seal.RecordName;
import dev.managedhsm.crypto.seal.RecordSeal;
import dev.managedhsm.crypto.seal.SealFailure;
import dev.managedhsm.crypto.seal.SealPurpose;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.InstantSource;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The file of the witness: two places, written in turn, so that one is whole whatever happens while the other is written.
 * Used by one thread at a time.
 *
 * <pre>
 *   0                    512                 4096                 4608
 *   +--------------------+-------------------+--------------------+
 *   | sealed witness     | zeros             | sealed witness     |
 *   +--------------------+-------------------+--------------------+
 * </pre>
 */
final class WitnessFile implements AutoCloseable {
    private static final RecordName NAME = new RecordName(SealPurpose.WITNESS, "", "");
    /** What was witnessed, and when, in seconds since 1970. */
    private static final int CONTENT_LENGTH = Witnessed.LENGTH + Long.BYTES;

    private static final int BLOB_LENGTH = CONTENT_LENGTH + RecordSeal.OVERHEAD;
    /** As it once was, without the time. */
    private static final int BLOB_LENGTH_BEFORE = Witnessed.LENGTH + RecordSeal.OVERHEAD;

    private static final int PLACE_LENGTH = 512;
    private static final int[] PLACES = {0, 4096};

    private final Path path;
    private final FileChannel channel;
    private final RecordSeal seal;
    private final InstantSource clock;
    private @Nullable Witnessed newest;
    private long seconds;
    private int next;

    private WitnessFile(Path path, FileChannel channel, RecordSeal seal, InstantSource clock) {
        this.path = path;
        this.channel = channel;
        this.seal = seal;
        this.clock = clock;
    }

    /** What a place holds. */
    private record Place(Witnessed witnessed, long seconds) {}

    /**
     * Opens the file, and makes it if it is not there.
     *
     * @throws SealFailure if it cannot be read or written, or has content and neither place opens
     */
    static WitnessFile open(Path path, RecordSeal seal, InstantSource clock) {
        try {
            boolean fresh = !Files.exists(path);
            FileChannel channel = FileChannel.open(
                    path,
                    Set.of(StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE),
                    PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
            WitnessFile file = new WitnessFile(path, channel, seal, clock);
            try {
                file.read();
                if (fresh) {
                    forceName(path);
                }
                return file;
            } catch (IOException | RuntimeException e) {
                channel.close();
                throw e;
            }
        } catch (IOException e) {
            throw failed(path, e);
        }
    }

    private static void forceName(Path path) throws IOException {
        Path folder = path.toAbsolutePath().getParent();
        if (folder != null) {
            try (FileChannel names = FileChannel.open(folder, StandardOpenOption.READ)) {
                names.force(true);
            }
        }
    }

    /** Puts a new file with this content in the place of the one that is there, durably and at once. */
    static void replace(Path path, RecordSeal seal, InstantSource clock, Witnessed witnessed) {
        Path next = path.resolveSibling(path.getFileName() + ".next");
        remove(next);
        try (WitnessFile file = open(next, seal, clock)) {
            file.write(witnessed);
        }
        try {
            Files.move(next, path, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            forceName(path);
        } catch (IOException e) {
            throw failed(path, e);
        }
    }

    static void remove(Path path) {
        try {
            Files.deleteIfExists(path);
        } catch (IOException e) {
            throw failed(path, e);
        }
    }

    private void read() throws IOException {
        boolean content = false;
        for (int i = 0; i < PLACES.length; i++) {
            ByteBuffer bytes = ByteBuffer.allocate(PLACE_LENGTH);
            while (bytes.hasRemaining() && channel.read(bytes, PLACES[i] + (long) bytes.position()) >= 0) {
                // reads on
            }
            byte[] place = bytes.array();
            Place one = opened(place, BLOB_LENGTH);
            one = one == null ? opened(place, BLOB_LENGTH_BEFORE) : one;
            content |= one != null || !zero(place);
            if (one != null && (newest == null || one.witnessed().counter() > newest.counter())) {
                newest = one.witnessed();
                seconds = one.seconds();
                next = 1 - i;
            }
        }
        if (content && newest == null) {
            throw new SealFailure(
                    "the witness file " + path + " is damaged or belongs to another root key: put the right"
                            + " one back, or run hsm store accept if you know that the store is the newest one");
        }
    }

    private @Nullable Place opened(byte[] place, int blobLength) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment blob = arena.allocate(blobLength);
            MemorySegment.copy(place, 0, blob, ValueLayout.JAVA_BYTE, 0, blobLength);
            MemorySegment content = arena.allocate(CONTENT_LENGTH);
            seal.open(NAME, blob, content);
            byte[] bytes = content.toArray(ValueLayout.JAVA_BYTE);
            return new Place(
                    Witnessed.decode(bytes), ByteBuffer.wrap(bytes).getLong(Witnessed.LENGTH)); // 0 where it has none
        } catch (SealFailure notWhole) {
            return null;
        }
    }

    private static boolean zero(byte[] bytes) {
        int any = 0;
        for (byte b : bytes) {
            any |= b;
        }
        return any == 0;
    }

    /** What was written last, or null if nothing ever was. */
    @Nullable
    Witnessed newest() {
        return newest;
    }

    /** When that was, by the clock of that time, in seconds since 1970; 0 if it is not known. */
    long newestSeconds() {
        return seconds;
    }

    /**
     * Writes, and forces to disk.
     *
     * @throws SealFailure if the disk does not take it; nothing must be written any more then
     */
    void write(Witnessed witnessed) {
        try (Arena arena = Arena.ofConfined()) {
            long now = clock.instant().getEpochSecond();
            ByteBuffer bytesNow = ByteBuffer.allocate(CONTENT_LENGTH);
            bytesNow.put(witnessed.encode()).putLong(now);
            MemorySegment content = arena.allocateFrom(ValueLayout.JAVA_BYTE, bytesNow.array());
            MemorySegment blob = arena.allocate(PLACE_LENGTH);
            seal.seal(NAME, witnessed.counter(), newest == null ? 0 : newest.counter(), content, blob);
            ByteBuffer bytes = blob.asByteBuffer();
            while (bytes.hasRemaining()) {
                channel.write(bytes, PLACES[next] + (long) bytes.position());
            }
            channel.force(false); // content and length; when it was written is said inside
            next = 1 - next;
            newest = witnessed;
            seconds = now;
        } catch (IOException e) {
            throw failed(path, e);
        }
    }

    private static SealFailure failed(Path path, IOException e) {
        return new SealFailure("the witness file " + path + " cannot be read or written ("
                + e.getClass().getSimpleName()
                + "): check the disk and that its folder belongs to the user who runs this"
                + " HSM");
    }

    @Override
    public void close() {
        try {
            channel.close();
        } catch (IOException e) {
            throw failed(path, e);
        }
    }
}
