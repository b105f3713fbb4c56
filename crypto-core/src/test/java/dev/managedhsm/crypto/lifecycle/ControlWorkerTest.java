// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.lifecycle;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.managedhsm.crypto.fixture.CountingEngine;
import dev.managedhsm.crypto.fixture.MemoryJournal;
import dev.managedhsm.crypto.key.KeyClass;
import dev.managedhsm.crypto.key.KeyFacts;
import dev.managedhsm.crypto.keyring.Keyring;
import dev.managedhsm.crypto.keyring.KeyringWriter;
import dev.managedhsm.crypto.seal.Anchor;
import dev.managedhsm.crypto.seal.RecordSeal;
import dev.managedhsm.crypto.seal.RootKey;
import dev.managedhsm.crypto.seal.SealingKeys;
import java.lang.foreign.ValueLayout;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class ControlWorkerTest {
    private static final InstantSource CLOCK = () -> Instant.ofEpochSecond(1_000_000);

    private final CountingEngine engine = new CountingEngine();
    private final RootKey root = RootKey.create(engine);
    private final SealingKeys keys = new SealingKeys(engine, root, "hsm");
    private final RecordSeal seal = new RecordSeal(engine, keys);
    private final Keyring keyring = new Keyring(engine, seal, 1_000, 4);
    private final KeyringWriter writer = keyring.writer();
    private final Draft draft = new Draft(seal, Anchor.EMPTY);
    private final HsmState state = new HsmState(HsmCondition.OPERATIONAL);
    private final MemoryJournal journal = new MemoryJournal();

    @AfterEach
    void close() {
        draft.close();
        writer.close();
        keys.close();
        root.close();
    }

    @Test
    void errorOfTheJournalFailsTheHsmAndLeavesNoChangeUnanswered() throws Exception {
        try (ControlWorker worker = worker(committing(() -> {
            throw new AssertionError("told to fail");
        }))) {
            // Two changes of one key, so that one is carried while the other breaks off.
            List<CreateKey> asked = List.of(creation("a", CLOCK), creation("a", CLOCK), creation("b", CLOCK));
            asked.forEach(change -> assertTrue(worker.submit(change)));
            worker.start();

            assertEquals(LifecycleRefusal.ENGINE_FAILED, refusal(asked.get(0)));
            assertEquals(LifecycleRefusal.NOT_OPERATIONAL, refusal(asked.get(1)));
            assertEquals(LifecycleRefusal.NOT_OPERATIONAL, refusal(asked.get(2)));
            assertEquals(HsmCondition.FAILED, state.now());
            CreateKey later = creation("c", CLOCK);
            assertTrue(worker.submit(later));
            assertEquals(LifecycleRefusal.NOT_OPERATIONAL, refusal(later));
        }
    }

    @Test
    void wipesTheSecretOfKeyWhosePreparationBreaksOff() throws Exception {
        AtomicBoolean filled = new AtomicBoolean();
        CreateKey broken = creation("a", () -> {
            filled.set(!wiped()); // the clock is asked between the making of the secret and its sealing
            throw new IllegalStateException("told to fail");
        });
        try (ControlWorker worker = worker(journal)) {
            assertTrue(worker.submit(broken));
            worker.start();
            assertEquals(LifecycleRefusal.ENGINE_FAILED, refusal(broken));
        }
        assertTrue(filled.get());
        assertTrue(wiped());
    }

    @Test
    void makesWhatIsDueWhileOthersKeepComing() throws Exception {
        AtomicInteger commits = new AtomicInteger();
        AtomicInteger commitsBeforeDue = new AtomicInteger(Integer.MAX_VALUE);
        CountDownLatch done = new CountDownLatch(1);
        List<ControlWorker> self = new ArrayList<>();
        MemoryJournal store = journal;
        KeyJournal busy = committing(() -> {
            int number = commits.incrementAndGet();
            if (number < 50) {
                self.getFirst().submit(creation("k" + number, CLOCK)); // so the queue is never found empty
            } else {
                done.countDown();
            }
            return store.ending;
        });
        CreateKey due = creation("due", CLOCK);
        try (ControlWorker worker = worker(
                busy,
                () -> commitsBeforeDue.compareAndSet(Integer.MAX_VALUE, commits.get()) ? List.of(due) : List.of())) {
            self.add(worker);
            worker.submit(creation("k0", CLOCK));
            worker.start();
            assertTrue(done.await(10, TimeUnit.SECONDS));
        }
        assertTrue(commitsBeforeDue.get() < 50, "asked after " + commitsBeforeDue.get());
        assertNotNull(keyring.find("due"));
    }

    @Test
    void asksAgainAtOnceWhenSomethingThatWasDueWasMade() throws Exception {
        AtomicInteger asked = new AtomicInteger();
        CountDownLatch twice = new CountDownLatch(2);
        try (ControlWorker worker = worker(journal, () -> {
            twice.countDown();
            return asked.getAndIncrement() == 0 ? List.of(creation("due", CLOCK)) : List.of();
        })) {
            worker.start();
            assertTrue(twice.await(10, TimeUnit.SECONDS)); // far below the minute that it waits otherwise
        }
        assertNotNull(keyring.find("due"));
    }

    @Test
    void waitsBeforeItAsksAgainWhenTheStoreTakesNothing() throws Exception {
        journal.ending = KeyJournal.Ending.NOT_COMMITTED;
        AtomicInteger asked = new AtomicInteger();
        try (ControlWorker worker = worker(journal, () -> {
            asked.incrementAndGet();
            return List.of(creation("due", CLOCK));
        })) {
            worker.start();
            for (int i = 0; i < 20; i++) {
                CreateKey other = creation("a", CLOCK);
                assertTrue(worker.submit(other));
                assertEquals(LifecycleRefusal.STORE_FAILED, refusal(other));
            }
        }
        assertEquals(1, asked.get());
    }

    private ControlWorker worker(KeyJournal onto) {
        return worker(onto, List::of);
    }

    private ControlWorker worker(KeyJournal onto, Supplier<List<Change<?>>> due) {
        return new ControlWorker(onto, writer, draft, state, due, _ -> {});
    }

    private CreateKey creation(String name, InstantSource clock) {
        return new CreateKey(engine, seal, keyring, clock, LifecycleFixture.request(name, KeyClass.P_256), null);
    }

    private boolean wiped() {
        for (byte each : draft.secret().toArray(ValueLayout.JAVA_BYTE)) {
            if (each != 0) {
                return false;
            }
        }
        return true;
    }

    /** A journal whose commits are this. */
    private static KeyJournal committing(Supplier<KeyJournal.Ending> commit) {
        return new KeyJournal() {
            @Override
            public void load(Visitor visitor) {}

            @Override
            public Ending commit(List<JournalWrite> writes) {
                return commit.get();
            }
        };
    }

    private static LifecycleRefusal refusal(CreateKey change) throws Exception {
        LifecycleAnswer<KeyFacts> answer = change.answer().toCompletableFuture().get(10, TimeUnit.SECONDS);
        if (answer instanceof LifecycleAnswer.Refused<KeyFacts> refused) {
            return refused.refusal();
        }
        throw new AssertionError("not refused");
    }
}
