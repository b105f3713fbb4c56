// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.perf.planner;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Base64;
import java.util.zip.DataFormatException;
import org.HdrHistogram.Histogram;

/** A histogram as a profile's file has it: HdrHistogram's compressed bytes in Base64. */
final class HistogramText {
    private HistogramText() {}

    static String of(Histogram histogram) {
        ByteBuffer bytes = ByteBuffer.allocate(histogram.getNeededByteBufferCapacity());
        int length = histogram.encodeIntoCompressedByteBuffer(bytes);
        return Base64.getEncoder().encodeToString(Arrays.copyOf(bytes.array(), length));
    }

    /** @throws IllegalArgumentException if it is none */
    static Histogram read(String text) {
        try {
            return Histogram.decodeFromCompressedByteBuffer(
                    ByteBuffer.wrap(Base64.getDecoder().decode(text)), 0);
        } catch (DataFormatException e) {
            throw new IllegalArgumentException("the profile's histograms are damaged", e);
        }
    }
}
