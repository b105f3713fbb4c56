// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.resource;

import dev.managedhsm.auth.decision.Authoriser;
import dev.managedhsm.auth.role.Limits;
import dev.managedhsm.auth.role.RoleAssignment;
import dev.managedhsm.auth.role.RoleChange;
import dev.managedhsm.auth.role.RoleDefinition;
import dev.managedhsm.auth.role.RoleSnapshot;
import dev.managedhsm.auth.role.Scope;
import dev.managedhsm.crypto.lifecycle.HsmCondition;
import dev.managedhsm.crypto.lifecycle.HsmState;
import dev.managedhsm.crypto.lifecycle.JournalWrite;
import dev.managedhsm.crypto.ring.Cores;
import dev.managedhsm.gateway.backup.RoleReplacement;
import dev.managedhsm.gateway.store.RoleJournal;
import dev.managedhsm.gateway.store.RoleWrite;
import dev.managedhsm.gateway.wire.RoleErrors;
import dev.managedhsm.gateway.wire.WireError;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.LongSupplier;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The one thread that changes roles. Takes changes in the order in which they were submitted, and for each: asks whether
 * who wants it still may, decides it on the snapshot in use, makes it durable, takes the new snapshot into use, and only
 * then answers. So nobody's changes outlive his right to make them. Any thread may submit.
 *
 * <pre>
 *   event loop ─▶ too often? ─▶ queue ─▶ [ lapsed? ─▶ RoleSnapshot.with… ─▶ RoleJournal.commit ─▶ Authoriser.use ] ─▶ answer
 * </pre>
 */
public final class RoleChanges implements RoleReplacement, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(RoleChanges.class);
    private static final int WAITING_MAX = 64;
    private static final long STOP_SECONDS_MAX = 20;

    private final RoleJournal journal;
    private final Authoriser authoriser;
    private final HsmState state;
    private final ChangeRate rate;
    private final ThreadPoolExecutor worker = new ThreadPoolExecutor(
            1,
            1,
            0,
            TimeUnit.SECONDS,
            new ArrayBlockingQueue<>(WAITING_MAX),
            Cores.freeThreads(Thread.ofPlatform().name("role-worker")));

    /** A change as decided on a snapshot: what becomes of the snapshot, what is written, and what is given back. */
    private record Step<T>(RoleChange change, RoleWrite write, T value) {}

    /**
     * @param journal where changes are made durable; it has been loaded, and is this object's from here on
     * @param authoriser decides by what was loaded
     * @param state refuses changes unless operational; moves to failed where a promise was broken
     */
    public RoleChanges(RoleJournal journal, Authoriser authoriser, HsmState state) {
        this(journal, authoriser, state, System::nanoTime);
    }

    /** The same with another clock for {@link Limits#CHANGES_PER_SECOND}. */
    RoleChanges(RoleJournal journal, Authoriser authoriser, HsmState state, LongSupplier nanoTime) {
        this.journal = journal;
        this.authoriser = authoriser;
        this.state = state;
        this.rate = new ChangeRate(Limits.CHANGES_PER_SECOND, Limits.CHANGES_AT_ONCE, nanoTime);
    }

    /** Why somebody may not do any more what he may when he asked; null if he still may. Asked by the worker. */
    @FunctionalInterface
    interface Lapse {
        @Nullable
        WireError lapsed();
    }

    CompletionStage<RoleAnswer<RoleAssignment>> assign(RoleAssignment wanted, Lapse lapse) {
        return submit(lapse, now -> {
            if (now.definition(wanted.roleDefinitionId()) == null) {
                return new RoleAnswer.Refused<>(RoleErrors.unknownRole());
            }
            return apply(new Step<>(now.with(wanted), new RoleWrite.PutAssignment(wanted), wanted));
        });
    }

    CompletionStage<RoleAnswer<RoleAssignment>> unassign(UUID name, Scope scope, Lapse lapse) {
        return submit(lapse, now -> {
            RoleAssignment found = now.assignment(name);
            if (found == null || !found.scope().equals(scope)) {
                return new RoleAnswer.Refused<>(RoleErrors.assignmentNotFound());
            }
            return apply(new Step<>(now.withoutAssignment(name), new RoleWrite.RemoveAssignment(name), found));
        });
    }

    CompletionStage<RoleAnswer<RoleDefinition>> define(RoleDefinition wanted, Lapse lapse) {
        return submit(lapse, now -> apply(new Step<>(now.with(wanted), new RoleWrite.PutDefinition(wanted), wanted)));
    }

    CompletionStage<RoleAnswer<RoleDefinition>> undefine(UUID id, Lapse lapse) {
        return submit(lapse, now -> {
            RoleDefinition found = now.definition(id);
            if (found == null) {
                return new RoleAnswer.Refused<>(RoleErrors.definitionNotFound());
            }
            if (found.kind() == RoleDefinition.Kind.BUILT_IN) {
                return new RoleAnswer.Refused<>(RoleErrors.builtInRoleStays());
            }
            return apply(new Step<>(now.withoutDefinition(id), new RoleWrite.RemoveDefinition(id), found));
        });
    }

    @Override
    public CompletionStage<Boolean> replace(List<JournalWrite.Put> come, Predicate<List<JournalWrite>> commit) {
        return CompletableFuture.supplyAsync(
                () -> {
                    boolean done = commit.test(journal.replacement(come));
                    RoleSnapshot now = done ? journal.load() : null;
                    if (now != null) {
                        authoriser.use(now);
                    }
                    return done;
                },
                worker);
    }

    private <T> CompletionStage<RoleAnswer<T>> submit(Lapse lapse, Function<RoleSnapshot, RoleAnswer<T>> wish) {
        if (!rate.take()) {
            return CompletableFuture.completedFuture(new RoleAnswer.Refused<>(WireError.throttled()));
        }
        try {
            return CompletableFuture.supplyAsync(() -> inTurn(lapse, wish), worker);
        } catch (RejectedExecutionException fullOrClosed) {
            return CompletableFuture.completedFuture(new RoleAnswer.Refused<>(WireError.throttled()));
        }
    }

    /** On the worker. */
    private <T> RoleAnswer<T> inTurn(Lapse lapse, Function<RoleSnapshot, RoleAnswer<T>> wish) {
        if (state.now() != HsmCondition.OPERATIONAL) {
            return new RoleAnswer.Refused<>(WireError.unavailable("The HSM is not operational"));
        }
        WireError lapsed = lapse.lapsed();
        return lapsed == null ? wish.apply(authoriser.snapshot()) : new RoleAnswer.Refused<>(lapsed);
    }

    private <T> RoleAnswer<T> apply(Step<T> step) {
        return switch (step.change()) {
            case RoleChange.Refused(RoleChange.Reason reason) -> new RoleAnswer.Refused<>(RoleErrors.of(reason));
            case RoleChange.Changed(RoleSnapshot next) -> commit(step, next);
        };
    }

    private <T> RoleAnswer<T> commit(Step<T> step, RoleSnapshot next) {
        return switch (journal.commit(List.of(step.write()))) {
            case COMMITTED -> {
                authoriser.use(next);
                yield new RoleAnswer.Done<>(step.value());
            }
            case NOT_COMMITTED -> notDurable();
            case UNKNOWN -> {
                state.fail("it is not known whether a change of roles reached the store: check the store, then start"
                        + " anew");
                yield notDurable();
            }
        };
    }

    private static <T> RoleAnswer<T> notDurable() {
        return new RoleAnswer.Refused<>(WireError.unavailable("The change could not be made durable and was not made"));
    }

    /**
     * Makes the changes that wait, then none until what is returned is run. Waits for that.
     *
     * @return gives the worker back
     * @throws RejectedExecutionException if too many changes wait
     */
    public Runnable hold() throws InterruptedException {
        CountDownLatch holding = new CountDownLatch(1);
        CountDownLatch released = new CountDownLatch(1);
        worker.execute(() -> {
            holding.countDown();
            try {
                released.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        holding.await();
        return released::countDown;
    }

    /** Applies what is queued, then ends. Waits for that, up to {@value #STOP_SECONDS_MAX} s. */
    @Override
    public void close() {
        worker.shutdown();
        try {
            if (!worker.awaitTermination(STOP_SECONDS_MAX, TimeUnit.SECONDS)) {
                LOG.warn("changes of roles did not end in time");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
