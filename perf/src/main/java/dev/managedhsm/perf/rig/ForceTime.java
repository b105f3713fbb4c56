// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.perf.rig;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.HdrHistogram.Histogram;

/**
 * How long this machine's disk takes to make a few hundred bytes durable: written behind the others into room that is
 * there, then forced, one after another, as the audit log does it.
 */
final class ForceTime {
    private static final int RECORD_LENGTH = 512;
    private static final int DIGITS = 3;

    private ForceTime() {}

    /**
     * Forces so often in a file of its own in a folder, and deletes it.
     *
     * @return nanoseconds of a write with its force
     */
    static Histogram measure(Path folder, int times) throws IOException {
        Path file = Files.createTempFile(folder, "force", null);
        Histogram histogram = new Histogram(DIGITS);
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            channel.write(ByteBuffer.allocate(RECORD_LENGTH * times));
            channel.force(true);
            channel.position(0);
            ByteBuffer bytes = ByteBuffer.allocateDirect(RECORD_LENGTH);
            for (int i = 0; i < times; i++) {
                long startNanos = System.nanoTime();
                channel.write(bytes.clear());
                channel.force(false);
                histogram.recordValue(System.nanoTime() - startNanos);
            }
        } finally {
            Files.delete(file);
        }
        return histogram;
    }
}
