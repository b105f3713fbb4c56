// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.cli;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.managedhsm.gateway.StartRefused;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Stream;

/**
 * The folder in which a development HSM keeps everything: mode 0700, and one process at a time.
 *
 * <p>It is ours when it holds {@link #FACTS}, which is the first file written into a new one; any other folder with
 * files in it is refused untouched. Every file is written whole: to a temporary one, to disk, then renamed. Used by one
 * thread.
 */
final class DevFolder implements AutoCloseable {
    /** The file that says that a folder is ours. */
    static final String FACTS = "hsm.properties";

    private static final String LOCK = "lock";
    private static final String TEMPORARY = ".new-";
    private static final Set<PosixFilePermission> OWNER_ONLY = PosixFilePermissions.fromString("rwx------");
    private static final Set<PosixFilePermission> PRIVATE_FILE = PosixFilePermissions.fromString("rw-------");
    private static final Set<PosixFilePermission> PUBLIC_FILE = PosixFilePermissions.fromString("rw-r--r--");

    private final Path path;
    private final FileChannel lock;

    private DevFolder(Path path, FileChannel lock) {
        this.path = path;
        this.lock = lock;
    }

    /**
     * Opens a folder, makes it when missing, and keeps every other process out until {@link #close}.
     *
     * @param named the folder as the operator named it
     * @return the folder, locked
     * @throws StartRefused when it is a file, is not ours, cannot be written, or another process has it
     */
    static DevFolder open(Path named) {
        Path path = named.toAbsolutePath().normalize();
        try {
            if (Files.exists(path) && !Files.isDirectory(path)) {
                throw new StartRefused(path + " is not a folder: name one with --data.");
            }
            make(path);
            if (!isOurs(path)) {
                throw new StartRefused(
                        path + " holds files that are not of a development HSM: name an empty folder with --data.");
            }
            Files.setPosixFilePermissions(path, OWNER_ONLY);
            return new DevFolder(path, lock(path));
        } catch (IOException e) {
            throw unwritable(path, e);
        }
    }

    /** The folder, absolute. */
    Path path() {
        return path;
    }

    /** A file or folder in it. */
    Path at(String name) {
        return path.resolve(name);
    }

    /** A folder in it, made for its owner alone when missing. */
    Path folder(String name) {
        try {
            make(at(name));
            return at(name);
        } catch (IOException e) {
            throw unwritable(path, e);
        }
    }

    /** Writes a file that only its owner may read, whole or not at all. */
    void writePrivate(String name, String text) {
        write(at(name), text, PRIVATE_FILE);
    }

    /** Writes a file that others may read, whole or not at all. */
    void writePublic(String name, String text) {
        write(at(name), text, PUBLIC_FILE);
    }

    /** Reads a file as text. */
    String read(String name) {
        try {
            return Files.readString(at(name));
        } catch (IOException e) {
            throw new StartRefused(
                    at(name) + " cannot be read (" + reason(e) + "): restore it, or name another folder with --data.",
                    e);
        }
    }

    /** Whether the file is there. */
    boolean has(String name) {
        return Files.exists(at(name), LinkOption.NOFOLLOW_LINKS);
    }

    /** Removes a file if it is there. */
    void remove(String name) {
        try {
            Files.deleteIfExists(at(name));
        } catch (IOException e) {
            throw unwritable(path, e);
        }
    }

    /** Lets other processes in. */
    @Override
    public void close() {
        try {
            lock.close();
        } catch (IOException e) {
            throw new IllegalStateException("closing the lock file failed", e);
        }
    }

    private static void make(Path path) throws IOException {
        if (Files.isDirectory(path)) {
            return;
        }
        Path parent = path.getParent();
        if (parent != null) {
            Files.createDirectories(parent);
        }
        Files.createDirectory(path, PosixFilePermissions.asFileAttribute(OWNER_ONLY));
    }

    /** Ours, or empty but for what an interrupted first start leaves behind. */
    private static boolean isOurs(Path path) throws IOException {
        if (Files.exists(path.resolve(FACTS))) {
            return true;
        }
        try (Stream<Path> entries = Files.list(path)) {
            return entries.map(entry -> String.valueOf(entry.getFileName()))
                    .allMatch(name -> name.equals(LOCK) || name.startsWith(TEMPORARY));
        }
    }

    private static FileChannel lock(Path path) throws IOException {
        FileAttribute<?> mode = PosixFilePermissions.asFileAttribute(PRIVATE_FILE);
        Set<StandardOpenOption> options = Set.of(StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        FileChannel channel = FileChannel.open(path.resolve(LOCK), options, mode);
        boolean held = false;
        try {
            FileLock lock = channel.tryLock();
            held = lock != null;
        } catch (OverlappingFileLockException e) {
            held = false;
        } finally {
            if (!held) {
                channel.close();
            }
        }
        if (!held) {
            throw new StartRefused(
                    "Another process runs the HSM in " + path + ": end it, or name another folder with --data.");
        }
        return channel;
    }

    private void write(Path file, String text, Set<PosixFilePermission> mode) {
        byte[] bytes = text.getBytes(UTF_8);
        try {
            Path folder = parentOf(file);
            make(folder);
            Path temporary =
                    Files.createTempFile(folder, TEMPORARY, "", PosixFilePermissions.asFileAttribute(PRIVATE_FILE));
            try {
                writeToDisk(temporary, bytes);
                // Not through the umask, which could leave a public file private.
                Files.setPosixFilePermissions(temporary, mode);
                Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            } finally {
                Files.deleteIfExists(temporary);
            }
            try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
                channel.force(true);
            }
        } catch (IOException e) {
            throw unwritable(path, e);
        } finally {
            Arrays.fill(bytes, (byte) 0);
        }
    }

    private static void writeToDisk(Path file, byte[] bytes) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            ByteBuffer rest = ByteBuffer.wrap(bytes);
            while (rest.hasRemaining()) {
                channel.write(rest);
            }
            channel.force(true);
        }
    }

    private static Path parentOf(Path file) {
        Path parent = file.getParent();
        if (parent == null) {
            throw new IllegalStateException("a file of the folder has no parent");
        }
        return parent;
    }

    private static StartRefused unwritable(Path path, IOException e) {
        return new StartRefused(
                path + " cannot be written (" + reason(e) + "): make it writable, or name another folder with --data.",
                e);
    }

    private static String reason(IOException e) {
        if (e instanceof AccessDeniedException) {
            return "access denied";
        }
        if (e instanceof NoSuchFileException) {
            return "no such file or folder";
        }
        String reason = e instanceof FileSystemException failure ? failure.getReason() : e.getMessage();
        return reason == null ? e.getClass().getSimpleName() : reason.toLowerCase(Locale.ROOT);
    }
}
