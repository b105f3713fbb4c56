// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.refusal;

import java.nio.file.Path;
import java.util.List;

/**
 * Where refused tokens are recorded, how much of it is kept, and when somebody is called. Immutable.
 *
 * @param folder of the files; made when missing
 * @param fileBytesMax how long one file grows before the next begins, at least {@link #FILE_BYTES_MIN}
 * @param filesMax how many files are kept, the one that is written included, at least 2
 * @param memoryBytesMax how much of the newest records can be asked for
 * @param rules when somebody is called, at most {@link AlertRule#RULES_MAX}, with different names
 */
public record RefusalConfig(Path folder, long fileBytesMax, int filesMax, long memoryBytesMax, List<AlertRule> rules) {
    /** The shortest file: at least a few records must fit. */
    public static final long FILE_BYTES_MIN = 64 * 1024;

    /** Refuses numbers that keep nothing, and rules that cannot be told apart. */
    public RefusalConfig {
        rules = List.copyOf(rules);
        if (fileBytesMax < FILE_BYTES_MIN || filesMax < 2 || memoryBytesMax < FILE_BYTES_MIN) {
            throw new IllegalArgumentException(
                    "The record of refused tokens needs 2 files or more, and 64 KiB or more for each and for memory.");
        }
        if (rules.size() > AlertRule.RULES_MAX
                || rules.stream().map(AlertRule::name).distinct().count() < rules.size()) {
            throw new IllegalArgumentException(
                    "Alerts on refused tokens need different names, and are " + AlertRule.RULES_MAX + " at most.");
        }
    }

    /** 8 files of 16 MiB, 8 MiB in memory, the usual rules. */
    public static RefusalConfig in(Path folder) {
        return new RefusalConfig(folder, 16L << 20, 8, 8L << 20, AlertRule.USUAL);
    }
}
