// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.store;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import org.jspecify.annotations.Nullable;

/** Keeps a data folder for one process. The lock ends with the process, however that ends. */
final class FolderLock implements AutoCloseable {
    private final FileChannel channel;

    private FolderLock(FileChannel channel) {
        this.channel = channel;
    }

    /**
     * Makes the folder if it is not there, and locks it.
     *
     * @throws StoreRefused if it cannot be made or written, or is locked already
     */
    static FolderLock take(Path folder) {
        try {
            if (!Files.exists(folder)) {
                Files.createDirectories(
                        folder, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
            }
            FileChannel channel =
                    FileChannel.open(folder.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
            if (lock(channel) == null) {
                channel.close();
                throw new StoreRefused("the data folder " + folder
                        + " is in use by another process: stop that one, or name another folder");
            }
            return new FolderLock(channel);
        } catch (IOException e) {
            throw new StoreRefused("the data folder " + folder + " cannot be written ("
                    + e.getClass().getSimpleName()
                    + "): name a folder on a local disk that belongs to the user who runs this HSM");
        }
    }

    private static @Nullable FileLock lock(FileChannel channel) throws IOException {
        try {
            return channel.tryLock();
        } catch (OverlappingFileLockException e) {
            return null; // locked by this very process
        }
    }

    @Override
    public void close() {
        try {
            channel.close();
        } catch (IOException e) {
            throw new IllegalStateException("a lock file cannot be closed", e);
        }
    }
}
