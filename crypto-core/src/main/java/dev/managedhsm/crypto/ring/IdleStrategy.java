// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.ring;

import com.lmax.disruptor.BlockingWaitStrategy;
import com.lmax.disruptor.BusySpinWaitStrategy;
import com.lmax.disruptor.PhasedBackoffWaitStrategy;
import com.lmax.disruptor.WaitStrategy;
import java.util.concurrent.TimeUnit;

/** What a worker does while its lane is empty. */
public enum IdleStrategy {
    /**
     * Looks for a microsecond, then sleeps. Where few cores are shared with the event loops and everybody else, waiting for
     * longer takes from those who have work; the default on up to three cores.
     */
    BRIEF {
        @Override
        WaitStrategy waitStrategy() {
            return new BriefWait();
        }
    },
    /**
     * Spins for 20 microseconds, yields for 200, then sleeps: no cost when idle, sub-microsecond hand-over under load.
     * The default where there are cores to spare.
     */
    PHASED {
        @Override
        WaitStrategy waitStrategy() {
            return PhasedBackoffWaitStrategy.withLiteLock(20, 200, TimeUnit.MICROSECONDS);
        }
    },
    /**
     * Spins for ever: lowest hand-over latency, one whole core per worker. Only on cores that nobody else uses; on
     * shared cores it is slower than sleeping.
     */
    BUSY_SPIN {
        @Override
        WaitStrategy waitStrategy() {
            return new BusySpinWaitStrategy();
        }
    },
    /** Sleeps at once: least CPU, tens of microseconds to wake. */
    BLOCKING {
        @Override
        WaitStrategy waitStrategy() {
            return new BlockingWaitStrategy();
        }
    };

    abstract WaitStrategy waitStrategy();
}
