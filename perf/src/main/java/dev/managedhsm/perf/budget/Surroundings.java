// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.perf.budget;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Locale;
import java.util.stream.Stream;

/** Machine, JDK, flags and commit: what every figure must be told with. */
public final class Surroundings {
    private static final Path PROCESSORS = Path.of("/proc/cpuinfo");

    private Surroundings() {}

    /** Four lines of text. */
    public static String describe() throws IOException {
        var runtime = ManagementFactory.getRuntimeMXBean();
        var system = ManagementFactory.getOperatingSystemMXBean();
        return String.format(
                Locale.ROOT,
                "commit %s, %s%nmachine: %s, %d cores, %s %s, load average %.1f%nJDK: %s %s%nflags: %s",
                System.getProperty("perf.commit", "unknown"),
                Instant.now().truncatedTo(ChronoUnit.SECONDS),
                processor(),
                system.getAvailableProcessors(),
                system.getName(),
                system.getVersion(),
                system.getSystemLoadAverage(),
                runtime.getVmVendor(),
                runtime.getVmVersion(),
                String.join(" ", runtime.getInputArguments()));
    }

    private static String processor() throws IOException {
        if (!Files.isReadable(PROCESSORS)) {
            return System.getProperty("os.arch", "unknown processor");
        }
        try (Stream<String> lines = Files.lines(PROCESSORS)) {
            return lines.filter(line -> line.startsWith("model name"))
                    .map(line -> line.substring(line.indexOf(':') + 1).trim())
                    .findFirst()
                    .orElse(System.getProperty("os.arch", "unknown processor"));
        }
    }
}
