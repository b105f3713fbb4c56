// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.perf.rig;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.PrimitiveIterator;
import java.util.stream.LongStream;
import org.HdrHistogram.Histogram;
import org.junit.jupiter.api.Test;

class MachineStopsTest {
    @Test
    void countsLooksAtTheClockThatAreFarApartUntilTheEnd() {
        PrimitiveIterator.OfLong looks = LongStream.of(
                        0, 90_000, 5_090_000, 5_100_000, 7_100_000, 10_000_000, 99_000_000)
                .iterator();
        Histogram stops = MachineStops.seen(looks::nextLong, 10_000_000);
        assertEquals(3, stops.getTotalCount());
        assertEquals(5e6, (double) stops.getMaxValue(), 1e5);
        assertEquals(2e6, (double) stops.getMinValue(), 1e5);
    }
}
