// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.evidence;

import dev.managedhsm.gateway.audit.LeafHashes;
import dev.managedhsm.gateway.audit.MerkleHash;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;

/** The leaf hashes of a log as its folder has them now, whether their events were deleted or not. Used by one thread at a time. */
final class FolderLeaves implements LeafHashes {
    private final Path folder;
    private List<LogSegment> segments = List.of();

    /** @param folder the log's folder */
    FolderLeaves(Path folder) {
        this.folder = folder;
    }

    @Override
    public long size() throws IOException {
        segments = LogSegment.in(folder);
        LogSegment last = segments.isEmpty() ? null : segments.getLast();
        return last == null ? 0 : last.first() + last.leafCount();
    }

    @Override
    public void read(long first, int count, byte[] into) throws IOException {
        int done = 0;
        while (done < count) {
            LogSegment segment = holding(first + done);
            long at = first + done - segment.first();
            int some = (int) Math.min(count - (long) done, segment.leafCount() - at);
            if (some <= 0) {
                throw new IOException("the leaf hash of event " + (first + done) + " is not there");
            }
            read(
                    segment.leaves(),
                    at * MerkleHash.LENGTH,
                    ByteBuffer.wrap(into, done * MerkleHash.LENGTH, some * MerkleHash.LENGTH));
            done += some;
        }
    }

    private LogSegment holding(long index) throws IOException {
        if (segments.isEmpty()) {
            size();
        }
        for (int i = segments.size() - 1; i >= 0; i--) {
            if (segments.get(i).first() <= index) {
                return segments.get(i);
            }
        }
        throw new IOException("no segment holds event " + index);
    }

    private static void read(Path file, long from, ByteBuffer into) throws IOException {
        long at = from;
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            while (into.hasRemaining()) {
                int read = channel.read(into, at);
                if (read < 0) {
                    throw new IOException(file.getFileName() + " became shorter while it was read");
                }
                at += read;
            }
        }
    }
}
