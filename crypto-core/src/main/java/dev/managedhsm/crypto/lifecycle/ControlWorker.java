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
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The one thread that changes keys. Takes changes in the order in which they were submitted, makes those that wait
 * together durable in one commit, publishes them in the keyring, and answers; then sweeps the keyring.
 *
 * <p>A commit holds at most one change per key, so that every change is checked against what is there when it is made.
 * Sleeps when there is nothing to do. Whatever is thrown fails the HSM and does not end the thread: every change that was
 * taken is answered.
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
    private final Consumer<String> made;
    private final BlockingQueue<Order> queue = new ArrayBlockingQueue<>(LifecycleLimits.CHANGES_MAX);
    private final Thread thread = Thread.ofPlatform().name("control-worker").unstarted(this::run);
    private volatile boolean closing;
    /** Somebody wants no change to be made for a while. */
    private volatile boolean holding;
    /** No change is under way, and none will be taken while {@link #holding}. */
    private volatile boolean held;

    private volatile boolean dueNow = true;
    private @Nullable Change<?> carried;
    private boolean soon = true;
    private long askedNanos;

    /**
     * @param journal where changes are made durable
     * @param writer the keyring's writer; the control worker's from {@link #start} on
     * @param draft likewise
     * @param state moves to failed where a promise was broken
     * @param due changes that are to be made because their time has come, {@link LifecycleLimits#GROUP_MAX} at most; asked
     *     on the worker's thread while the HSM is operational, about every minute however many others wait, and again at
     *     once after any of them was made
     * @param made told, on the worker's thread, the folded name of each key of which a change was made
     */
    ControlWorker(
            KeyJournal journal,
            KeyringWriter writer,
            Draft draft,
            HsmState state,
            Supplier<List<Change<?>>> due,
            Consumer<String> made) {
        this.journal = journal;
        this.writer = writer;
        this.draft = draft;
        this.state = state;
        this.due = due;
        this.made = made;
    }

    void start() {
        writer.onPressure(this::wake);
        state.whenChanged(this::wake); // what came due while the HSM was closed is looked at as soon as it opens
        thread.start();
    }

    /** Queues a change. Any thread; never waits. Answers false if the queue is full or the worker is closing. */
    boolean submit(Change<?> change) {
        Order order = new Order.Apply(change);
        // Looks at closing after the offer: either the thread still applies it, or it is taken back here.
        return !holding && queue.offer(order) && !((closing || holding) && queue.remove(order));
    }

    /**
     * Makes the changes that wait, then none until {@link #release}; who submits one meanwhile is told that the worker is
     * busy. Waits for the changes. Called by one thread at a time, never by the worker's own.
     */
    void hold() throws InterruptedException {
        holding = true;
        while (!held && thread.isAlive()) {
            wake();
            TimeUnit.MILLISECONDS.sleep(1);
        }
    }

    /** Takes changes again. */
    synchronized void release() {
        held = false;
        holding = false;
    }

    /** Says that nothing is under way, once somebody waits for that; it stays so until {@link #release}. */
    private synchronized void settle() {
        held |= holding && carried == null && queue.isEmpty();
    }

    /** Makes the worker ask what is due as soon as it can, rather than within the minute. Any thread; never waits. */
    void lookForDue() {
        dueNow = true;
        wake();
    }

    private void wake() {
        var _ = queue.offer(new Order.Wake()); // a full queue wakes as well
    }

    private void run() {
        List<Change<?>> group = new ArrayList<>();
        while (!closing || carried != null || !queue.isEmpty()) {
            try {
                settle();
                gather(group, soon ? SOON_NANOS : IDLE_NANOS);
                apply(group);
                group.clear();
                boolean more = applyDue(group);
                if (more) {
                    dueNow = true;
                }
                soon = writer.sweep() || more;
            } catch (InterruptedException e) {
                state.fail("the control worker was interrupted");
            } catch (Throwable e) {
                state.fail("a change of a key broke off: " + e);
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
            next = next == null ? waiting() : next; // behind a wake there may be a change
        }
        while (next != null) {
            if (group.size() == LifecycleLimits.GROUP_MAX || !keys.add(next.key())) {
                carried = next;
                return;
            }
            group.add(next);
            next = waiting();
        }
    }

    /** The next change that waits already, or null. */
    private @Nullable Change<?> waiting() {
        Order order = queue.poll();
        while (order instanceof Order.Wake) {
            order = queue.poll();
        }
        return change(order);
    }

    private static @Nullable Change<?> change(@Nullable Order order) {
        return order instanceof Order.Apply apply ? apply.change() : null;
    }

    /** Applies what is due in a commit of its own, if it is time. Answers whether more may be due now. */
    private boolean applyDue(List<Change<?>> group) {
        boolean time = dueNow || System.nanoTime() - askedNanos >= IDLE_NANOS;
        if (!time || holding || state.now() != HsmCondition.OPERATIONAL) {
            return false;
        }
        dueNow = false; // before it is asked: who says so from now on is heard again
        askedNanos = System.nanoTime();
        group.addAll(due.get());
        return apply(group);
    }

    /** Answers every change of the group. Answers whether something became durable. */
    private boolean apply(List<Change<?>> group) {
        try {
            return commit(prepared(group));
        } finally {
            draft.restart(); // also wipes the secret of a key whose preparation broke off
        }
    }

    private List<Change<?>> prepared(List<Change<?>> group) {
        List<Change<?>> prepared = new ArrayList<>(group.size());
        for (Change<?> change : group) {
            LifecycleRefusal refusal = held ? LifecycleRefusal.BUSY : refusal(change);
            if (refusal == null) {
                prepared.add(change);
            } else {
                change.refuse(refusal);
            }
        }
        return prepared;
    }

    private @Nullable LifecycleRefusal refusal(Change<?> change) {
        return state.now() == change.condition() ? change.prepare(draft) : LifecycleRefusal.NOT_OPERATIONAL;
    }

    private boolean commit(List<Change<?>> prepared) {
        if (draft.isEmpty()) {
            publish(prepared); // they change nothing that is kept
            return false;
        }
        return switch (journal.commit(draft.finish())) {
            case COMMITTED -> {
                draft.committed();
                publish(prepared);
                yield true;
            }
            case NOT_COMMITTED -> {
                prepared.forEach(change -> change.refuse(LifecycleRefusal.STORE_FAILED));
                yield false;
            }
            case UNKNOWN -> {
                state.fail("it is not known whether a change reached the store: check the store, then start anew");
                prepared.forEach(change -> change.refuse(LifecycleRefusal.STORE_FAILED));
                yield false;
            }
        };
    }

    private void publish(List<Change<?>> prepared) {
        for (Change<?> change : prepared) {
            change.publishAndAnswer(writer);
            made.accept(change.key());
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
