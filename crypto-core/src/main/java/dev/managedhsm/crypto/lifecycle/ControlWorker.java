// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.lifecycle;

import dev.managedhsm.crypto.keyring.KeyringWriter;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The one thread that changes keys. Takes changes in the order in which they were submitted, makes those that wait
 * together durable in one commit, publishes them in the keyring, and answers; then sweeps the keyring.
 *
 * <p>A commit holds at most one change per key, so that every change is checked against what is there when it is made.
 * Sleeps when there is nothing to do.
 */
final class ControlWorker implements AutoCloseable {
    /** How soon to sweep again while something retired is still held by a reader. */
    private static final long SOON_NANOS = TimeUnit.MILLISECONDS.toNanos(5);
    /** How long to sleep at most, so that keys whose time has come are purged. */
    private static final long IDLE_NANOS = TimeUnit.SECONDS.toNanos(60);

    /** What can lie in the queue. */
    private sealed interface Order {
        record Apply(Change<?> change) implements Order {}

        record Wake() implements Order {}
    }

    private final KeyJournal journal;
    private final KeyringWriter writer;
    private final Draft draft;
    private final HsmState state;
    private final Supplier<List<Change<?>>> due;
    private final BlockingQueue<Order> queue = new ArrayBlockingQueue<>(LifecycleLimits.CHANGES_MAX);
    private final Thread thread = Thread.ofPlatform().name("control-worker").unstarted(this::run);
    private volatile boolean closing;
    private @Nullable Change<?> carried;

    /**
     * @param journal where changes are made durable
     * @param writer the keyring's writer; the control worker's from {@link #start} on
     * @param draft likewise
     * @param state moves to failed where a promise was broken
     * @param due changes that are to be made because their time has come; asked at least every minute
     */
    ControlWorker(
            KeyJournal journal, KeyringWriter writer, Draft draft, HsmState state, Supplier<List<Change<?>>> due) {
        this.journal = journal;
        this.writer = writer;
        this.draft = draft;
        this.state = state;
        this.due = due;
    }

    void start() {
        writer.onPressure(this::wake);
        thread.start();
    }

    /** Queues a change. Any thread; never waits. Answers false if the queue is full or the worker is closing. */
    boolean submit(Change<?> change) {
        Order order = new Order.Apply(change);
        // Looks at closing after the offer: either the thread still applies it, or it is taken back here.
        return queue.offer(order) && !(closing && queue.remove(order));
    }

    private void wake() {
        var _ = queue.offer(new Order.Wake()); // a full queue wakes as well
    }

    private void run() {
        boolean soon = true;
        long askedNanos = System.nanoTime() - IDLE_NANOS;
        List<Change<?>> group = new ArrayList<>();
        while (!closing || carried != null || !queue.isEmpty()) {
            try {
                gather(group, soon ? SOON_NANOS : IDLE_NANOS);
                if (group.isEmpty() && System.nanoTime() - askedNanos >= IDLE_NANOS) {
                    askedNanos = System.nanoTime();
                    group.addAll(due.get());
                }
                apply(group);
                soon = writer.sweep();
            } catch (InterruptedException e) {
                state.fail("the control worker was interrupted");
            } catch (RuntimeException e) {
                state.fail("a change of a key broke off: " + e.getMessage());
            } finally {
                group.forEach(change -> change.refuse(LifecycleRefusal.ENGINE_FAILED)); // where not answered yet
                group.clear();
            }
        }
    }

    private void gather(List<Change<?>> group, long waitNanos) throws InterruptedException {
        Set<String> keys = new HashSet<>();
        Change<?> next = carried;
        carried = null;
        if (next == null) {
            next = change(queue.poll(waitNanos, TimeUnit.NANOSECONDS));
        }
        while (next != null) {
            if (group.size() == LifecycleLimits.GROUP_MAX || !keys.add(next.key())) {
                carried = next;
                return;
            }
            group.add(next);
            next = change(queue.poll());
        }
    }

    private static @Nullable Change<?> change(@Nullable Order order) {
        return order instanceof Order.Apply apply ? apply.change() : null;
    }

    private void apply(List<Change<?>> group) {
        draft.restart();
        List<Change<?>> prepared = new ArrayList<>(group.size());
        for (Change<?> change : group) {
            LifecycleRefusal refusal =
                    state.now() == HsmCondition.OPERATIONAL ? change.prepare(draft) : LifecycleRefusal.NOT_OPERATIONAL;
            if (refusal == null) {
                prepared.add(change);
            } else {
                change.refuse(refusal);
            }
        }
        if (draft.isEmpty()) {
            return;
        }
        switch (journal.commit(draft.finish())) {
            case COMMITTED -> {
                draft.committed();
                prepared.forEach(change -> change.publishAndAnswer(writer));
            }
            case NOT_COMMITTED -> prepared.forEach(change -> change.refuse(LifecycleRefusal.STORE_FAILED));
            case UNKNOWN -> {
                state.fail("it is not known whether a change reached the store: check the store, then start anew");
                prepared.forEach(change -> change.refuse(LifecycleRefusal.STORE_FAILED));
            }
        }
    }

    /** Applies what is queued, then ends. Waits for that. */
    @Override
    public void close() {
        closing = true;
        wake();
        boolean interrupted = false;
        while (thread.isAlive()) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
