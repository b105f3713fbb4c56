// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.ring;

import dev.managedhsm.crypto.foreign.CLibrary;
import dev.managedhsm.crypto.foreign.CoreSharing;
import dev.managedhsm.crypto.foreign.FreeThreads;
import java.util.Arrays;
import java.util.concurrent.ThreadFactory;

/**
 * Who runs on which core. Each fast worker is pinned to one, from the last down, and once more from the last where there are more
 * workers than cores. The event loops and the audit log are bound to those that are left, if any is, so that no operation waits for a core
 * on which requests are read. Slow workers, which step back, are pinned to those too. Nobody is bound where workers are not pinned or
 * the system does not say which cores there are. {@link FreeThreads} are on all of them.
 *
 * <p>Fast workers, event loops and the audit log ask for short turns too, wherever they are: a request waits for each of them, and what they share
 * their cores with has more to do at a time.
 *
 * <p>Binds the calling thread; any platform thread may call. Decisions 0006 and 0008.
 */
public final class Cores {
    private final int[] allowed;
    private final int fastWorkers;

    /**
     * @param allowed numbers of the cores that may be used, ascending; none: nobody is bound
     * @param fastWorkers how many fast workers there are
     */
    Cores(int[] allowed, int fastWorkers) {
        this.allowed = allowed;
        this.fastWorkers = fastWorkers;
    }

    /** Shares out the cores on which this process may run. */
    public static Cores of(RingConfig config) {
        return new Cores(config.pinned() ? CLibrary.allowedCores() : new int[0], config.fastWorkers());
    }

    /** Binds the calling thread to the core of a fast worker, counted from 0, and asks for short turns. Whether it is bound. */
    boolean toFastWorker(int worker) {
        CoreSharing.askForShortTurns();
        return allowed.length > 0 && CLibrary.bindCurrentThread(allowed[allowed.length - 1 - worker % allowed.length]);
    }

    /** Binds the calling thread to the core of a slow worker, counted from 0. Whether it is bound. */
    boolean toSlowWorker(int worker) {
        return allowed.length > 0 && CLibrary.bindCurrentThread(allowed[worker % Math.max(1, left())]);
    }

    /**
     * Keeps the calling thread, that of an event loop or of the audit log, to the cores that fast workers leave, and asks for short turns. Whether
     * it is bound.
     */
    public boolean besideFastWorkers() {
        CoreSharing.askForShortTurns();
        return left() > 0 && CLibrary.bindCurrentThread(Arrays.copyOf(allowed, left()));
    }

    /** Threads like this on all cores, whoever starts them: an event loop does not hand its own on to them. Any thread. */
    public static ThreadFactory freeThreads(Thread.Builder.OfPlatform like) {
        return FreeThreads.of(like);
    }

    /** Lets the calling thread run on all cores. Whether it may now. */
    public static boolean freeCurrent() {
        return FreeThreads.freeCurrent();
    }

    /** How many cores have no fast worker. */
    private int left() {
        return Math.max(0, allowed.length - fastWorkers);
    }

    /** Who has which, for the log. */
    @Override
    public String toString() {
        if (allowed.length == 0) {
            return "all threads on all cores";
        }
        int left = left();
        String fast = Arrays.toString(Arrays.copyOfRange(allowed, left, allowed.length));
        return left == 0
                ? "fast workers on cores " + fast + ", of which event loops and the audit log use all"
                : "fast workers on cores " + fast + ", event loops and the audit log on "
                        + Arrays.toString(Arrays.copyOf(allowed, left));
    }
}
