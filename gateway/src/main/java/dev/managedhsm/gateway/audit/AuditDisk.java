// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.audit;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;

/** The disk as the audit log writes to it: the seam at which a disk can be full, slow or broken. */
interface AuditDisk {
    /** The disk of this machine. */
    AuditDisk LOCAL = LocalFile::open;

    /** Opens a file to write, and makes it for its owner only if it is not there. */
    File open(Path path) throws IOException;

    /** An open file. Used by one thread. */
    interface File extends AutoCloseable {
        /** Writes all that remains of a buffer at a place; may have written a part of it when it fails. */
        void write(ByteBuffer bytes, long position) throws IOException;

        /** Forces to disk what was written, and the length if it has changed. */
        void force() throws IOException;

        /** Cuts the file. */
        void truncate(long length) throws IOException;

        @Override
        void close() throws IOException;
    }

    /** A file of this machine. */
    record LocalFile(FileChannel channel) implements File {
        static File open(Path path) throws IOException {
            return new LocalFile(FileChannel.open(
                    path,
                    Set.of(StandardOpenOption.CREATE, StandardOpenOption.WRITE),
                    PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"))));
        }

        @Override
        public void write(ByteBuffer bytes, long position) throws IOException {
            long at = position;
            while (bytes.hasRemaining()) {
                at += channel.write(bytes, at);
            }
        }

        @Override
        public void force() throws IOException {
            channel.force(false);
        }

        @Override
        public void truncate(long length) throws IOException {
            channel.truncate(length);
        }

        @Override
        public void close() throws IOException {
            channel.close();
        }
    }
}
