// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.pulse;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import io.vertx.core.json.JsonArray;
import java.io.IOException;
import java.io.StringWriter;
import org.HdrHistogram.Histogram;
import org.junit.jupiter.api.Test;

class SparseCountsTest {
    private final Histogram histogram = new Histogram(60_000_000_000L, 2);

    @Test
    void tellsBucketsAndTheirDistances() throws IOException {
        histogram.recordValue(3);
        histogram.recordValue(3);
        histogram.recordValue(256);
        histogram.recordValue(257);
        assertEquals(new JsonArray().add(3).add(2).add(253).add(2), written());
    }

    @Test
    void givesEachBucketOfTheHistogramANumberOfItsOwnWithoutGaps() {
        long value = 0;
        int expected = 0;
        while (value < 60_000_000_000L) {
            assertEquals(expected, SparseCounts.bucket(histogram.highestEquivalentValue(value)), value + " ns");
            assertEquals(expected, SparseCounts.bucket(value), value + " ns");
            value = histogram.nextNonEquivalentValue(value);
            expected++;
        }
    }

    private JsonArray written() throws IOException {
        StringWriter text = new StringWriter();
        try (JsonGenerator json = new JsonFactory().createGenerator(text)) {
            SparseCounts.write(histogram, json);
        }
        return new JsonArray(text.toString());
    }
}
