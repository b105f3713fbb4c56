// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.perf.rig;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Locale;
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
    private static final DateTimeFormatter FORM = DateTimeFormatter.ofPattern(
                    "uuuu-MM-dd'T'HH:mm:ss.SSS'Z'", Locale.ROOT)
            .withZone(ZoneOffset.UTC);
    private static final int DIGITS = 3;

    private RefusalTimes() {}

    /** Of the refusals with 429 that ended at a time, in milliseconds since the epoch, or later. */
    static Histogram since(LiveHsm hsm, long fromMillis) throws IOException {
        String from = FORM.format(Instant.ofEpochMilli(fromMillis));
        Histogram nanos = new Histogram(DIGITS);
        List<Path> segments;
        try (Stream<Path> files = Files.walk(hsm.folder())) {
            segments = files.filter(file -> file.getFileName().toString().matches("events-.*\\.jsonl"))
                    .toList();
        }
        for (Path segment : segments) {
            try (Stream<String> lines = Files.lines(segment)) {
                lines.filter(line -> line.contains(THROTTLED)).forEach(line -> add(nanos, line, from));
            }
        }
        return nanos;
    }

    /** Times of one form are in order as texts. */
    private static void add(Histogram nanos, String line, String from) {
        Matcher time = TIME.matcher(line);
        Matcher duration = DURATION.matcher(line);
        if (time.find() && time.group(1).compareTo(from) >= 0 && duration.find()) {
            nanos.recordValue(Long.parseLong(duration.group(1)));
        }
    }
}
