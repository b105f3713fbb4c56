// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.ring;

import dev.managedhsm.crypto.engine.Engine;
import dev.managedhsm.crypto.engine.Engines;
import dev.managedhsm.crypto.fixture.MemoryJournal;
import dev.managedhsm.crypto.key.KeyAttributes;
import dev.managedhsm.crypto.key.KeyClass;
import dev.managedhsm.crypto.key.KeyFacts;
import dev.managedhsm.crypto.key.KeyHandle;
import dev.managedhsm.crypto.key.KeyName;
import dev.managedhsm.crypto.key.PermittedOperation;
import dev.managedhsm.crypto.keyring.Keyring;
import dev.managedhsm.crypto.lifecycle.HsmCondition;
import dev.managedhsm.crypto.lifecycle.HsmState;
import dev.managedhsm.crypto.lifecycle.KeyLifecycle;
import dev.managedhsm.crypto.lifecycle.KeyRequest;
import dev.managedhsm.crypto.lifecycle.LifecycleAnswer;
import dev.managedhsm.crypto.lifecycle.LifecyclePolicy;
import dev.managedhsm.crypto.operation.Algorithm;
import dev.managedhsm.crypto.operation.Completions;
import dev.managedhsm.crypto.operation.Limits;
import dev.managedhsm.crypto.operation.Operation;
import dev.managedhsm.crypto.operation.OperationSlot;
import dev.managedhsm.crypto.operation.OperationSlot.Field;
import dev.managedhsm.crypto.seal.RecordSeal;
import dev.managedhsm.crypto.seal.RootKey;
import dev.managedhsm.crypto.seal.SealingKeys;
import java.lang.foreign.Arena;
import java.time.Clock;
import java.util.EnumSet;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** A real engine, keyring and life-cycle with a journal in memory, and slots whose completions a test can take. */
final class RingRig implements AutoCloseable {
    private static final long WAIT_SECONDS_MAX = 60;

    final Engine engine = Engines.choose();
    final RootKey root = RootKey.create(engine);
    final SealingKeys sealingKeys = new SealingKeys(engine, root, "test");
    final RecordSeal seal = new RecordSeal(engine, sealingKeys);
    final Keyring keyring = new Keyring(engine, seal, Keyring.HOT_MAX_DEFAULT, Keyring.READERS_MAX_DEFAULT);
    final KeyLifecycle lifecycle = new KeyLifecycle(
            engine,
            seal,
            keyring,
            new MemoryJournal(),
            new HsmState(HsmCondition.OPERATIONAL),
            LifecyclePolicy.DEFAULT,
            Clock.systemUTC());
    final Home home = new Home();
    private final Arena arena = Arena.ofShared();

    /** What comes back, in order, and how often the owner was woken. */
    static final class Home implements Completions {
        final BlockingQueue<OperationSlot> offered = new LinkedBlockingQueue<>();
        final AtomicInteger wakes = new AtomicInteger();

        @Override
        public void offer(OperationSlot slot) {
            offered.add(slot);
        }

        @Override
        public void wake() {
            wakes.incrementAndGet();
        }

        OperationSlot take() throws InterruptedException {
            OperationSlot slot = offered.poll(WAIT_SECONDS_MAX, TimeUnit.SECONDS);
            if (slot == null) {
                throw new AssertionError("no slot came back");
            }
            return slot;
        }
    }

    KeyHandle key(String name, KeyClass keyClass) throws Exception {
        KeyRequest request = new KeyRequest(
                new KeyName(name),
                keyClass,
                EnumSet.complementOf(EnumSet.of(PermittedOperation.IMPORT, PermittedOperation.EXPORT)),
                true,
                KeyAttributes.NONE,
                KeyAttributes.NONE,
                Map.of());
        KeyFacts facts = done(lifecycle.create(request));
        var key = keyring.find(facts.name().text(), facts.version().text());
        if (key == null) {
            throw new AssertionError("a created key is there");
        }
        return key.handle();
    }

    <T> T done(CompletionStage<LifecycleAnswer<T>> change) throws Exception {
        return switch (change.toCompletableFuture().get(WAIT_SECONDS_MAX, TimeUnit.SECONDS)) {
            case LifecycleAnswer.Done<T>(T value) -> value;
            case LifecycleAnswer.Refused<T>(var refusal) -> throw new AssertionError(refusal);
            case LifecycleAnswer.BadKey<T>(var fault) -> throw new AssertionError(fault);
        };
    }

    /** A slot that asks to sign a digest of {@code length} bytes, with a minute to do it. */
    OperationSlot sign(KeyHandle key, Algorithm algorithm, int length) {
        return sign(key, algorithm, length, home);
    }

    /** The same for another owner. */
    OperationSlot sign(KeyHandle key, Algorithm algorithm, int length, Home owner) {
        OperationSlot slot = new OperationSlot(0, arena.allocate(Limits.SLOT_LENGTH, 64), owner);
        ask(slot, key, algorithm, length);
        return slot;
    }

    /** Has a slot that came back ask once more for a signature. */
    void again(OperationSlot slot, KeyHandle key, Algorithm algorithm, int length) {
        slot.wipe();
        ask(slot, key, algorithm, length);
    }

    private static void ask(OperationSlot slot, KeyHandle key, Algorithm algorithm, int length) {
        slot.start(System.nanoTime());
        slot.put(Field.VALUE, length);
        slot.ask(Operation.SIGN, algorithm, key);
        slot.deadlineNanos(System.nanoTime() + TimeUnit.MINUTES.toNanos(1));
    }

    @Override
    public void close() {
        lifecycle.close();
        sealingKeys.close();
        root.close();
        engine.close();
        arena.close();
    }
}
