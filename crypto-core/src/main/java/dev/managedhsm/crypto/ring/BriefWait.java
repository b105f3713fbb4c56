// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.ring;

import com.lmax.disruptor.AlertException;
import com.lmax.disruptor.LiteBlockingWaitStrategy;
import com.lmax.disruptor.Sequence;
import com.lmax.disruptor.SequenceBarrier;
import com.lmax.disruptor.TimeoutException;
import com.lmax.disruptor.WaitStrategy;

/**
 * Looks for {@value #LOOK_NANOS} ns, then sleeps. Any thread.
 *
 * <p>Disruptor's own phased strategy looks 10,000 times before it looks at the clock, which is some 10 microseconds, and twice
 * that before it yields for the first time.
 */
final class BriefWait implements WaitStrategy {
    static final long LOOK_NANOS = 1_000;

    /** How often it looks between two looks at the clock. */
    private static final int LOOKS = 8;

    private final WaitStrategy sleeping = new LiteBlockingWaitStrategy();

    @Override
    public long waitFor(long sequence, Sequence cursor, Sequence dependent, SequenceBarrier barrier)
            throws AlertException, InterruptedException, TimeoutException {
        long startNanos = System.nanoTime();
        do {
            for (int i = 0; i < LOOKS; i++) {
                long available = dependent.get();
                if (available >= sequence) {
                    return available;
                }
                Thread.onSpinWait();
            }
            barrier.checkAlert();
        } while (System.nanoTime() - startNanos < LOOK_NANOS);
        return sleeping.waitFor(sequence, cursor, dependent, barrier);
    }

    @Override
    public void signalAllWhenBlocking() {
        sleeping.signalAllWhenBlocking();
    }
}
