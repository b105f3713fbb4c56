// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.ring;

import dev.managedhsm.crypto.foreign.CLibrary;
import dev.managedhsm.crypto.foreign.CoreSharing;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;

/**
 * A slow worker gives way: it has what event loops and the audit log leave of its core, and whoever of them wakes has the core at once, in the
 * middle of an operation of milliseconds. Where they leave next to nothing for a whole operation it takes a part by its niceness, a tenth, until
 * there is more again: what is slow is delayed by a busy edge and not stopped.
 *
 * <p>Who may not come back from giving way never does: the part by its niceness is all then. Decision 0008.
 */
final class SlowStanding implements Standing {
    /** How far it steps back, by the system's measure: a tenth of a core that somebody else always wants. */
    static final int NICENESS = 10;

    /** An operation that took more than this many times what it computed was starved. */
    private static final int STARVED = 6;

    /** One that took less than this many times it has a core that is free for the most part. */
    private static final int FREE = 3;

    private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

    private final Cores cores;
    private final int worker;
    private boolean mayGiveWay;
    private boolean givesWay;
    private long beganCpuNanos;

    /** Stands nowhere yet: {@link #settle}. */
    SlowStanding(Cores cores, int worker) {
        this.cores = cores;
        this.worker = worker;
    }

    @Override
    public void settle() {
        cores.toSlowWorker(worker);
        CLibrary.stepBack(NICENESS);
        mayGiveWay = THREADS.isCurrentThreadCpuTimeSupported() && CoreSharing.mayComeBack();
        givesWay = mayGiveWay && CoreSharing.whatIsLeft();
    }

    @Override
    public void begins() {
        if (mayGiveWay) {
            beganCpuNanos = THREADS.getCurrentThreadCpuTime();
        }
    }

    @Override
    public void ended(long wallNanos) {
        if (!mayGiveWay) {
            return;
        }
        long cpuNanos = THREADS.getCurrentThreadCpuTime() - beganCpuNanos;
        if (givesWay && wallNanos > STARVED * cpuNanos) {
            givesWay = !CoreSharing.part();
        } else if (!givesWay && wallNanos < FREE * cpuNanos) {
            givesWay = CoreSharing.whatIsLeft();
        }
    }
}
