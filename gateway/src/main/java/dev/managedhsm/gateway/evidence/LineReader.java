// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.evidence;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;

/**
 * Reads the lines of a file as bytes, without copying them. Zeros where a line would begin are the end: a segment has them behind
 * its last line while it is written. Used by one thread at a time.
 */
final class LineReader implements AutoCloseable {
    private static final int BUFFER_LENGTH = 1 << 16;

    /** A longer line is not one of an audit log: reading it would take all memory. */
    static final int LINE_LENGTH_MAX = 1 << 24;

    private final FileChannel channel;
    private byte[] buffer = new byte[BUFFER_LENGTH];
    private int start;
    private int length;
    private int next; // where the next line begins
    private int filled;
    private long offset; // of the buffer's beginning in the file

    /**
     * Opens a file.
     *
     * @param offset where a line begins
     */
    LineReader(Path file, long offset) throws IOException {
        this.channel = FileChannel.open(file, StandardOpenOption.READ);
        this.offset = offset;
    }

    /** Goes to the next line that has an end; false if there is none (yet). */
    boolean next() throws IOException {
        int searched = next;
        while (true) {
            if (next < filled && buffer[next] == 0) {
                return false;
            }
            for (int i = searched; i < filled; i++) {
                if (buffer[i] == '\n') {
                    start = next;
                    length = i - next;
                    next = i + 1;
                    return true;
                }
            }
            searched = filled - next;
            if (!fill()) {
                return false;
            }
            searched += next;
        }
    }

    private boolean fill() throws IOException {
        if (next > 0) {
            System.arraycopy(buffer, next, buffer, 0, filled - next);
            offset += next;
            filled -= next;
            next = 0;
        } else if (filled == buffer.length) {
            if (buffer.length >= LINE_LENGTH_MAX) {
                throw new IOException("a line is longer than " + LINE_LENGTH_MAX + " bytes");
            }
            buffer = Arrays.copyOf(buffer, 2 * buffer.length);
        }
        int read = channel.read(ByteBuffer.wrap(buffer, filled, buffer.length - filled), offset + filled);
        filled += Math.max(read, 0);
        return read > 0;
    }

    /** Where the line is; valid until the next call of {@link #next}. */
    byte[] buffer() {
        return buffer;
    }

    /** Where in the buffer the line begins. */
    int start() {
        return start;
    }

    /** The line's length in bytes, without its end. */
    int length() {
        return length;
    }

    /** The line as text. */
    String text() {
        return new String(buffer, start, length, StandardCharsets.UTF_8);
    }

    /** Where in the buffer the bytes behind a mark begin; -1 if the line does not have it. */
    int behind(byte[] mark) {
        int last = start + length - mark.length;
        for (int i = start; i <= last; i++) {
            if (buffer[i] == mark[0] && Arrays.equals(buffer, i, i + mark.length, mark, 0, mark.length)) {
                return i + mark.length;
            }
        }
        return -1;
    }

    /** The ASCII text from a place of the line in the buffer to the next quotation mark, or to the line's end. */
    String quoted(int from) {
        int end = from;
        while (end < start + length && buffer[end] != '"') {
            end++;
        }
        return new String(buffer, from, Math.max(0, end - from), StandardCharsets.US_ASCII);
    }

    /** Where in the file the next line begins. */
    long offset() {
        return offset + next;
    }

    /** How many bytes follow the last line up to the last one that is not zero: those of a line that has no end. */
    long rest() throws IOException {
        long begin = offset();
        long end = begin;
        do {
            for (int i = next; i < filled; i++) {
                if (buffer[i] != 0) {
                    end = offset + i + 1;
                }
            }
            next = filled;
        } while (fill());
        return end - begin;
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
