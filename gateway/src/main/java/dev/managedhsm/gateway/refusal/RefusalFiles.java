// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.refusal;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * Lines of JSON in {@value #NAME}, the older ones in {@code .1}, {@code .2} and so on, each for its owner only. Used by
 * one thread. Together the files are never longer than their number times the length of one.
 */
final class RefusalFiles implements AutoCloseable {
    static final String NAME = "refused-tokens.jsonl";

    private static final Set<StandardOpenOption> APPEND =
            Set.of(StandardOpenOption.CREATE, StandardOpenOption.WRITE, StandardOpenOption.APPEND);

    private final Path folder;
    private final long bytesMax;
    private final int filesMax;
    private FileChannel channel;
    private long bytes;

    /** Opens the file that was written last, or the first one. */
    RefusalFiles(RefusalConfig config) throws IOException {
        this.folder = config.folder();
        this.bytesMax = config.fileBytesMax();
        this.filesMax = config.filesMax();
        Files.createDirectories(folder);
        this.channel = open();
        this.bytes = channel.size();
        endCutLine();
    }

    private FileChannel open() throws IOException {
        boolean posix = folder.getFileSystem().supportedFileAttributeViews().contains("posix");
        return posix
                ? FileChannel.open(
                        file(0),
                        APPEND,
                        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")))
                : FileChannel.open(file(0), APPEND);
    }

    private Path file(int age) {
        return folder.resolve(age == 0 ? NAME : NAME + "." + age);
    }

    /** A crash may have cut the last line off; what follows must not become part of it. */
    private void endCutLine() throws IOException {
        if (bytes == 0) {
            return;
        }
        try (FileChannel in = FileChannel.open(file(0), StandardOpenOption.READ)) {
            ByteBuffer last = ByteBuffer.allocate(1);
            if (in.read(last, bytes - 1) == 1 && last.get(0) != '\n') {
                append("");
            }
        }
    }

    /** Gives every line that is there to somebody, the oldest first; lines of files that vanish meanwhile are not. */
    void read(Consumer<String> taker) throws IOException {
        for (int age = filesMax - 1; age >= 0; age--) {
            if (Files.exists(file(age))) {
                try (Stream<String> lines = Files.lines(file(age), StandardCharsets.ISO_8859_1)) {
                    lines.forEach(taker);
                }
            }
        }
    }

    /** Writes a line, in the next file when this one is full. It is on the disk after {@link #force} only. */
    void append(String line) throws IOException {
        ByteBuffer buffer = ByteBuffer.wrap((line + "\n").getBytes(StandardCharsets.UTF_8));
        if (!channel.isOpen()) { // the next file could not be begun; perhaps it can now
            channel = open();
            bytes = channel.size();
        }
        if (bytes > 0 && bytes + buffer.remaining() > bytesMax) {
            rotate();
        }
        while (buffer.hasRemaining()) {
            bytes += channel.write(buffer);
        }
    }

    private void rotate() throws IOException {
        close();
        for (int age = filesMax - 1; age > 0; age--) {
            if (Files.exists(file(age - 1))) {
                Files.move(file(age - 1), file(age), StandardCopyOption.REPLACE_EXISTING);
            }
        }
        channel = open();
        bytes = channel.size();
    }

    void force() throws IOException {
        channel.force(false);
    }

    /** Names of the files that are there. */
    List<String> names() throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(file -> file.getFileName().toString()).sorted().toList();
        }
    }

    @Override
    public void close() throws IOException {
        if (channel.isOpen()) {
            channel.force(false);
            channel.close();
        }
    }
}
