// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.evidence;

import dev.managedhsm.gateway.audit.MerkleHash;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Reads events of a log by their index. Where pages ended is remembered, so that whoever goes through a log page by page has
 * each line read once; who begins anywhere has the lines of one segment skipped. Used by one thread at a time.
 */
public final class EventPages {
    /** So many ends of pages are remembered. */
    private static final int ENDS_MAX = 256;

    private final Path folder;
    private final Map<End, Long> ends = new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<End, Long> eldest) {
            return size() > ENDS_MAX;
        }
    };

    /** Where a page ended: the segment, and the index of the event behind it. */
    private record End(long segment, long next) {}

    /** @param folder the log's folder */
    public EventPages(Path folder) {
        this.folder = folder;
    }

    /**
     * Some lines as they are in the log, each with its end.
     *
     * @param from index of the first one
     * @param until index behind the last one; all before it are durable
     * @param bytesMax no line begins behind so many bytes
     * @return empty if the first one is there no more
     */
    public byte[] page(long from, long until, int bytesMax) throws IOException {
        ByteArrayOutputStream page = new ByteArrayOutputStream();
        List<LogSegment> segments = from < until ? LogSegment.in(folder) : List.of();
        long next = from;
        for (int i = 0; i < segments.size() && next < until && page.size() < bytesMax; i++) {
            LogSegment segment = segments.get(i);
            long behind = i + 1 < segments.size() ? segments.get(i + 1).first() : Long.MAX_VALUE;
            if (behind <= next) {
                continue;
            }
            if (segment.first() > next) {
                break; // what is between is not there
            }
            next = read(segment, next, Math.min(until, behind), bytesMax, page);
        }
        return page.toByteArray();
    }

    /** Index of the first event at or behind an index whose segment is there; {@link Long#MAX_VALUE} if there is none. */
    public long firstFrom(long index) throws IOException {
        List<LogSegment> segments = LogSegment.in(folder);
        for (int i = 0; i < segments.size(); i++) {
            long behind = i + 1 < segments.size() ? segments.get(i + 1).first() : Long.MAX_VALUE;
            if (behind > index && Files.exists(segments.get(i).events())) {
                return Math.max(index, segments.get(i).first());
            }
        }
        return Long.MAX_VALUE;
    }

    /**
     * The leaf hash of a durable event, whether the event itself was deleted or not.
     *
     * @throws IOException if it is not there
     */
    public byte[] leafHash(long index) throws IOException {
        byte[] leaf = new byte[MerkleHash.LENGTH];
        new FolderLeaves(folder).read(index, 1, leaf);
        return leaf;
    }

    private long read(LogSegment segment, long from, long until, int bytesMax, ByteArrayOutputStream page)
            throws IOException {
        Long known = ends.get(new End(segment.first(), from));
        long next = known == null ? segment.first() : from;
        try (LineReader lines = new LineReader(segment.events(), known == null ? 0 : known)) {
            while (next < until && page.size() < bytesMax && lines.next()) {
                if (next >= from) {
                    page.write(lines.buffer(), lines.start(), lines.length());
                    page.write('\n');
                }
                next++;
            }
            ends.put(new End(segment.first(), next), lines.offset());
        } catch (NoSuchFileException deleted) { // by retention, perhaps a moment ago; what follows is no continuation
            return from;
        }
        return next;
    }
}
