// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.dispatch;

import dev.managedhsm.crypto.operation.Completions;
import dev.managedhsm.crypto.operation.OperationSlot;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.jctools.queues.atomic.MpscAtomicArrayQueue;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finished slots on their way back to one event loop.
 *
 * <p>What callers must do: any number of workers offer and wake; the owner alone runs. What they get: no offer is lost,
 * because the flag is cleared before the queue is drained, so an offer that a drain did not see finds the flag clear and
 * schedules another. Nobody blocks anybody. At most one drain is scheduled at a time, however many workers wake.
 */
final class CompletionQueue implements Completions, Runnable {
    private static final Logger LOG = LoggerFactory.getLogger(CompletionQueue.class);

    private final MpscAtomicArrayQueue<OperationSlot> finished;
    private final AtomicBoolean scheduled = new AtomicBoolean();
    private final Executor owner;
    private final Consumer<OperationSlot> onFinished;

    /**
     * @param slots how many slots can be out at once
     * @param owner runs on the event loop
     * @param onFinished what the event loop does with each slot; must not throw
     */
    CompletionQueue(int slots, Executor owner, Consumer<OperationSlot> onFinished) {
        this.finished = new MpscAtomicArrayQueue<>(Math.max(2, slots));
        this.owner = owner;
        this.onFinished = onFinished;
    }

    @Override
    public void offer(OperationSlot slot) {
        if (!finished.offer(slot)) {
            throw new IllegalStateException("more slots came back than went out");
        }
    }

    @Override
    public void wake() {
        if (!scheduled.get() && scheduled.compareAndSet(false, true)) {
            try {
                owner.execute(this);
            } catch (
                    RejectedExecutionException ended) { // the event loop is gone, and everybody it would answer with it
                LOG.warn("an event loop ended before its slots came back");
            }
        }
    }

    @Override
    public void run() {
        scheduled.set(false);
        try {
            OperationSlot slot;
            while ((slot = finished.poll()) != null) {
                onFinished.accept(slot);
            }
        } finally {
            if (!finished.isEmpty()) { // one slot's end went wrong; the others still have theirs
                wake();
            }
        }
    }
}
