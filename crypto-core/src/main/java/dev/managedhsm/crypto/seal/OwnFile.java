// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.seal;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.EnumSet;
import java.util.Set;

/**
 * Files of this package: readable by their owner alone, written once, durably and all at once, never replaced, because
 * one may be the only way to open a store. Used by one thread.
 */
final class OwnFile {
    private static final Set<PosixFilePermission> OWNER_ONLY =
            EnumSet.of(PosixFilePermission.OWNER_READ, PosixFilePermission.OWNER_WRITE);

    private OwnFile() {}

    /**
     * Refuses a file that others than its owner may read or write.
     *
     * @param what what the file is, in the words of a sentence
     */
    static void refuseOthers(Path file, String what) {
        try {
            if (!OWNER_ONLY.containsAll(Files.getPosixFilePermissions(file))) {
                throw new SealFailure("the " + what + " " + file
                        + " can be read by others than its owner: treat the root key as known to them, or run chmod 600"
                        + " on it if you know that nobody did");
            }
        } catch (IOException | UnsupportedOperationException e) {
            throw new SealFailure("the " + what + " " + file + " cannot be read ("
                    + e.getClass().getSimpleName()
                    + "): check that it exists and belongs to the user who runs this HSM");
        }
    }

    /**
     * Writes a file: under another name, forced to disk, given the right name too, and the names forced to disk. A file
     * of that name is never replaced, not even one that appears meanwhile.
     *
     * @param file where to; its folder must exist
     * @param what what the file is, in the words of a sentence
     * @param bytes what it holds; on the heap only when it is sealed
     */
    static void write(Path file, String what, byte[] bytes) {
        write(file, what, ByteBuffer.wrap(bytes));
    }

    /** The same with bytes outside the heap. */
    static void write(Path file, String what, ByteBuffer bytes) {
        Path folder = file.toAbsolutePath().getParent();
        if (folder == null || Files.exists(file)) {
            throw taken(file, what);
        }
        try {
            // A name of its own, so that two who write at once never finish each other's draft.
            Path draft = Files.createTempFile(
                    folder, file.getFileName() + ".", ".draft", PosixFilePermissions.asFileAttribute(OWNER_ONLY));
            try {
                writeDurably(draft, bytes);
                Files.createLink(file, draft); // unlike a rename, fails where there is such a file
            } finally {
                discard(draft, what);
            }
            try (FileChannel names = FileChannel.open(folder, StandardOpenOption.READ)) {
                names.force(true);
            }
        } catch (FileAlreadyExistsException e) {
            throw taken(file, what);
        } catch (IOException | UnsupportedOperationException e) {
            throw new SealFailure("the " + what + " " + file + " cannot be written ("
                    + e.getClass().getSimpleName()
                    + "): check that its folder exists, belongs to the user who runs this HSM, has room, and is on a"
                    + " file system with hard links");
        }
    }

    private static void writeDurably(Path draft, ByteBuffer bytes) throws IOException {
        try (FileChannel channel = FileChannel.open(draft, StandardOpenOption.WRITE)) {
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
            channel.force(true);
        }
    }

    private static SealFailure taken(Path file, String what) {
        return new SealFailure(
                "the " + what + " " + file + " is there already: name another one, or move it to a safe place");
    }

    private static void discard(Path draft, String what) {
        try {
            Files.deleteIfExists(draft);
        } catch (IOException e) {
            throw new SealFailure("a draft of the " + what + " was left behind: delete " + draft);
        }
    }
}
