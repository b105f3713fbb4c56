// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.pulse;

import dev.managedhsm.crypto.latency.LatencyBook;
import dev.managedhsm.crypto.lifecycle.HsmState;
import dev.managedhsm.gateway.refusal.RefusalLog;
import io.vertx.core.json.JsonObject;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executor;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells those who look how the HSM does: at once what is known, then an event every second. While nobody looks there is no
 * thread, nothing is gathered and no clock ticks. Any thread may call it.
 */
public final class Pulse implements AutoCloseable {
    /** How many can look at once. */
    public static final int LOOKERS_MAX = 16;

    private static final Logger LOG = LoggerFactory.getLogger(Pulse.class);

    private final Sources sources;
    private final List<LoopPulse> loops = new CopyOnWriteArrayList<>();
    private final List<Looker> lookers = new ArrayList<>();
    private final List<Looker> fresh = new ArrayList<>();
    private volatile @Nullable OpenKeys keys;
    private @Nullable Thread thread;
    private boolean closed;

    /**
     * What is looked at.
     *
     * @param name what the HSM is called: its URL
     * @param state its condition
     * @param latency all histograms
     * @param refusals what is remembered of refused tokens
     * @param outlook what else is to be seen, as members of one JSON object; asked for every few seconds by a thread that may
     *     read from the disk
     * @param clock wall clock
     */
    public record Sources(
            String name,
            HsmState state,
            LatencyBook latency,
            RefusalLog refusals,
            Supplier<JsonObject> outlook,
            InstantSource clock) {}

    /** Asked for at the start: a thread that is bound to some cores is told of those only. */
    private final int cores = Runtime.getRuntime().availableProcessors();

    /** @param sources what is looked at */
    public Pulse(Sources sources) {
        this.sources = sources;
    }

    /**
     * The instruments of one more event loop.
     *
     * @param loop runs tasks on it
     */
    public synchronized LoopPulse onLoop(Executor loop) {
        LoopPulse instruments = new LoopPulse(loop, thread != null);
        loops.add(instruments);
        return instruments;
    }

    /** The instruments of all event loops. */
    public List<LoopPulse> loops() {
        return List.copyOf(loops);
    }

    /**
     * Looks at other keys from now on, or at none. Who looks now is asked to come again: somebody else may decide now who may.
     *
     * @param open what is open, or null
     */
    public void lookAt(@Nullable OpenKeys open) {
        keys = open;
        sendAway();
    }

    /** Whether nobody more can look now. */
    public synchronized boolean full() {
        return closed || lookers.size() + fresh.size() >= LOOKERS_MAX;
    }

    /**
     * Begins to tell somebody.
     *
     * @return whether there is room; if not, nothing will be told
     */
    public synchronized boolean join(Looker looker) {
        if (full()) {
            return false;
        }
        fresh.add(looker);
        if (thread == null) {
            thread = Thread.ofPlatform().daemon().name("pulse").start(this::run);
        }
        return true;
    }

    /** Ends to tell somebody. */
    public synchronized void leave(Looker looker) {
        lookers.remove(looker);
        fresh.remove(looker);
    }

    private void run() {
        do {
            try (PulseReading reading = new PulseReading(sources, cores, loops, () -> keys)) {
                while (looked()) {
                    byte[] second = reading.probe();
                    if (second != null) {
                        lookers().forEach(looker -> looker.see(second));
                    }
                    welcome(reading);
                }
            } catch (RuntimeException broken) { // outermost: who looks sees the end, and may come again
                LOG.error("the pulse cannot be told", broken);
                sendAway();
            }
        } while (!ended());
    }

    /** Tells those who came meanwhile what is known. */
    private void welcome(PulseReading reading) {
        List<Looker> come;
        synchronized (this) {
            if (fresh.isEmpty()) {
                return;
            }
            come = List.copyOf(fresh);
            lookers.addAll(fresh);
            fresh.clear();
        }
        byte[] known = reading.known();
        come.forEach(looker -> looker.see(known));
    }

    private synchronized List<Looker> lookers() {
        return List.copyOf(lookers);
    }

    private synchronized boolean looked() {
        return !(lookers.isEmpty() && fresh.isEmpty());
    }

    /** Whether the thread ends; somebody may have come while it gave back its instruments. */
    private synchronized boolean ended() {
        if (looked()) {
            return false;
        }
        thread = null;
        return true;
    }

    private void sendAway() {
        List<Looker> all;
        synchronized (this) {
            all = new ArrayList<>(lookers);
            all.addAll(fresh);
            lookers.clear();
            fresh.clear();
        }
        all.forEach(Looker::over);
    }

    /** Sends everybody away, and lets nobody in any more. */
    @Override
    public void close() {
        synchronized (this) {
            closed = true;
        }
        sendAway();
    }
}
