// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.ring;

import dev.managedhsm.crypto.foreign.CLibrary;
import java.util.Arrays;

/**
 * Who runs on which core: each fast worker has one from the last down, the event loops and the audit log keep to those that are
 * left, so that no operation waits for a core on which requests are read. Slow workers, which step back, are on those too. Nobody is
 * bound where workers are not pinned or the system does not say which cores there are; event loops not where no core is left.
 *
 * <p>Binds the calling thread; any platform thread may call. Decision 0006.
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

    /** Binds the calling thread to the core of a fast worker, counted from 0. Whether it is bound. */
    boolean toFastWorker(int worker) {
        return allowed.length > 0 && CLibrary.bindCurrentThread(allowed[allowed.length - 1 - worker % allowed.length]);
    }

    /** Binds the calling thread to the core of a slow worker, counted from 0. Whether it is bound. */
    boolean toSlowWorker(int worker) {
        return allowed.length > 0 && CLibrary.bindCurrentThread(allowed[worker % Math.max(1, left())]);
    }

    /** Keeps the calling thread, that of an event loop or of the audit log, to the cores that fast workers leave. Whether it is bound. */
    public boolean besideFastWorkers() {
        return left() > 0 && CLibrary.bindCurrentThread(Arrays.copyOf(allowed, left()));
    }

    /** Lets the calling thread, which may have inherited the cores of an event loop, run on all of them. Whether it may now. */
    public static boolean toAny() {
        int[] allowed = CLibrary.allowedCores();
        return allowed.length > 0 && CLibrary.bindCurrentThread(allowed);
    }

    /** How many cores have no fast worker. */
    private int left() {
        return Math.max(0, allowed.length - fastWorkers);
    }
}
