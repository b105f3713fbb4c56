// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.observe;

import java.nio.file.Path;
import java.time.Duration;

/**
 * Where latencies are written as histograms, and how many of them stay.
 *
 * @param folder of the files; made when missing
 * @param period how long one interval is
 * @param fileBytesMax size after which a file is followed by another
 * @param fileAgeMax age after which it is, too
 * @param bytesMax size of all files together; above it the oldest ones are removed
 */
public record LatencyLogConfig(Path folder, Duration period, long fileBytesMax, Duration fileAgeMax, long bytesMax) {
    private static final long MEBI = 1 << 20;

    /** Ten seconds, and about a week of a busy HSM. */
    public static LatencyLogConfig in(Path folder) {
        return new LatencyLogConfig(folder, Duration.ofSeconds(10), 64 * MEBI, Duration.ofDays(1), 512 * MEBI);
    }

    /** Numbers that contradict each other are a programmer's mistake. */
    public LatencyLogConfig {
        if (!period.isPositive() || !fileAgeMax.isPositive() || fileBytesMax < 1 || bytesMax < fileBytesMax) {
            throw new IllegalArgumentException("a latency log has intervals, and room for a file");
        }
    }
}
