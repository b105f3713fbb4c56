// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.perf.micro;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;

/** What a thread that executes operations has spent. May be asked by any other thread. */
public final class WorkerThread {
    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    private static final String FAST_WORKER = "fast-0";

    private final long id;

    private WorkerThread(long id) {
        this.id = id;
    }

    /** The calling thread. */
    public static WorkerThread current() {
        return new WorkerThread(Thread.currentThread().threadId());
    }

    /** The fast worker of the one ring that is running. */
    static WorkerThread ofRing() {
        return named(FAST_WORKER);
    }

    /** The one thread of this name. */
    static WorkerThread named(String name) {
        for (long id : THREADS.getAllThreadIds()) {
            var thread = THREADS.getThreadInfo(id);
            if (thread != null && thread.getThreadName().equals(name)) {
                return new WorkerThread(id);
            }
        }
        throw new IllegalStateException("no thread " + name + " is running");
    }

    /** CPU time of the thread so far, user and system, in nanoseconds. */
    public long cpuNanos() {
        return THREADS.getThreadCpuTime(id);
    }

    /** Bytes that the thread has allocated on the heap so far. */
    long allocatedBytes() {
        return THREADS.getThreadAllocatedBytes(id);
    }
}
