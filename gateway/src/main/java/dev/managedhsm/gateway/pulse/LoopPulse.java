// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.pulse;

import dev.managedhsm.crypto.key.KeyClass;
import dev.managedhsm.crypto.key.KeyFacts;
import dev.managedhsm.crypto.operation.Algorithm;
import dev.managedhsm.crypto.operation.Operation;
import dev.managedhsm.crypto.operation.Outcome;
import dev.managedhsm.crypto.operation.Stage;
import dev.managedhsm.crypto.operation.StageTimes;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * The instruments of one event loop. What happens is told by its event loop alone, which never waits and allocates only for
 * an operation of the tail; what they show is read by any thread.
 *
 * <p>Statuses and exemplars are kept at all times. Costs are counted only while somebody looks.
 */
public final class LoopPulse {
    private static final int KEY_CLASSES = KeyClass.values().length;

    private final Executor loop;
    private final StatusCounts statuses = new StatusCounts();
    private final Exemplars exemplars = new Exemplars();
    private final @Nullable TailThreshold[] thresholds =
            new @Nullable TailThreshold[Operation.values().length * KEY_CLASSES];
    private final CostSketch keys = new CostSketch();
    private final CostSketch principals = new CostSketch();
    private final AtomicReference<@Nullable Costs> taken = new AtomicReference<>();

    /** Whether costs are counted. The event loop sees a change a little later, which does not matter. */
    private volatile boolean looked;

    /** Whether the event loop has still to give what it was asked for. */
    private volatile boolean asked;

    /**
     * What was counted between two looks.
     *
     * @param keys by name of the key
     * @param principals by object id
     */
    record Costs(List<CostSketch.Cost> keys, List<CostSketch.Cost> principals) {}

    LoopPulse(Executor loop, boolean looked) {
        this.loop = loop;
        this.looked = looked;
    }

    /** An answer leaves. The event loop only. */
    public void answered(int status) {
        statuses.add(status);
    }

    /**
     * An operation is over, and all its stages are stamped. The event loop only.
     *
     * @param times when it passed each stage
     * @param requestId of its request
     * @param traceId of its trace, or null
     * @param facts of its key
     * @param algorithm with which it was done
     * @param outcome how it ended
     * @param principal object id of who asked
     */
    public void finished(
            StageTimes times,
            String requestId,
            @Nullable String traceId,
            KeyFacts facts,
            Algorithm algorithm,
            Outcome outcome,
            String principal) {
        long totalNanos = times.totalNanos();
        TailThreshold threshold = threshold(times);
        long before = threshold.nanos();
        if (threshold.passedBy(totalNanos)) {
            exemplars.add(new Exemplar(
                    System.currentTimeMillis(),
                    requestId,
                    traceId,
                    facts.name().text(),
                    facts.version().text(),
                    principal,
                    times.operation(),
                    times.keyClass(),
                    algorithm,
                    outcome,
                    totalNanos,
                    before == 0 ? 1 : (double) totalNanos / before,
                    Exemplar.stageNanos(times)));
        }
        if (looked) {
            long nanos = times.nanos(Stage.EXECUTE);
            keys.add(facts.name().text(), nanos);
            principals.add(principal, nanos);
        }
    }

    private TailThreshold threshold(StageTimes times) {
        int place = times.operation().ordinal() * KEY_CLASSES + times.keyClass().ordinal();
        TailThreshold threshold = thresholds[place];
        if (threshold == null) {
            threshold = new TailThreshold();
            thresholds[place] = threshold;
        }
        return threshold;
    }

    /** Answers by status. */
    public StatusCounts statuses() {
        return statuses;
    }

    /** Slow operations. */
    public Exemplars exemplars() {
        return exemplars;
    }

    /** Has costs counted, or not. The pulse's thread, as what follows. */
    void look(boolean wanted) {
        looked = wanted;
        asked = false;
        taken.set(null);
        if (!wanted) {
            onLoop(() -> {
                keys.take();
                principals.take();
            });
        }
    }

    /**
     * Asks the event loop for what it has counted, to be had by {@link #costs} a little later. One that is busy is not asked
     * again before it has answered: what it gives is had once.
     */
    void ask() {
        if (!asked) {
            asked = onLoop(() -> taken.set(new Costs(keys.take(), principals.take())));
        }
    }

    private boolean onLoop(Runnable task) {
        try {
            loop.execute(task);
            return true;
        } catch (RejectedExecutionException ended) {
            return false; // the event loop is gone, and what it counted with it
        }
    }

    /** What the event loop gave since the last call, or null. */
    @Nullable
    Costs costs() {
        Costs given = taken.getAndSet(null);
        if (given != null) {
            asked = false;
        }
        return given;
    }
}
