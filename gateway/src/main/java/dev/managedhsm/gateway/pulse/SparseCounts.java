// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.pulse;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import org.HdrHistogram.Histogram;
import org.HdrHistogram.HistogramIterationValue;

/**
 * A histogram as JSON: the buckets that hold something, so that whoever reads it finds the very same percentiles.
 *
 * <pre>
 *   [ bucket, count, distance to the next bucket, its count, ... ]
 *
 *   bucket of a value v, for {@value #SUBS} values told apart in the first octave:
 *     octave = max(0, bits of v - {@value #SUB_BITS})      bucket = octave * {@value #HALF} + (v >> octave)
 * </pre>
 */
final class SparseCounts {
    /** Values of two significant digits are told apart by 256 buckets, half of which each further octave has. */
    static final int SUB_BITS = 8;

    static final int SUBS = 1 << SUB_BITS;
    static final int HALF = SUBS / 2;

    private SparseCounts() {}

    /** The bucket of a value; a histogram of two significant digits from 1 on is presumed. */
    static int bucket(long value) {
        int octave = Math.max(0, Long.SIZE - Long.numberOfLeadingZeros(value) - SUB_BITS);
        return octave * HALF + (int) (value >>> octave);
    }

    static void write(Histogram histogram, JsonGenerator json) throws IOException {
        json.writeStartArray();
        int last = 0;
        for (HistogramIterationValue value : histogram.recordedValues()) {
            int bucket = bucket(value.getValueIteratedTo());
            json.writeNumber(bucket - last);
            json.writeNumber(value.getCountAtValueIteratedTo());
            last = bucket;
        }
        json.writeEndArray();
    }
}
