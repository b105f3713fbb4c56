// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.observe;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.managedhsm.crypto.key.KeyClass;
import dev.managedhsm.crypto.key.KeyHandle;
import dev.managedhsm.crypto.latency.LatencyBook;
import dev.managedhsm.crypto.latency.LatencyRecorder;
import dev.managedhsm.crypto.operation.Algorithm;
import dev.managedhsm.crypto.operation.Completions;
import dev.managedhsm.crypto.operation.Limits;
import dev.managedhsm.crypto.operation.Operation;
import dev.managedhsm.crypto.operation.OperationSlot;
import dev.managedhsm.crypto.operation.Outcome;
import dev.managedhsm.crypto.operation.Stage;
import dev.managedhsm.crypto.operation.StageTimes;
import dev.managedhsm.gateway.wire.Refused;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.HdrHistogram.EncodableHistogram;
import org.HdrHistogram.Histogram;
import org.HdrHistogram.HistogramLogReader;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LatencyLogTest {
    private static final Instant START = Instant.ofEpochSecond(1_800_000_000);

    @TempDir
    private Path folder;

    private final Arena arena = Arena.ofConfined();
    private Instant now = START;
    private final LatencyBook book = new LatencyBook(Clock.fixed(START, ZoneOffset.UTC));
    private final LatencyRecorder recorder = book.recorder();

    @AfterEach
    void release() {
        arena.close();
    }

    private LatencyLog log(long fileBytesMax, long bytesMax) {
        LatencyLogConfig config = new LatencyLogConfig(
                folder.resolve("latency"), Duration.ofSeconds(10), fileBytesMax, Duration.ofDays(1), bytesMax);
        return LatencyLog.open(book, config, () -> now);
    }

    private LatencyLog log() {
        return log(1 << 20, 1 << 24);
    }

    private void work(int operations) {
        for (int i = 0; i < operations; i++) {
            OperationSlot slot = new OperationSlot(0, arena.allocate(Limits.SLOT_LENGTH), new Nowhere());
            slot.ask(Operation.SIGN, Algorithm.ES256, new KeyHandle(0, 0, KeyClass.P_256));
            slot.end(Outcome.DONE);
            slot.start(0);
            for (Stage stage : Stage.values()) {
                slot.stamp(stage, 1_000L * (stage.ordinal() + 1));
            }
            recorder.record(new StageTimes(slot));
        }
    }

    private void pass(long seconds) {
        now = now.plusSeconds(seconds);
    }

    private List<Path> files() throws IOException {
        try (Stream<Path> all = Files.list(folder.resolve("latency"))) {
            return all.sorted().toList();
        }
    }

    /** Counts by tag, as HdrHistogram's own reader finds them. */
    private static Map<String, Long> counts(byte[] log) {
        Map<String, Long> counts = new HashMap<>();
        try (HistogramLogReader reader = new HistogramLogReader(new ByteArrayInputStream(log))) {
            EncodableHistogram histogram;
            while ((histogram = reader.nextIntervalHistogram()) != null) {
                counts.merge(histogram.getTag(), ((Histogram) histogram).getTotalCount(), Long::sum);
            }
        }
        return counts;
    }

    private static long signatures(byte[] log) {
        return counts(log).getOrDefault("SIGN.P_256.TOTAL", 0L);
    }

    @Test
    void aFileHoldsEachIntervalOnceAndHdrHistogramReadsIt() throws Exception {
        try (LatencyLog log = log()) {
            work(3);
            pass(10);
            log.cut();
            work(5);
            pass(10);
            log.cut();
            assertEquals(1, files().size());
            byte[] file = Files.readAllBytes(files().getFirst());
            assertEquals(8, signatures(file));
            assertEquals(Stage.values().length + 1, counts(file).size());
            try (HistogramLogReader reader = new HistogramLogReader(new ByteArrayInputStream(file))) {
                Histogram first = (Histogram) reader.nextIntervalHistogram();
                assertEquals(START.toEpochMilli(), first.getStartTimeStamp());
                assertEquals(START.plusSeconds(10).toEpochMilli(), first.getEndTimeStamp());
            }
            assertEquals(2, log.written());
        }
    }

    @Test
    void anHsmThatDoesNothingWritesNothing() throws Exception {
        try (LatencyLog log = log()) {
            pass(10);
            log.cut();
            assertEquals(List.of(), files());
        }
    }

    @Test
    void aWindowHoldsWholeIntervalsOnly() throws Exception {
        try (LatencyLog log = log()) {
            for (int i = 1; i <= 5; i++) {
                work(i);
                pass(10);
                log.cut();
            }
            assertEquals(2 + 3, signatures(log.window(START.plusSeconds(10), START.plusSeconds(30))));
            assertEquals(3, signatures(log.window(START.plusSeconds(11), START.plusSeconds(39))));
            assertEquals(15, signatures(log.window(Instant.EPOCH, START.plusSeconds(99))));
            assertEquals(0, signatures(log.window(START.plusSeconds(50), START.plusSeconds(99))));
        }
    }

    @Test
    void askingEndsTheIntervalSoThatAWindowBeginsAndEndsThen() throws Exception {
        try (LatencyLog log = log()) {
            work(7);
            pass(3);
            Instant from = now;
            assertEquals(0, signatures(log.window(from, now)));
            work(4);
            pass(5);
            assertEquals(4, signatures(log.window(from, now)));
        }
    }

    @Test
    void askingTwiceInASecondMakesNoShorterInterval() throws Exception {
        try (LatencyLog log = log()) {
            work(1);
            pass(1);
            assertEquals(1, signatures(log.window(START, now)));
            work(1);
            now = now.plusMillis(999);
            assertEquals(1, signatures(log.window(START, now)));
            now = now.plusMillis(1);
            assertEquals(2, signatures(log.window(START, now)));
        }
    }

    @Test
    void aFullFileIsFollowedByAnotherAndTheOldestGo() throws Exception {
        try (LatencyLog log = log(8_000, 24_000)) {
            for (int i = 0; i < 60; i++) {
                work(1);
                pass(10);
                log.cut();
            }
            assertTrue(files().size() >= 2, "followed by another");
            long bytes = 0;
            for (Path file : files()) {
                assertTrue(Files.size(file) <= 8_000, file + " has " + Files.size(file));
                bytes += Files.size(file);
            }
            assertTrue(bytes <= 24_000, bytes + " bytes in all");
            long kept = signatures(log.window(START, now));
            assertTrue(kept > 0 && kept < 60, kept + " of 60 are there");
            assertEquals(1, signatures(log.window(now.minusSeconds(10), now)), "the newest are");
        }
    }

    @Test
    void aFileThatIsADayOldIsFollowedByAnother() throws Exception {
        try (LatencyLog log = log()) {
            work(1);
            pass(10);
            log.cut();
            pass(24 * 3600);
            log.cut();
            work(1);
            pass(10);
            log.cut();
            assertEquals(2, files().size());
        }
    }

    @Test
    void whatWasWrittenBeforeAStartIsStillThereAfterIt() throws Exception {
        LatencyLog before = log();
        work(2);
        pass(10);
        before.close();
        pass(10);
        try (LatencyLog log = log()) {
            work(3);
            pass(10);
            assertEquals(5, signatures(log.window(START, now)));
        }
    }

    @Test
    void anIntervalThatTheDiskDoesNotTakeIsCountedAndTheNextOneIsWritten() throws Exception {
        try (LatencyLog log = log()) {
            Path lost = folder.resolve("latency");
            Files.delete(lost);
            work(1);
            pass(10);
            log.cut();
            assertEquals(1, log.failed());
            Files.createDirectory(lost);
            work(1);
            pass(10);
            log.cut();
            assertEquals(1, log.written());
        }
    }

    @Test
    void aFolderThatCannotBeMadeIsRefusedAtStart() throws Exception {
        Files.createFile(folder.resolve("latency"));
        assertThrows(UncheckedIOException.class, this::log);
    }

    @Test
    void aWindowThatIsTooMuchForOneAnswerIsRefused() throws Exception {
        try (LatencyLog log = log()) {
            work(1);
            pass(10);
            log.cut();
            Path file = files().getFirst();
            String line = Files.readAllLines(file).getLast();
            StringBuilder many = new StringBuilder();
            for (int i = 0; i < 1 + (33 << 20) / (line.length() + 1); i++) {
                many.append(line).append('\n');
            }
            Files.writeString(file, many);
            assertThrows(Refused.class, () -> log.window(START, now));
        }
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
