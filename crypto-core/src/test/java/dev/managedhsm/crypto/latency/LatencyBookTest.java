// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.latency;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.managedhsm.crypto.key.KeyClass;
import dev.managedhsm.crypto.key.KeyHandle;
import dev.managedhsm.crypto.operation.Algorithm;
import dev.managedhsm.crypto.operation.Completions;
import dev.managedhsm.crypto.operation.Limits;
import dev.managedhsm.crypto.operation.Operation;
import dev.managedhsm.crypto.operation.OperationSlot;
import dev.managedhsm.crypto.operation.Outcome;
import dev.managedhsm.crypto.operation.Stage;
import dev.managedhsm.crypto.operation.StageTimes;
import java.io.ByteArrayInputStream;
import java.lang.foreign.Arena;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import org.HdrHistogram.EncodableHistogram;
import org.HdrHistogram.Histogram;
import org.HdrHistogram.HistogramLogReader;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class LatencyBookTest {
    private final Arena arena = Arena.ofConfined();
    private final LatencyBook book = new LatencyBook(Clock.fixed(Instant.ofEpochSecond(1_800_000_000), ZoneOffset.UTC));

    @AfterEach
    void release() {
        arena.close();
    }

    @Test
    void addsUpWhatAllRecordersSaw() {
        LatencyRecorder one = book.recorder();
        LatencyRecorder two = book.recorder();
        for (int i = 0; i < 10; i++) {
            one.record(times(Operation.SIGN, KeyClass.P_256, 1_000));
            two.record(times(Operation.SIGN, KeyClass.P_256, 1_000));
        }
        assertEquals(20, histogram("SIGN.P_256.EXECUTE").getTotalCount());
    }

    @Test
    void keepsWhatWasReadBefore() {
        LatencyRecorder recorder = book.recorder();
        recorder.record(times(Operation.SIGN, KeyClass.P_256, 1_000));
        assertFalse(book.text().isEmpty());
        recorder.record(times(Operation.SIGN, KeyClass.P_256, 1_000));
        assertEquals(2, histogram("SIGN.P_256.TOTAL").getTotalCount());
    }

    @Test
    void tellsStagesApartAndTheirSum() {
        book.recorder().record(times(Operation.DECRYPT, KeyClass.RSA_4096, 100_000));
        assertEquals(100_000.0, (double) histogram("DECRYPT.RSA_4096.QUEUE").getMaxValue(), 1_000);
        double whole = 100_000.0 * Stage.values().length;
        assertEquals(whole, (double) histogram("DECRYPT.RSA_4096.TOTAL").getMaxValue(), whole / 100);
        assertEquals(Stage.values().length + 1, histograms().size());
    }

    @Test
    void countsALatencyBeyondTheRangeAsTheLongest() {
        book.recorder().record(times(Operation.SIGN, KeyClass.P_256, LatencyRecorder.NANOS_MAX * 2));
        assertNotNull(histograms().get("SIGN.P_256.QUEUE"));
    }

    @Test
    void showsPercentilesInMicroseconds() {
        book.recorder().record(times(Operation.WRAP_KEY, KeyClass.OCT_256, 250_000));
        String line = book.text()
                .lines()
                .filter(text -> text.contains("WRAP_KEY") && text.contains("EXECUTE"))
                .findFirst()
                .orElseThrow();
        assertTrue(line.matches("WRAP_KEY +OCT_256 +EXECUTE +1 .* 25[01]\\.\\d+"), line);
        assertTrue(book.text().endsWith("# end\n"));
    }

    @Test
    void readsIntervalsBesideTheTotals() {
        LatencyRecorder recorder = book.recorder();
        recorder.record(times(Operation.SIGN, KeyClass.P_256, 1_000));
        try (LatencyIntervals intervals = book.intervals();
                LatencyIntervals other = book.intervals()) {
            assertEquals(Map.of(), counts(intervals), "what was before is no interval");
            recorder.record(times(Operation.SIGN, KeyClass.P_256, 1_000));
            recorder.record(times(Operation.SIGN, KeyClass.P_256, 1_000));
            assertFalse(book.text().isEmpty(), "a look at the totals takes nothing away");
            assertEquals(2, counts(intervals).get("SIGN.P_256.TOTAL"));
            assertEquals(Map.of(), counts(intervals));
            recorder.record(times(Operation.VERIFY, KeyClass.P_256, 1_000));
            assertEquals(Stage.values().length + 1, counts(intervals).size(), "only what occurred");
            assertEquals(2, counts(other).get("SIGN.P_256.TOTAL"), "nor do readers from each other");
        }
        assertEquals(3, histogram("SIGN.P_256.TOTAL").getTotalCount());
    }

    @Test
    void tellsAReaderWhatWasBeforeAndSince() {
        LatencyRecorder recorder = book.recorder();
        recorder.record(times(Operation.SIGN, KeyClass.P_256, 1_000));
        try (LatencyIntervals intervals = book.intervals()) {
            recorder.record(times(Operation.SIGN, KeyClass.P_256, 1_000));
            assertEquals(1, sinceStart(intervals).get("SIGN.P_256.QUEUE"), "up to the last look");
            assertEquals(1, counts(intervals).get("SIGN.P_256.QUEUE"));
            assertEquals(2, sinceStart(intervals).get("SIGN.P_256.QUEUE"));
        }
    }

    private static Map<String, Long> counts(LatencyIntervals intervals) {
        Map<String, Long> counts = new HashMap<>();
        intervals.next((series, histogram) -> counts.put(series.tag(), histogram.getTotalCount()));
        return counts;
    }

    private static Map<String, Long> sinceStart(LatencyIntervals intervals) {
        Map<String, Long> counts = new HashMap<>();
        intervals.sinceStart((series, histogram) -> counts.put(series.tag(), histogram.getTotalCount()));
        return counts;
    }

    @Test
    void tellsTheTotalsOfEverySeriesThatOccurred() {
        book.recorder().record(times(Operation.SIGN, KeyClass.P_256, 1_000));
        Map<String, Long> counts = new HashMap<>();
        book.totals((series, total) -> counts.put(series.tag(), total.getTotalCount()));
        assertEquals(Stage.values().length + 1, counts.size());
        assertEquals(1, counts.get("SIGN.P_256.TOTAL"));
    }

    private Histogram histogram(String tag) {
        return Objects.requireNonNull(histograms().get(tag));
    }

    private Map<String, Histogram> histograms() {
        Map<String, Histogram> byTag = new HashMap<>();
        try (HistogramLogReader reader = new HistogramLogReader(new ByteArrayInputStream(book.log()))) {
            EncodableHistogram histogram;
            while ((histogram = reader.nextIntervalHistogram()) != null) {
                byTag.put(histogram.getTag(), (Histogram) histogram);
            }
        }
        return byTag;
    }

    /** What took {@code nanos} in each stage. */
    private StageTimes times(Operation operation, KeyClass keyClass, long nanos) {
        OperationSlot slot = new OperationSlot(0, arena.allocate(Limits.SLOT_LENGTH), new Nowhere());
        slot.ask(operation, Algorithm.HS256, new KeyHandle(0, 0, keyClass));
        slot.end(Outcome.DONE);
        slot.start(0);
        long now = 0;
        for (Stage stage : Stage.values()) {
            now += nanos;
            slot.stamp(stage, now);
        }
        return new StageTimes(slot);
    }

    private record Nowhere() implements Completions {
        @Override
        public void offer(OperationSlot slot) {
            throw new IllegalStateException("nothing runs here");
        }

        @Override
        public void wake() {
            throw new IllegalStateException("nothing runs here");
        }
    }
}
