// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.evidence;

import dev.managedhsm.gateway.audit.MerkleHash;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * A part of an audit log on disk: the events from one index on, and their leaf hashes. Either file may be missing. Immutable;
 * any thread.
 *
 * @param folder the log's folder
 * @param first the index of the first event
 */
record LogSegment(Path folder, long first) {
    private static final Pattern NAME = Pattern.compile("(?:events-(\\d{16})\\.jsonl|leaves-(\\d{16})\\.bin)");

    /** The segments of a folder, the oldest first. */
    static List<LogSegment> in(Path folder) throws IOException {
        TreeSet<Long> firsts = new TreeSet<>();
        try (Stream<Path> files = Files.list(folder)) {
            for (Path file : (Iterable<Path>) files::iterator) {
                Matcher name = NAME.matcher(String.valueOf(file.getFileName()));
                if (name.matches()) {
                    firsts.add(Long.parseLong(name.group(1) == null ? name.group(2) : name.group(1)));
                }
            }
        }
        List<LogSegment> segments = new ArrayList<>();
        firsts.forEach(first -> segments.add(new LogSegment(folder, first)));
        return segments;
    }

    /** Where its events are, a line each. */
    Path events() {
        return folder.resolve(eventsName());
    }

    /** Where its leaf hashes are. */
    Path leaves() {
        return folder.resolve(leavesName());
    }

    String eventsName() {
        return "events-%016d.jsonl".formatted(first);
    }

    String leavesName() {
        return "leaves-%016d.bin".formatted(first);
    }

    /** How many whole leaf hashes there are now; 0 if the file is missing. */
    long leafCount() throws IOException {
        return Files.exists(leaves()) ? Files.size(leaves()) / MerkleHash.LENGTH : 0;
    }
}
