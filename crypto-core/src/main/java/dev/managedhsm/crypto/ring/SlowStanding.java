// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.ring;

import dev.managedhsm.crypto.foreign.CLibrary;
import dev.managedhsm.crypto.foreign.GivingWay;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A slow worker gives way while the engine computes: it has what event loops and the audit log leave of its core, and whoever of them wakes has the
 * core at once, in the middle of an operation of milliseconds. While it claims, takes and hands back it does not, because others may wait for that.
 *
 * <p>Where they leave next to nothing for a whole operation it stops giving way, and has a tenth of the core by its niceness, until it has had much more for
 * some time: what is slow is delayed by a busy edge and not stopped. Who may not come back from giving way never does. Decision 0008.
 */
final class SlowStanding implements Standing {
    private static final Logger LOG = LoggerFactory.getLogger(SlowStanding.class);

    /** A limit for niceness is written as so many less the niceness that is allowed: setrlimit(2). */
    private static final int NICENESS_LIMITS = 20;

    /** How far it steps back, by the system's measure: a tenth of a core that somebody else always wants. */
    static final int NICENESS = 10;

    /** It is starved when an operation takes more than this many times what it computes. */
    private static final int STARVED_TIMES_MIN = 6;

    /** It no longer is when operations take less than this many times that, over some time. */
    private static final int FREE_TIMES_MAX = 3;

    /** A turn of a full core can be as long as an operation, so one that was not starved does not tell that the core is free. */
    static final long FREE_NANOS_MIN = TimeUnit.MILLISECONDS.toNanos(100);

    private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

    private final Cores cores;
    private final int worker;
    private @Nullable GivingWay givingWay;
    private boolean starved;
    private long beganNanos;
    private long beganCpuNanos;
    private long starvedNanos;
    private long starvedCpuNanos;

    /** Stands nowhere yet: {@link #settle}. */
    SlowStanding(Cores cores, int worker) {
        this.cores = cores;
        this.worker = worker;
    }

    @Override
    public void settle() {
        cores.toSlowWorker(worker);
        CLibrary.stepBack(NICENESS);
        givingWay = THREADS.isCurrentThreadCpuTimeSupported() ? GivingWay.ofCurrentThread() : null;
        if (givingWay == null) {
            LOG.info(
                    "slow worker {} has a part of its core and does not give way: that takes a limit of {} for niceness (ulimit -e)",
                    worker,
                    NICENESS_LIMITS - NICENESS);
        }
    }

    @Override
    @SuppressWarnings("ThreadPriorityCheck") // nothing is right or wrong by it, only sooner
    public void computes() {
        if (givingWay == null) {
            return;
        }
        beganNanos = System.nanoTime();
        beganCpuNanos = THREADS.getCurrentThreadCpuTime();
        if (!starved && givingWay.begin()) {
            Thread.yield(); // who woke meanwhile and had to wait is not looked for before the clock's next tick
        }
    }

    @Override
    public void computed() {
        if (givingWay == null) {
            return;
        }
        if (!starved) {
            givingWay.end();
        }
        took(System.nanoTime() - beganNanos, THREADS.getCurrentThreadCpuTime() - beganCpuNanos);
    }

    /** Learns what an operation took, and what of it was computed. */
    void took(long nanos, long cpuNanos) {
        if (starved) {
            starvedNanos += nanos;
            starvedCpuNanos += cpuNanos;
            if (starvedNanos >= FREE_NANOS_MIN) {
                starved = starvedNanos >= FREE_TIMES_MAX * starvedCpuNanos;
                starvedNanos = 0;
                starvedCpuNanos = 0;
            }
        } else {
            starved = nanos > STARVED_TIMES_MIN * cpuNanos;
        }
    }

    /** Whether it gives way to others at its next operation. */
    boolean givesWay() {
        return givingWay != null && !starved;
    }
}
