// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.resource;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.managedhsm.auth.decision.Authoriser;
import dev.managedhsm.auth.role.BuiltInRoles;
import dev.managedhsm.auth.role.Limits;
import dev.managedhsm.auth.role.Permission;
import dev.managedhsm.auth.role.RoleAssignment;
import dev.managedhsm.auth.role.RoleDefinition;
import dev.managedhsm.auth.role.RoleSnapshot;
import dev.managedhsm.auth.role.Scope;
import dev.managedhsm.crypto.engine.Engine;
import dev.managedhsm.crypto.engine.PortableEngine;
import dev.managedhsm.crypto.lifecycle.HsmCondition;
import dev.managedhsm.crypto.lifecycle.HsmState;
import dev.managedhsm.crypto.lifecycle.JournalWrite;
import dev.managedhsm.crypto.lifecycle.KeyJournal;
import dev.managedhsm.crypto.seal.RecordSeal;
import dev.managedhsm.crypto.seal.RootKey;
import dev.managedhsm.crypto.seal.SealingKeys;
import dev.managedhsm.gateway.store.RoleJournal;
import dev.managedhsm.gateway.wire.WireError;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The one thread that changes roles, over a disk that does what the test says. */
class RoleChangesTest {
    private static final UUID USER = BuiltInRoles.CRYPTO_USER.id();

    private static final long SECOND = 1_000_000_000L;

    private final AtomicLong nanos = new AtomicLong();
    private final Disk disk = new Disk();
    private final HsmState state = new HsmState(HsmCondition.OPERATIONAL);
    private final Authoriser authoriser = new Authoriser(RoleSnapshot.empty());
    private Engine engine;
    private RootKey root;
    private SealingKeys keys;
    private RoleChanges changes;

    /** Ends every commit as it is told, and can be held up. */
    private static final class Disk implements KeyJournal {
        final Semaphore gate = new Semaphore(1_000_000);
        volatile Ending ending = Ending.COMMITTED;
        volatile int commits;

        @Override
        public void load(Visitor visitor) {}

        @Override
        @SuppressWarnings("NonAtomicVolatileUpdate") // by one thread
        public Ending commit(List<JournalWrite> writes) {
            gate.acquireUninterruptibly();
            commits++;
            return ending;
        }
    }

    @BeforeEach
    void open() {
        engine = PortableEngine.open();
        root = RootKey.create(engine);
        keys = new SealingKeys(engine, root, "hsm");
        RoleJournal journal = new RoleJournal(disk, new RecordSeal(engine, keys));
        assertNull(journal.load());
        changes = new RoleChanges(journal, authoriser, state, nanos::get);
    }

    @AfterEach
    void close() {
        disk.gate.release(1_000_000);
        changes.close();
        keys.close();
        root.close();
        engine.close();
    }

    /** By somebody who may, a second after the change before. */
    private CompletionStage<RoleAnswer<RoleAssignment>> assign(RoleAssignment wanted) {
        nanos.addAndGet(SECOND);
        return changes.assign(wanted, () -> null);
    }

    private CompletionStage<RoleAnswer<RoleAssignment>> unassign(UUID name, Scope scope) {
        nanos.addAndGet(SECOND);
        return changes.unassign(name, scope, () -> null);
    }

    private CompletionStage<RoleAnswer<RoleDefinition>> define(RoleDefinition wanted) {
        nanos.addAndGet(SECOND);
        return changes.define(wanted, () -> null);
    }

    private static RoleAssignment assignment(int number, Scope scope) {
        return new RoleAssignment(new UUID(1, number), USER, new UUID(2, number), scope);
    }

    private static <T> T done(CompletionStage<RoleAnswer<T>> change) {
        return switch (change.toCompletableFuture().join()) {
            case RoleAnswer.Done<T>(T value) -> value;
            case RoleAnswer.Refused<T>(WireError error) -> throw new AssertionError(error);
        };
    }

    private static <T> WireError refused(CompletionStage<RoleAnswer<T>> change) {
        return switch (change.toCompletableFuture().join()) {
            case RoleAnswer.Done<T>(T value) -> throw new AssertionError(value);
            case RoleAnswer.Refused<T>(WireError error) -> error;
        };
    }

    @Test
    void changeIsInUseWhenItIsAnswered() {
        RoleAssignment wanted = assignment(1, Scope.HSM);

        assertEquals(wanted, done(assign(wanted)));
        assertEquals(wanted, authoriser.snapshot().assignment(wanted.name()));

        assertEquals(wanted, done(unassign(wanted.name(), Scope.HSM)));
        assertNull(authoriser.snapshot().assignment(wanted.name()));
    }

    @Test
    void whatIsNotDurableIsNotInUse() {
        disk.ending = KeyJournal.Ending.NOT_COMMITTED;
        RoleAssignment wanted = assignment(1, Scope.HSM);

        assertEquals(503, refused(assign(wanted)).status());
        assertNull(authoriser.snapshot().assignment(wanted.name()));
        assertEquals(HsmCondition.OPERATIONAL, state.now());

        disk.ending = KeyJournal.Ending.COMMITTED;
        done(assign(wanted));
        assertNotNull(authoriser.snapshot().assignment(wanted.name()));
    }

    @Test
    void hsmFailsWhenNobodyKnowsWhetherAChangeWasMade() {
        disk.ending = KeyJournal.Ending.UNKNOWN;

        assertEquals(503, refused(assign(assignment(1, Scope.HSM))).status());
        assertEquals(HsmCondition.FAILED, state.now());
        assertEquals(503, refused(assign(assignment(2, Scope.HSM))).status());
        assertEquals(1, disk.commits);
    }

    @Test
    void refusesChangesWhileDraining() {
        state.become(HsmCondition.DRAINING);

        assertEquals(503, refused(assign(assignment(1, Scope.HSM))).status());
        assertEquals(0, disk.commits);
    }

    @Test
    void fullQueueIsRefusedAndWhatWaitsIsAppliedInOrder() {
        disk.gate.drainPermits();
        List<CompletionStage<RoleAnswer<RoleAssignment>>> waiting = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            waiting.add(assign(assignment(i, Scope.key("k" + i))));
        }

        assertEquals(429, refused(waiting.getLast()).status());

        disk.gate.release(1_000);
        List<RoleAssignment> made = new ArrayList<>();
        for (int i = 0; i < 64; i++) {
            made.add(done(waiting.get(i)));
        }
        assertEquals(
                made, authoriser.snapshot().assignments().stream().limit(64).toList());
    }

    @Test
    void aRightThatLapsesBeforeItsTurnChangesNothing() {
        RoleAssignment wanted = assignment(1, Scope.HSM);
        WireError denied = WireError.accessDenied("a", "/", false);
        AtomicReference<WireError> lapse = new AtomicReference<>();
        disk.gate.drainPermits();
        CompletionStage<RoleAnswer<RoleAssignment>> first = assign(assignment(2, Scope.HSM));
        CompletionStage<RoleAnswer<RoleAssignment>> second = changes.assign(wanted, lapse::get);

        lapse.set(denied); // while the first one is being written
        disk.gate.release(1_000_000);

        done(first);
        assertEquals(denied, refused(second));
        assertNull(authoriser.snapshot().assignment(wanted.name()));
        assertEquals(1, disk.commits);
    }

    @Test
    void changesComeAtABoundedRate() {
        int made = 0;
        while (changes.unassign(new UUID(9, 9), Scope.HSM, () -> null)
                                .toCompletableFuture()
                                .join()
                        instanceof RoleAnswer.Refused<RoleAssignment>(WireError error)
                && error.status() == 404) {
            made++;
        }

        assertEquals(Limits.CHANGES_AT_ONCE, made);
        assertEquals(
                429,
                refused(changes.assign(assignment(1, Scope.HSM), () -> null)).status());
        nanos.addAndGet(SECOND);
        for (int i = 0; i < Limits.CHANGES_PER_SECOND; i++) {
            done(changes.assign(assignment(i, Scope.HSM), () -> null));
        }
        assertEquals(
                429,
                refused(changes.assign(assignment(99, Scope.HSM), () -> null)).status());
        nanos.addAndGet(-1000 * SECOND); // a clock that runs backwards gives nothing
        assertEquals(
                429,
                refused(changes.assign(assignment(99, Scope.HSM), () -> null)).status());
    }

    @Test
    void closingAppliesWhatWaits() {
        disk.gate.drainPermits();
        CompletionStage<RoleAnswer<RoleAssignment>> waiting = assign(assignment(1, Scope.HSM));
        disk.gate.release(1);

        changes.close();

        assertTrue(waiting.toCompletableFuture().isDone());
        assertEquals(429, refused(assign(assignment(2, Scope.HSM))).status());
    }

    @Test
    void limitsHoldAtEachScope() {
        for (int i = 0; i < Limits.HSM_SCOPE_ASSIGNMENTS_MAX; i++) {
            done(assign(assignment(i, i % 2 == 0 ? Scope.HSM : Scope.KEYS)));
        }
        assertEquals(
                "RoleAssignmentLimitExceeded",
                refused(assign(assignment(100, Scope.KEYS))).code());
        for (int i = 200; i < 200 + Limits.KEY_SCOPE_ASSIGNMENTS_MAX; i++) {
            done(assign(assignment(i, Scope.key("a"))));
        }
        WireError keyLimit = refused(assign(assignment(300, Scope.key("A"))));
        assertEquals("RoleAssignmentLimitExceeded", keyLimit.code());
        assertEquals(400, keyLimit.status());
        done(assign(assignment(300, Scope.key("b"))));
    }

    @Test
    void limitHoldsForCustomDefinitionsButNotForReplacingOne() {
        for (int i = 0; i < Limits.CUSTOM_DEFINITIONS_MAX; i++) {
            done(define(definition(i)));
        }
        WireError limit = refused(define(definition(100)));
        assertEquals(400, limit.status());
        assertEquals("RoleDefinitionLimitExceeded", limit.code());
        done(define(definition(0)));
    }

    private static RoleDefinition definition(int number) {
        return new RoleDefinition(
                new UUID(3, number),
                "role " + number,
                "",
                RoleDefinition.Kind.CUSTOM,
                List.of(Permission.ofDataActions(List.of())));
    }
}
