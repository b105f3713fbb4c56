// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.ring;

import com.lmax.disruptor.AlertException;
import com.lmax.disruptor.Sequence;
import com.lmax.disruptor.SequenceBarrier;
import com.lmax.disruptor.TimeoutException;
import com.lmax.disruptor.WaitStrategy;

/**
 * Waits as another strategy does, but publishing wakes nobody: whoever publishes calls {@link #wake} afterwards, once for as
 * many publications as it likes. Any thread.
 *
 * <p>No wake-up is lost, because Disruptor's sleeping strategies say that they sleep and then look once more for what is published, and
 * whoever wakes publishes first and looks then whether somebody sleeps.
 */
final class WakeOnDemand implements WaitStrategy {
    private final WaitStrategy waiting;

    /** @param waiting how workers wait; wakes all that sleep when it is signalled */
    WakeOnDemand(WaitStrategy waiting) {
        this.waiting = waiting;
    }

    @Override
    public long waitFor(long sequence, Sequence cursor, Sequence dependent, SequenceBarrier barrier)
            throws AlertException, InterruptedException, TimeoutException {
        return waiting.waitFor(sequence, cursor, dependent, barrier);
    }

    @Override
    public void signalAllWhenBlocking() {}

    /** Wakes the workers that sleep; they see everything that was published before. */
    void wake() {
        waiting.signalAllWhenBlocking();
    }
}
