// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.memory;

import dev.managedhsm.crypto.foreign.CLibrary;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A piece of memory for secrets: outside the heap, out of the swap, out of core files, not seen by child processes, with
 * an inaccessible page on either side.
 *
 * <p>The owner closes it; any thread may use the segment until then, and gets an {@link IllegalStateException} after.
 *
 * <p>Where the kernel offers it, a small piece comes from {@code memfd_secret} and so is missing from the kernel's own map
 * too; else it is locked private memory. An ordinary user may lock 8 MiB by default: above that, and on systems other
 * than Linux, the memory is not locked, which is logged once per purpose and told by {@link #locked()}.
 */
public final class LockedMemory implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(LockedMemory.class);

    /**
     * Above this, memory is locked without being hidden from the kernel, in bytes: every hidden page costs some
     * microseconds and splits the kernel's large mappings. Keys fit below; the slots of requests do not.
     */
    private static final long SECRET_LENGTH_MAX = 4L << 20;

    private static final AtomicLong LOCKED_BYTES = new AtomicLong();
    private static final AtomicLong UNLOCKED_BYTES = new AtomicLong();
    private static final Set<String> TOLD = ConcurrentHashMap.newKeySet();

    private final Arena arena;
    private final MemorySegment segment;
    private final boolean locked;
    private final AtomicBoolean closed = new AtomicBoolean();

    /** On a platform that is not known: ordinary memory. */
    @SuppressWarnings("MustBeClosedChecker") // closed by close()
    private LockedMemory(long bytes) {
        this.arena = Arena.ofShared();
        this.segment = arena.allocate(bytes, 4096);
        this.locked = false;
        count(1);
    }

    @SuppressWarnings({"restricted", "MustBeClosedChecker"}) // the mapping is ours alone; both end in close()
    private LockedMemory(long reserved, long page, long bytes, boolean locked) {
        this.arena = Arena.ofShared();
        this.segment = MemorySegment.ofAddress(reserved + page)
                .reinterpret(bytes, arena, gone -> unmap(reserved, bytes, page));
        this.locked = locked;
        count(1);
    }

    private void count(int sign) {
        (locked ? LOCKED_BYTES : UNLOCKED_BYTES).addAndGet(sign * segment.byteSize());
    }

    /** How many bytes for secrets are in use that can never reach the swap. Any thread. */
    public static long lockedBytes() {
        return LOCKED_BYTES.get();
    }

    /** How many bytes for secrets are in use that could not be locked. Any thread. */
    public static long unlockedBytes() {
        return UNLOCKED_BYTES.get();
    }

    /**
     * Allocates.
     *
     * @param bytes how many, at least 1
     * @param purpose what for, in the words of a log line; no secret
     * @return zeroed memory, to be closed by the caller
     * @throws IllegalStateException if the system has no memory left
     */
    public static LockedMemory allocate(long bytes, String purpose) {
        if (bytes < 1) {
            throw new IllegalStateException("memory for " + purpose + " needs at least one byte");
        }
        if (!CLibrary.known()) {
            tellOnce(purpose, bytes, CLibrary.ENOSYS);
            return new LockedMemory(bytes);
        }
        long page = CLibrary.pageSize();
        long length = (bytes + page - 1) / page * page;
        long reserved = length <= SECRET_LENGTH_MAX ? CLibrary.reserveSecretly(length + 2 * page) : 0;
        boolean secret = reserved != 0;
        if (!secret) {
            reserved = CLibrary.reserve(length + 2 * page);
        }
        long start = reserved + page;
        if (reserved == 0) {
            throw noMemory(bytes, purpose);
        }
        if (CLibrary.open(start, length) != 0) {
            unmap(reserved, bytes, page);
            throw noMemory(bytes, purpose);
        }
        int lockError = secret ? 0 : lockPrivately(start, length);
        if (lockError != 0) {
            tellOnce(purpose, bytes, lockError);
        }
        CLibrary.advise(start, length, CLibrary.MADV_DONTFORK);
        return new LockedMemory(reserved, page, bytes, lockError == 0);
    }

    private static IllegalStateException noMemory(long bytes, String purpose) {
        return new IllegalStateException("no memory for " + purpose + ": " + bytes + " bytes");
    }

    /** The memory: page-aligned, exactly as long as asked for, for any thread. */
    public MemorySegment segment() {
        return segment;
    }

    /** Whether the memory can never reach the swap. */
    public boolean locked() {
        return locked;
    }

    /** Overwrites all of it with zeroes. */
    public void wipe() {
        segment.fill((byte) 0);
    }

    /** Wipes and gives back. Closing twice is the same as closing once. */
    @Override
    public void close() {
        if (closed.compareAndSet(false, true)) {
            wipe();
            count(-1);
            arena.close();
        }
    }

    /** Answers 0, or the error number of the lock; the memory is usable either way. */
    private static int lockPrivately(long start, long length) {
        CLibrary.advise(start, length, CLibrary.MADV_DONTDUMP);
        CLibrary.advise(start, length, CLibrary.MADV_WIPEONFORK);
        return CLibrary.lock(start, length);
    }

    private static void unmap(long reserved, long bytes, long page) {
        long length = (bytes + page - 1) / page * page;
        int error = CLibrary.unmap(reserved, length + 2 * page);
        if (error != 0) {
            LOG.error("memory could not be given back: {}", CLibrary.errorText(error));
        }
    }

    private static void tellOnce(String purpose, long bytes, int error) {
        if (TOLD.add(purpose)) {
            LOG.warn(
                    "memory for {} ({} bytes) is not locked and could reach the swap: {}; allow the process to lock more"
                            + " memory (ulimit -l, LimitMEMLOCK)",
                    purpose,
                    bytes,
                    CLibrary.errorText(error));
        }
    }
}
