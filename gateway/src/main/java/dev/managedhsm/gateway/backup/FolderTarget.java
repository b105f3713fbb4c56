// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.backup;

import dev.managedhsm.gateway.backup.BackupFailure.Reason;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;

/** Backups in a local folder, for their owner alone. */
public final class FolderTarget implements BackupTarget {
    private static final FileAttribute<Set<PosixFilePermission>> OWN_FOLDER =
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"));
    private static final FileAttribute<Set<PosixFilePermission>> OWN_FILE =
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));

    private final Path root;

    /** @param root the folder; the caller has made sure that it is allowed */
    public FolderTarget(Path root) {
        this.root = root;
    }

    @Override
    public String uri() {
        String uri = root.toUri().toString();
        return uri.endsWith("/") ? uri.substring(0, uri.length() - 1) : uri;
    }

    @Override
    public void put(String folder, String name, byte[] bytes) {
        Path into = root.resolve(folder);
        try {
            if (!Files.isDirectory(into)) {
                Files.createDirectories(into, OWN_FOLDER);
                force(root);
            }
            Path draft = into.resolve(name + ".draft");
            try (FileChannel channel = FileChannel.open(
                    draft,
                    Set.of(StandardOpenOption.CREATE, StandardOpenOption.TRUNCATE_EXISTING, StandardOpenOption.WRITE),
                    OWN_FILE)) {
                ByteBuffer left = ByteBuffer.wrap(bytes);
                while (left.hasRemaining()) {
                    channel.write(left);
                }
                channel.force(true);
            }
            Files.move(draft, into.resolve(name), StandardCopyOption.ATOMIC_MOVE);
            force(into);
        } catch (IOException e) {
            throw unreachable("written", e);
        }
    }

    private static void force(Path folder) throws IOException {
        try (FileChannel names = FileChannel.open(folder, StandardOpenOption.READ)) {
            names.force(true);
        }
    }

    @Override
    public byte[] read(String folder, String name, int lengthMax) {
        Path file = root.resolve(folder).resolve(name);
        try {
            if (!Files.isRegularFile(file)) {
                throw new BackupFailure(Reason.NOT_FOUND, "There is no " + name + " in the folder " + folder);
            }
            if (Files.size(file) > lengthMax) {
                throw new BackupFailure(Reason.DAMAGED, name + " in the folder " + folder + " is too long");
            }
            return Files.readAllBytes(file);
        } catch (IOException e) {
            throw unreachable("read", e);
        }
    }

    @Override
    public void remove(String folder, String name) {
        try {
            Files.deleteIfExists(root.resolve(folder).resolve(name));
            Files.deleteIfExists(root.resolve(folder));
        } catch (IOException e) {
            throw unreachable("written", e);
        }
    }

    private static BackupFailure unreachable(String what, IOException e) {
        return new BackupFailure(
                Reason.UNREACHABLE,
                "The folder for backups cannot be " + what + " (" + e.getClass().getSimpleName() + ")");
    }
}
