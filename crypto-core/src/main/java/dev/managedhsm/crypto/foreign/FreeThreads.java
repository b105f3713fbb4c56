// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.foreign;

import java.util.concurrent.ThreadFactory;

/**
 * Threads that may run on all cores of this process, in turns as long as everybody's, whoever starts them. A thread inherits both from the one that
 * starts it, and an event loop, which starts many on their first task, is bound to some cores and has short turns. Any thread may call.
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
     * Lets the calling thread, which must be a platform thread, run on all cores of this process, in turns as long as everybody's.
     *
     * @return whether it may run on all of them now; otherwise it is bound as before
     */
    public static boolean freeCurrent() {
        CoreSharing.askForUsualTurns();
        return CLibrary.bindCurrentThread(CLibrary.allowedCores());
    }
}
