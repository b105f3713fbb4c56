// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.audit;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;

/** What the files of a log's folder are called. Stateless; any thread that may block. */
final class SegmentFiles {
    private static final String EVENTS = "events-";
    private static final String EVENTS_END = ".jsonl";
    private static final String LEAVES = "leaves-";
    private static final String LEAVES_END = ".bin";
    private static final String TREE = "tree-";
    private static final int DIGITS = 16;

    private SegmentFiles() {}

    /** The events from an index on, a line each. */
    static Path events(Path folder, long first) {
        return folder.resolve(EVENTS + digits(first) + EVENTS_END);
    }

    /** Their leaf hashes, 32 bytes each. */
    static Path leaves(Path folder, long first) {
        return folder.resolve(LEAVES + digits(first) + LEAVES_END);
    }

    /** The frontier of the tree of all events before them. */
    static Path tree(Path folder, long first) {
        return folder.resolve(TREE + digits(first) + LEAVES_END);
    }

    private static String digits(long first) {
        return String.format(Locale.ROOT, "%0" + DIGITS + "d", first);
    }

    /** The first indices of the segments that have their events, ascending. */
    static List<Long> withEvents(Path folder) throws IOException {
        return firsts(folder, EVENTS, EVENTS_END);
    }

    /** The first indices of the segments that have their leaf hashes, ascending. */
    static List<Long> withLeaves(Path folder) throws IOException {
        return firsts(folder, LEAVES, LEAVES_END);
    }

    private static List<Long> firsts(Path folder, String prefix, String end) throws IOException {
        List<Long> firsts = new ArrayList<>();
        try (DirectoryStream<Path> files = Files.newDirectoryStream(folder, prefix + "*" + end)) {
            for (Path file : files) {
                String name = file.getFileName().toString();
                String digits = name.substring(prefix.length(), name.length() - end.length());
                if (digits.length() == DIGITS && digits.chars().allMatch(c -> c >= '0' && c <= '9')) {
                    firsts.add(Long.parseLong(digits));
                }
            }
        }
        Collections.sort(firsts);
        return firsts;
    }
}
