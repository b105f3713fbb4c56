// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.foreign;

import java.util.concurrent.ThreadFactory;

/**
 * Threads that may run on all cores of this process, whoever starts them. A thread inherits the cores of the one that starts it, and
 * an event loop, which starts many on their first task, is bound to some. Any thread may call.
 */
public final class FreeThreads {
    private FreeThreads() {}

    /** Threads like this, each of which frees itself before it does anything else. */
    public static ThreadFactory of(Thread.Builder.OfPlatform like) {
        ThreadFactory threads = like.factory();
        return task -> threads.newThread(() -> {
            freeCurrent();
            task.run();
        });
    }

    /**
     * Lets the calling thread, which must be a platform thread, run on all cores of this process.
     *
     * @return whether it may now; otherwise nothing changed
     */
    public static boolean freeCurrent() {
        return CLibrary.bindCurrentThread(CLibrary.allowedCores());
    }
}
