// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.ring;

import com.lmax.disruptor.AlertException;
import com.lmax.disruptor.Sequence;
import com.lmax.disruptor.SequenceBarrier;
import com.lmax.disruptor.TimeoutException;
import dev.managedhsm.crypto.engine.Engine;
import dev.managedhsm.crypto.engine.EngineKey;
import dev.managedhsm.crypto.engine.EngineWorker;
import dev.managedhsm.crypto.keyring.Keyring;
import dev.managedhsm.crypto.keyring.KeyringReader;
import dev.managedhsm.crypto.keyring.LivingKey;
import dev.managedhsm.crypto.keyring.UseRule;
import dev.managedhsm.crypto.operation.Completions;
import dev.managedhsm.crypto.operation.OperationSlot;
import dev.managedhsm.crypto.operation.Outcome;
import dev.managedhsm.crypto.operation.Stage;
import java.time.InstantSource;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A pinned thread that executes operations. Start, work and end all run on that thread; nobody else touches its fields.
 *
 * <p>Its duty cycle: claim, wait, take, execute, hand back. Hand-backs are gathered: the owner of the slots is woken once
 * for up to {@value #WAKE_EVERY} of them, or when there is nothing more to do, or before an expensive operation, or when
 * the oldest has waited {@value #WAKE_AFTER_NANOS} ns. Waking a sleeping thread costs the waker about 10 microseconds,
 * half an ES256 signature, which is why not every hand-back wakes. Before it waits, and behind the hand-backs, so that no answer waits
 * for it, it has the engine overwrite what computing left in registers and on its stack.
 */
final class Worker implements Runnable {
    private static final long NONE = -1;

    static final int WAKE_EVERY = 16;
    static final long WAKE_AFTER_NANOS = 150_000;

    /**
     * Behind an operation that takes this long nothing that is finished waits to be handed back, and it does not wait itself for a wake-up
     * that it shares with others.
     */
    static final long EXPENSIVE_NANOS = 75_000;

    private final Lane lane;
    private final Engine engine;
    private final Keyring keyring;
    private final InstantSource clock;
    private final Standing standing;
    private final Consumer<Throwable> onFailure;
    private final Sequence gate;
    private final WorkTally tally;

    /** Whether something was computed that is not forgotten yet. */
    private boolean computed;

    /** The sequence that was claimed and not yet taken. */
    private long claimed = NONE;

    private @Nullable Completions offered;
    private int offers;
    private long firstOfferNanos;

    Worker(
            Lane lane,
            Engine engine,
            Keyring keyring,
            InstantSource clock,
            Standing standing,
            Consumer<Throwable> onFailure) {
        this.lane = lane;
        this.engine = engine;
        this.keyring = keyring;
        this.clock = clock;
        this.standing = standing;
        this.onFailure = onFailure;
        this.gate = lane.gate();
        this.tally = lane.tally();
    }

    @Override
    public void run() {
        try {
            standing.settle();
            try (EngineWorker engineWorker = engine.worker();
                    KeyringReader reader = keyring.reader()) {
                work(slot -> serve(slot, engineWorker, reader), () -> forget(engineWorker));
            }
        } catch (RuntimeException | Error broken) {
            // The lane must not fill up behind a worker that ended: until the ring is closed, every slot goes back.
            onFailure.accept(broken);
            work(this::giveBack, () -> {});
        } finally {
            wake();
        }
    }

    /**
     * Claims, waits, takes and does, until the ring is closed and nothing published is left.
     *
     * @param duty what it does with each slot
     * @param forget what it does before it waits, which may be for hours
     */
    private void work(Consumer<OperationSlot> duty, Runnable forget) {
        SequenceBarrier barrier = lane.barrier();
        long available = NONE;
        while (true) {
            if (claimed == NONE) {
                claimed = lane.claim(gate);
            }
            if (available < claimed) {
                wake();
                forget.run();
                available = await(barrier, claimed);
                if (available < claimed) {
                    return;
                }
            }
            OperationSlot slot = lane.take(claimed, gate);
            claimed = NONE;
            duty.accept(slot);
        }
    }

    private void forget(EngineWorker engineWorker) {
        if (computed) {
            computed = false;
            engineWorker.forget();
        }
    }

    private void giveBack(OperationSlot slot) {
        long nowNanos = System.nanoTime();
        slot.stamp(Stage.QUEUE, nowNanos);
        slot.stamp(Stage.EXECUTE, nowNanos);
        slot.end(Outcome.ENGINE_FAILED);
        offer(slot, nowNanos);
    }

    /** The highest published sequence from {@code next} on, or less when the ring is closed and drained. */
    private long await(SequenceBarrier barrier, long next) {
        try {
            long available;
            do {
                available = barrier.waitFor(next);
            } while (available < next); // claimed by a producer, not yet published
            return available;
        } catch (AlertException closing) {
            return lane.settled(next) ? next : next - 1;
        } catch (InterruptedException | TimeoutException unexpected) {
            throw new IllegalStateException("workers are closed by alert, and wait without time-out", unexpected);
        }
    }

    private void serve(OperationSlot slot, EngineWorker engineWorker, KeyringReader reader) {
        long takenNanos = System.nanoTime();
        slot.stamp(Stage.QUEUE, takenNanos);
        if (offers > 0
                && (slot.expectedNanos() >= EXPENSIVE_NANOS || takenNanos - firstOfferNanos > WAKE_AFTER_NANOS)) {
            wake();
        }
        if (takenNanos - slot.deadlineNanos() > 0) {
            slot.end(Outcome.DEADLINE_PASSED);
        } else {
            execute(slot, engineWorker, reader);
        }
        long endNanos = System.nanoTime();
        slot.stamp(Stage.EXECUTE, endNanos);
        lane.served(slot, endNanos - takenNanos);
        tally.served(endNanos - takenNanos);
        offer(slot, endNanos);
        if (endNanos - takenNanos >= EXPENSIVE_NANOS) { // a lane full of these would put it off for too long
            wake();
            forget(engineWorker);
        }
    }

    private void execute(OperationSlot slot, EngineWorker engineWorker, KeyringReader reader) {
        try {
            LivingKey key = reader.enter(slot.key());
            if (key == null) {
                slot.end(Outcome.KEY_GONE);
                return;
            }
            Outcome usable = UseRule.usable(key.facts(), slot.operation(), clock.millis() / 1000);
            if (usable == Outcome.PENDING) {
                compute(slot, engineWorker, reader.engineKey(key));
            } else {
                slot.end(usable);
            }
        } catch (Throwable broken) { // outermost: the slot must come back whatever happened
            slot.end(Outcome.ENGINE_FAILED);
            onFailure.accept(broken);
        } finally {
            reader.exit();
        }
    }

    private void compute(OperationSlot slot, EngineWorker engineWorker, EngineKey key) {
        computed = true;
        standing.computes();
        try {
            engineWorker.execute(slot, key);
        } finally {
            standing.computed();
        }
    }

    @SuppressWarnings("ReferenceEquality") // an owner is itself and nothing else
    private void offer(OperationSlot slot, long nowNanos) {
        Completions home = slot.home();
        if (offered != home) {
            wake();
            offered = home;
        }
        if (offers == 0) {
            firstOfferNanos = nowNanos;
        }
        offers++;
        home.offer(slot);
        if (offers >= WAKE_EVERY) {
            wake();
        }
    }

    private void wake() {
        Completions home = offered;
        if (offers > 0 && home != null) {
            offers = 0;
            home.wake();
        }
    }
}
