// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.evidence;

import java.io.BufferedInputStream;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.LocalDateTime;
import java.util.List;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/**
 * The outer form of an evidence pack: a ZIP file in which nothing is compressed and of which there is one form only, so that
 * every byte of it is vouched for: what was read is written again, and must be the same file. Stateless; any thread.
 */
final class PackFile {
    /** What a pack's parts are listed and vouched for in; the first part. */
    static final String MANIFEST = "manifest.json";

    /** The signature over the manifest; the second part. */
    static final String SIGNATURE = "manifest.sig";

    /** ZIP knows no earlier moment. */
    private static final LocalDateTime NO_TIME = LocalDateTime.of(1980, 1, 1, 0, 0);

    private PackFile() {}

    /** Something that a part is read from, again and again. */
    @FunctionalInterface
    interface Content {
        InputStream open() throws IOException;
    }

    /** A named part. */
    record Part(String name, Content content) {
        Part(String name, Path file) {
            this(name, () -> Files.newInputStream(file));
        }

        /** Its SHA-256. */
        byte[] sha256() throws IOException {
            try {
                MessageDigest digest = MessageDigest.getInstance("SHA-256");
                read((bytes, length) -> digest.update(bytes, 0, length));
                return digest.digest();
            } catch (NoSuchAlgorithmException e) {
                throw new IllegalStateException("every Java has SHA-256", e);
            }
        }

        private long read(Chunk chunk) throws IOException {
            long length = 0;
            byte[] bytes = new byte[1 << 16];
            try (InputStream in = content.open()) {
                for (int read = in.read(bytes); read >= 0; read = in.read(bytes)) {
                    chunk.take(bytes, read);
                    length += read;
                }
            }
            return length;
        }
    }

    @FunctionalInterface
    private interface Chunk {
        void take(byte[] bytes, int length) throws IOException;
    }

    /** Writes parts in their order. */
    static void write(List<Part> parts, OutputStream out) throws IOException {
        try (ZipOutputStream zip = new ZipOutputStream(out)) {
            zip.setMethod(ZipOutputStream.STORED);
            for (Part part : parts) {
                CRC32 crc = new CRC32();
                ZipEntry entry = new ZipEntry(part.name());
                entry.setSize(part.read((bytes, length) -> crc.update(bytes, 0, length)));
                entry.setCompressedSize(entry.getSize());
                entry.setCrc(crc.getValue());
                entry.setTimeLocal(NO_TIME);
                zip.putNextEntry(entry);
                part.read((bytes, length) -> zip.write(bytes, 0, length));
                zip.closeEntry();
            }
        }
    }

    /** The first byte at which a file is not the one form of these parts; -1 if it is. */
    static long firstDifference(Path file, List<Part> parts) throws IOException {
        try (InputStream there = new BufferedInputStream(Files.newInputStream(file), 1 << 16);
                Comparison comparison = new Comparison(there)) {
            write(parts, comparison);
            return comparison.different >= 0 ? comparison.different : there.read() < 0 ? -1 : comparison.at;
        }
    }

    /** Takes bytes and compares them with those of a file. */
    private static final class Comparison extends FilterOutputStream {
        private final InputStream there;
        private long at;
        private long different = -1;

        Comparison(InputStream there) {
            super(OutputStream.nullOutputStream());
            this.there = there;
        }

        @Override
        public void write(int b) throws IOException {
            write(new byte[] {(byte) b}, 0, 1);
        }

        @Override
        public void write(byte[] bytes, int offset, int length) throws IOException {
            if (different >= 0) {
                return;
            }
            byte[] theirs = there.readNBytes(length);
            for (int i = 0; i < length; i++) {
                if (i == theirs.length || theirs[i] != bytes[offset + i]) {
                    different = at + i;
                    return;
                }
            }
            at += length;
        }
    }
}
