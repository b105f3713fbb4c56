// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.audit;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** This machine's disk, with faults when a test wants them. Any thread sets; the log's thread meets them. */
final class FaultyDisk implements AuditDisk {
    /** Says that there is no room; null while there is. */
    volatile @Nullable IOException onWrite;

    /** Says that forcing failed; null while it does not. */
    volatile @Nullable IOException onForce;

    /** Kills the thread that writes; null while it lives. */
    volatile @Nullable Error kill;

    /** How many events files were forced. */
    final AtomicInteger forces = new AtomicInteger();

    private final Semaphore slow = new Semaphore(1);

    /** Forcing does not come back until {@link #goOn}. */
    void hold() {
        slow.acquireUninterruptibly();
    }

    void goOn() {
        slow.release();
    }

    @Override
    public File open(Path path) throws IOException {
        File file = LOCAL.open(path);
        return new File() {
            @Override
            public void write(ByteBuffer bytes, long position) throws IOException {
                IOException full = onWrite;
                if (full != null) {
                    throw full;
                }
                Error killed = kill;
                if (killed != null) {
                    throw killed;
                }
                file.write(bytes, position);
            }

            @Override
            public void force() throws IOException {
                slow.acquireUninterruptibly();
                slow.release();
                IOException failed = onForce;
                if (failed != null) {
                    throw failed;
                }
                forces.incrementAndGet();
                file.force();
            }

            @Override
            public void truncate(long length) throws IOException {
                file.truncate(length);
            }

            @Override
            public void close() throws IOException {
                file.close();
            }
        };
    }
}
