// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.observe;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongFunction;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The files of a latency log, each named by the moment its first interval began, in milliseconds since 1970. One thread at a
 * time writes; any reads.
 */
final class LatencyLogFiles implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(LatencyLogFiles.class);
    private static final Pattern NAME = Pattern.compile("latency-[0-9]{13}\\.hlog");
    private static final double MILLIS_PER_SECOND = 1e3;

    /** Times are written to the millisecond. */
    private static final long ROUNDING_MILLIS = 1;

    private final LatencyLogConfig config;
    private @Nullable OutputStream open;
    private long openedMillis;
    private long openBytes;

    LatencyLogFiles(LatencyLogConfig config) throws IOException {
        this.config = config;
        Files.createDirectories(config.folder());
    }

    /**
     * Appends an interval's lines to the newest file, or to a new one.
     *
     * @param beganMillis when the interval began
     * @param head makes what a file begins with
     */
    void append(byte[] lines, long beganMillis, LongFunction<byte[]> head) throws IOException {
        boolean old = beganMillis - openedMillis >= config.fileAgeMax().toMillis();
        if (open != null && (old || openBytes + lines.length > config.fileBytesMax())) {
            close();
        }
        OutputStream out = open;
        try {
            if (out == null) {
                out = begin(beganMillis, head.apply(beganMillis));
            }
            out.write(lines);
            openBytes += lines.length;
        } catch (IOException e) {
            close(); // a part of a line may be in it: the next interval begins another one
            throw e;
        }
    }

    private OutputStream begin(long beganMillis, byte[] head) throws IOException {
        removeOldest();
        Path file = config.folder().resolve("latency-" + beganMillis + ".hlog");
        OutputStream out = Files.newOutputStream(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
        open = out;
        openedMillis = beganMillis;
        openBytes = head.length;
        out.write(head);
        return out;
    }

    /** Makes room for one more file. */
    private void removeOldest() throws IOException {
        List<Path> files = files();
        long bytes = 0;
        for (Path file : files) {
            bytes += Files.size(file);
        }
        for (Path oldest : files) {
            if (bytes + config.fileBytesMax() <= config.bytesMax()) {
                return;
            }
            bytes -= Files.size(oldest);
            Files.delete(oldest);
        }
    }

    /** The oldest first. */
    private List<Path> files() throws IOException {
        try (Stream<Path> all = Files.list(config.folder())) {
            return all.filter(
                            file -> NAME.matcher(file.getFileName().toString()).matches())
                    .sorted()
                    .toList();
        }
    }

    /**
     * Tells of each interval's line that lies wholly in a window, in the order of time.
     *
     * @param told answers whether it wants more
     */
    void lines(long fromMillis, long toMillis, Predicate<String> told) throws IOException {
        List<Path> files = new ArrayList<>(files());
        // A file ends where the next one begins.
        while (files.size() > 1 && beganMillis(files.get(1)) <= fromMillis) {
            files.removeFirst();
        }
        for (Path file : files) {
            if (beganMillis(file) > toMillis || !lines(file, fromMillis, toMillis, told)) {
                return;
            }
        }
    }

    private static long beganMillis(Path file) {
        String name = file.getFileName().toString();
        return Long.parseLong(name.substring(name.indexOf('-') + 1, name.indexOf('.')));
    }

    private static boolean lines(Path file, long fromMillis, long toMillis, Predicate<String> told) throws IOException {
        try (BufferedReader reader = Files.newBufferedReader(file, StandardCharsets.US_ASCII)) {
            for (String line = reader.readLine(); line != null; line = reader.readLine()) {
                if (line.startsWith("Tag=") && within(line, fromMillis, toMillis) && !told.test(line)) {
                    return false;
                }
            }
            return true;
        } catch (NoSuchFileException removed) {
            return true; // to make room, a moment ago
        }
    }

    /** A line is tag, start, length, maximum and histogram; a torn one is not told of. */
    private static boolean within(String line, long fromMillis, long toMillis) {
        String[] parts = line.split(",", 5);
        if (parts.length < 5) {
            return false;
        }
        try {
            long start = Math.round(Double.parseDouble(parts[1]) * MILLIS_PER_SECOND);
            long end = start + Math.round(Double.parseDouble(parts[2]) * MILLIS_PER_SECOND);
            return start >= fromMillis - ROUNDING_MILLIS && end <= toMillis + ROUNDING_MILLIS;
        } catch (NumberFormatException torn) {
            return false;
        }
    }

    @Override
    public void close() {
        OutputStream out = open;
        open = null;
        if (out != null) {
            try {
                out.close();
            } catch (IOException e) {
                LOG.warn("a file of latencies could not be closed: {}", e.toString());
            }
        }
    }
}
