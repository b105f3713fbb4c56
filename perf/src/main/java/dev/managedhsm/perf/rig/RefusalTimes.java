// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.perf.rig;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.HdrHistogram.Histogram;

/**
 * How long an HSM itself took to refuse requests, by its audit log: from a request's head to its answer, in nanoseconds. What a
 * sender sees beside that is waiting for a core on either side, and the network. Stateless; any thread that may block.
 */
final class RefusalTimes {
    private static final String THROTTLED = "\"httpStatusCode\":429,";
    private static final Pattern TIME = Pattern.compile("^\\{\"time\":\"([^\"]+)\"");
    private static final Pattern DURATION = Pattern.compile("\"durationNanos\":(\\d+)");
    private static final int DIGITS = 3;

    private RefusalTimes() {}

    /**
     * Of the refusals with 429 that ended between two times, in milliseconds since the epoch.
     *
     * @throws IOException if the log has none: nobody asks who has not seen some
     */
    static Histogram between(LiveHsm hsm, long fromMillis, long toMillis) throws IOException {
        Histogram nanos = new Histogram(DIGITS);
        try (DirectoryStream<Path> segments = Files.newDirectoryStream(hsm.auditFolder(), "events-*.jsonl")) {
            for (Path segment : segments) {
                try (Stream<String> lines = Files.lines(segment)) {
                    lines.filter(line -> line.contains(THROTTLED))
                            .forEach(line -> add(nanos, line, fromMillis, toMillis));
                }
            }
        }
        if (nanos.getTotalCount() == 0) {
            throw new IOException("the audit log has no refusal");
        }
        return nanos;
    }

    private static void add(Histogram nanos, String line, long fromMillis, long toMillis) {
        Matcher time = TIME.matcher(line);
        Matcher duration = DURATION.matcher(line);
        if (time.find() && duration.find()) {
            long millis = Instant.parse(time.group(1)).toEpochMilli();
            if (fromMillis <= millis && millis <= toMillis) {
                nanos.recordValue(Long.parseLong(duration.group(1)));
            }
        }
    }
}
