// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.ring;

import dev.managedhsm.crypto.engine.Engine;
import dev.managedhsm.crypto.keyring.Keyring;
import dev.managedhsm.crypto.operation.OperationSlot;
import dev.managedhsm.crypto.operation.Outcome;
import dev.managedhsm.crypto.operation.Stage;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * Both lanes and their workers: the only way from an event loop to the engine.
 *
 * <p>Each event loop submits through its own {@link Submitter}; {@link #submit} may be called by any thread. Neither ever
 * waits. {@link #close} is called by whoever started the ring, after the event loops have stopped submitting; it returns when every admitted slot has been handed back.
 */
public final class OperationRing implements AutoCloseable {
    private final Lane fast;
    private final Lane slow;
    private final List<Thread> threads = new ArrayList<>();
    private volatile boolean closed;

    /**
     * Starts the workers.
     *
     * @param config lanes and workers
     * @param engine what executes
     * @param keyring where the workers find the keys
     * @param clock wall clock for the keys' period of use
     * @param onFailure told, on the worker's thread, when the engine broke its promise; must not throw
     */
    public OperationRing(
            RingConfig config, Engine engine, Keyring keyring, InstantSource clock, Consumer<Throwable> onFailure) {
        ServiceCosts costs = new ServiceCosts();
        this.fast = new Lane("fast", config.fastCapacity(), config.fastWorkers(), config.idle(), costs);
        this.slow = new Lane("slow", config.slowCapacity(), config.slowWorkers(), config.idle(), costs);
        Cores cores = Cores.of(config);
        for (int i = 0; i < config.fastWorkers(); i++) {
            start(fast, i, Standing.fast(cores, i), engine, keyring, clock, onFailure);
        }
        for (int i = 0; i < config.slowWorkers(); i++) {
            start(slow, i, new SlowStanding(cores, i), engine, keyring, clock, onFailure);
        }
    }

    private void start(
            Lane lane,
            int number,
            Standing standing,
            Engine engine,
            Keyring keyring,
            InstantSource clock,
            Consumer<Throwable> onFailure) {
        Worker worker = new Worker(lane, engine, keyring, clock, standing, onFailure);
        threads.add(Thread.ofPlatform().name(lane.name() + '-' + number).start(worker));
    }

    /**
     * Puts a slot that has been asked, with its deadline set, into the lane of its cost.
     *
     * @return what became of the slot; unless admitted, the slot is still the caller's
     */
    public Admission submit(OperationSlot slot, long nowNanos) {
        Lane lane = lane(slot);
        Admission admission = publish(lane, slot, nowNanos);
        if (admission == Admission.ADMITTED) {
            lane.wake();
        }
        return admission;
    }

    /** The same without waking anybody: {@link Lane#wake} comes after it. */
    Admission publish(Lane lane, OperationSlot slot, long nowNanos) {
        return closed ? Admission.CLOSED : lane.publish(slot, nowNanos);
    }

    /** Whether a slot that was admitted may wait for a wake-up that others share: one of the fast lane that is cheap. */
    @SuppressWarnings("ReferenceEquality") // there is one of each
    boolean gathers(Lane lane, OperationSlot slot) {
        return lane == fast && slot.expectedNanos() < Worker.EXPENSIVE_NANOS;
    }

    /** Wakes those workers of the fast lane that sleep. */
    void wakeFast() {
        fast.wake();
    }

    /** How long the slot's lane would let it wait, in nanoseconds, by what the waiting operations usually take. */
    public long waitNanos(OperationSlot slot) {
        return lane(slot).waitNanos();
    }

    /**
     * In how many nanoseconds a slot that was refused would be served if it came again, a minute at most. Each asking gets
     * a time behind the one before, so it is asked once for each refusal.
     */
    public long retryNanos(OperationSlot slot, long nowNanos) {
        return lane(slot).retryNanos(slot, nowNanos);
    }

    /** How the lanes do, the fast one first. Any thread. */
    public List<LaneGauge> lanes() {
        return List.of(new LaneGauge(fast), new LaneGauge(slow));
    }

    /** Verifying and encrypting with a large key is cheap: only what uses its secret half is slow. */
    Lane lane(OperationSlot slot) {
        return slot.key().keyClass().slow() && ServiceCosts.secret(slot.operation()) ? slow : fast;
    }

    /** Stops admitting, lets the workers finish what was admitted, and ends them. */
    @Override
    public void close() {
        closed = true;
        fast.alert();
        slow.alert();
        boolean interrupted = false;
        for (Thread thread : threads) {
            while (thread.isAlive()) {
                try {
                    thread.join();
                } catch (InterruptedException wait) {
                    interrupted = true;
                }
            }
        }
        giveBack(fast);
        giveBack(slow);
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    /** What was submitted while the ring closed goes back undone. */
    private static void giveBack(Lane lane) {
        for (OperationSlot slot : lane.left()) {
            long nowNanos = System.nanoTime();
            slot.stamp(Stage.QUEUE, nowNanos);
            slot.stamp(Stage.EXECUTE, nowNanos);
            slot.end(Outcome.DEADLINE_PASSED);
            slot.home().offer(slot);
            slot.home().wake();
        }
    }
}
