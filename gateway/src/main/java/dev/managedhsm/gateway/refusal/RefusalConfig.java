// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.refusal;

import java.nio.file.Path;
import java.time.Duration;

/**
 * Where refused tokens are recorded, how much of it is kept, and when somebody is called. Immutable.
 *
 * @param folder of the files; made when missing
 * @param fileBytesMax how long one file grows before the next begins, at least {@link #FILE_BYTES_MIN}
 * @param filesMax how many files are kept, the one that is written included, at least 2
 * @param memoryBytesMax how much of the newest records can be asked for
 * @param alertWindow how far back refusals are counted, one to five minutes
 * @param callerAlertAt how many refusals of one caller, issuer and reason within the window raise an alert
 * @param issuerAlertAt how many refusals of one issuer and reason, of all callers together, raise one
 */
public record RefusalConfig(
        Path folder,
        long fileBytesMax,
        int filesMax,
        long memoryBytesMax,
        Duration alertWindow,
        int callerAlertAt,
        int issuerAlertAt) {
    /** The shortest file: at least a few records must fit. */
    public static final long FILE_BYTES_MIN = 64 * 1024;

    /** Refuses numbers that keep nothing or call nobody. */
    public RefusalConfig {
        if (fileBytesMax < FILE_BYTES_MIN || filesMax < 2 || memoryBytesMax < FILE_BYTES_MIN) {
            throw new IllegalArgumentException(
                    "The record of refused tokens needs 2 files or more, and 64 KiB or more for each and for memory.");
        }
        boolean window =
                alertWindow.compareTo(Duration.ofMinutes(1)) >= 0 && alertWindow.compareTo(Duration.ofMinutes(5)) <= 0;
        if (!window || callerAlertAt < 2 || issuerAlertAt < 2) {
            throw new IllegalArgumentException(
                    "Alerts on refused tokens need a window of 1 to 5 minutes and 2 refusals or more.");
        }
    }

    /** 8 files of 16 MiB, 8 MiB in memory; 10 refusals of a caller or 100 of an issuer in five minutes. */
    public static RefusalConfig in(Path folder) {
        return new RefusalConfig(folder, 16L << 20, 8, 8L << 20, Duration.ofMinutes(5), 10, 100);
    }
}
