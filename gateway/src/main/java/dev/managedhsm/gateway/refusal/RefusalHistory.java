// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.refusal;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;

/** The newest lines, as many as fit a number of bytes. Any thread; a short lock. */
final class RefusalHistory {
    private final long bytesMax;
    private final ArrayDeque<RefusalLine> lines = new ArrayDeque<>();
    private long bytes;

    RefusalHistory(long bytesMax) {
        this.bytesMax = bytesMax;
    }

    synchronized void add(RefusalLine line) {
        lines.addLast(line);
        bytes += line.bytes();
        while (bytes > bytesMax && lines.size() > 1) {
            bytes -= lines.removeFirst().bytes();
        }
    }

    /** Those that answer the query, the newest first. */
    synchronized List<String> find(RefusalQuery query) {
        List<String> found = new ArrayList<>();
        Iterator<RefusalLine> newestFirst = lines.descendingIterator();
        while (newestFirst.hasNext() && found.size() < query.linesMax()) {
            RefusalLine line = newestFirst.next();
            if (line.answers(query)) {
                found.add(line.text());
            }
        }
        return found;
    }

    synchronized long bytes() {
        return bytes;
    }
}
