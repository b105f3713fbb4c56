// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.pulse;

import com.sun.management.OperatingSystemMXBean;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.InstantSource;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * A thread's sleep, and what is known when it was woken late: everything that stops the process stops this thread too. Owned
 * by the thread that sleeps.
 *
 * <p>Why it was late is told from three clocks: how long the thread was ready and had no core (Linux tells it in
 * {@code /proc/thread-self/schedstat}), how much processor the rest of the process had meanwhile, and the wall's.
 *
 * <pre>
 *   ready for half of it, and no core       others had the cores
 *   not ready, and the process worked on    the JVM held this thread: a safepoint
 *   not ready, and nothing worked           the process was stopped, or the machine
 * </pre>
 */
final class WakeUps implements AutoCloseable {
    /** From which lateness on it is a pause. */
    static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(10);

    /** The process's time is told in ticks of this length. */
    static final long TICK_NANOS = TimeUnit.MILLISECONDS.toNanos(10);

    private static final long UNKNOWN = -1;
    private static final double NANOS_PER_MILLI = 1e6;
    private static final Path SCHEDULER = Path.of("/proc/thread-self/schedstat");

    /** How fast the usual share of the processor follows: most of it within half a second. */
    private static final double FOLLOWS = 0.1;

    /** Of so many sleeps one begins with a look at the other clocks. */
    private static final int LOOK_EVERY = 5;

    private final OperatingSystemMXBean system;
    private final @Nullable FileChannel scheduler;
    private final ByteBuffer read = ByteBuffer.allocateDirect(96);
    private long lateNanos;
    private long lookedNanos;
    private long cpuNanos;
    private long waitedBefore;
    private double usual;
    private int sleeps;

    private WakeUps(OperatingSystemMXBean system, @Nullable FileChannel scheduler) {
        this.system = system;
        this.scheduler = scheduler;
        this.cpuNanos = system.getProcessCpuTime();
        this.lookedNanos = System.nanoTime();
    }

    /** Those of the calling thread. */
    static WakeUps open(OperatingSystemMXBean system) {
        FileChannel scheduler;
        try {
            scheduler = FileChannel.open(SCHEDULER, StandardOpenOption.READ);
        } catch (IOException notLinux) {
            scheduler = null;
        }
        return new WakeUps(system, scheduler);
    }

    /**
     * Sleeps.
     *
     * @param nanos how long
     * @param clock wall clock
     * @return what is known when it was woken late, else null
     */
    @Nullable
    Pause sleep(long nanos, InstantSource clock) {
        long before = System.nanoTime();
        if (sleeps++ % LOOK_EVERY == 0) {
            look(before);
        }
        LockSupport.parkNanos(this, nanos);
        long now = System.nanoTime();
        lateNanos = Math.max(0, now - before - nanos);
        if (lateNanos < PAUSE_NANOS) {
            return null;
        }
        long waited = waitedBefore == UNKNOWN ? UNKNOWN : waitedNanos() - waitedBefore;
        long spent = system.getProcessCpuTime() - cpuNanos;
        // What it does in a time without a pause is no sign.
        long worked = spent - Math.round(usual * (now - lookedNanos - lateNanos));
        sleeps = 0;
        return judge(clock.millis(), lateNanos, waited, worked);
    }

    /** Reads the clocks that a late awakening is judged by; at each sleep they would cost too much. */
    private void look(long nowNanos) {
        long cpuNow = system.getProcessCpuTime();
        if (lateNanos < PAUSE_NANOS && nowNanos > lookedNanos) {
            usual += FOLLOWS * ((double) (cpuNow - cpuNanos) / (nowNanos - lookedNanos) - usual);
        }
        cpuNanos = cpuNow;
        lookedNanos = nowNanos;
        waitedBefore = waitedNanos();
    }

    /**
     * What is known of a pause.
     *
     * @param endMillis when it ended, in Unix milliseconds
     * @param lateNanos how long it took
     * @param waitedNanos how long the thread was ready and had no core; negative if that is not known
     * @param workedNanos how much processor the process had meanwhile, a tick more or less
     */
    static Pause judge(long endMillis, long lateNanos, long waitedNanos, long workedNanos) {
        double millis = lateNanos / NANOS_PER_MILLI;
        Pause.Kind kind = Pause.Kind.STALL;
        String cause;
        if (waitedNanos < 0) {
            cause = "a waiting thread was woken late";
        } else if (2 * waitedNanos >= lateNanos) {
            cause = String.format(
                    Locale.ROOT, "no core was free for %.0f ms: others had them", waitedNanos / NANOS_PER_MILLI);
        } else if (workedNanos - TICK_NANOS >= lateNanos / 4) {
            kind = Pause.Kind.SAFEPOINT;
            cause = "the JVM held its threads and worked itself, without a collection";
        } else if (lateNanos > 3 * TICK_NANOS) {
            cause = "the whole process stood still: it was stopped, or the machine was";
        } else {
            cause = "the JVM held its threads, or the process was stopped; too short to tell";
        }
        return new Pause(endMillis - Math.round(millis), millis, kind, cause);
    }

    /** By how much the last sleep was too long, in nanoseconds. */
    long lateNanos() {
        return lateNanos;
    }

    /** How long this thread was ready and had no core, since it began: the second figure of three. */
    private long waitedNanos() {
        FileChannel file = scheduler;
        if (file == null) {
            return UNKNOWN;
        }
        try {
            read.clear();
            int length = file.read(read, 0);
            int at = 0;
            while (at < length && read.get(at) != ' ') {
                at++;
            }
            long nanos = 0;
            for (at++; at < length && read.get(at) != ' '; at++) {
                nanos = 10 * nanos + read.get(at) - '0';
            }
            return nanos;
        } catch (IOException notTold) {
            return UNKNOWN;
        }
    }

    @Override
    public void close() {
        FileChannel file = scheduler;
        if (file != null) {
            try {
                file.close();
            } catch (IOException closed) {
                // then it is
            }
        }
    }
}
