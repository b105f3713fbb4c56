// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.lifecycle;

import dev.managedhsm.crypto.fixture.CountingEngine;
import dev.managedhsm.crypto.fixture.CountingEngine.CountingKey;
import dev.managedhsm.crypto.fixture.MemoryJournal;
import dev.managedhsm.crypto.key.KeyAttributes;
import dev.managedhsm.crypto.key.KeyClass;
import dev.managedhsm.crypto.key.KeyFacts;
import dev.managedhsm.crypto.key.KeyName;
import dev.managedhsm.crypto.key.PermittedOperation;
import dev.managedhsm.crypto.keyring.Keyring;
import dev.managedhsm.crypto.keyring.KeyringReader;
import dev.managedhsm.crypto.keyring.LivingKey;
import dev.managedhsm.crypto.seal.RecordSeal;
import dev.managedhsm.crypto.seal.RootKey;
import dev.managedhsm.crypto.seal.SealingKeys;
import java.time.Instant;
import java.util.EnumSet;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicLong;

/** A lifecycle over a journal in memory that can be stopped and started again. */
final class LifecycleFixture implements AutoCloseable {
    final CountingEngine engine = new CountingEngine();
    final MemoryJournal journal = new MemoryJournal();
    final AtomicLong nowSeconds = new AtomicLong(1_000_000);
    HsmState state = new HsmState(HsmCondition.OPERATIONAL);
    Keyring keyring;
    KeyLifecycle lifecycle;
    /** What happens when the clock is read. */
    volatile Runnable clockRead = () -> {};

    private final LifecyclePolicy policy;
    private final RootKey root = RootKey.create(engine);
    private final SealingKeys keys = new SealingKeys(engine, root, "hsm");

    LifecycleFixture(LifecyclePolicy policy) {
        this.policy = policy;
        keyring = keyring();
        lifecycle = open(keyring);
    }

    private Keyring keyring() {
        return new Keyring(engine, seal(), 100, 4);
    }

    /** Seals as the HSM does. */
    RecordSeal seal() {
        return new RecordSeal(engine, keys);
    }

    private KeyLifecycle open(Keyring onto) {
        return new KeyLifecycle(engine, seal(), onto, journal, state, policy, () -> {
            clockRead.run();
            return Instant.ofEpochSecond(nowSeconds.get());
        });
    }

    /** Stops, forgets everything in memory, and starts from the journal. */
    void restart() {
        lifecycle.close();
        reopen();
    }

    /** Starts from the journal; the lifecycle has been closed. */
    void reopen() {
        state = new HsmState(HsmCondition.OPERATIONAL);
        keyring = keyring();
        lifecycle = open(keyring);
    }

    static KeyRequest request(String name, KeyClass keyClass) {
        return new KeyRequest(
                new KeyName(name),
                keyClass,
                EnumSet.of(PermittedOperation.SIGN, PermittedOperation.VERIFY),
                true,
                KeyAttributes.NONE,
                KeyAttributes.NONE,
                Map.of());
    }

    KeyFacts create(String name) {
        return create(name, KeyClass.P_256);
    }

    KeyFacts create(String name, KeyClass keyClass) {
        return done(lifecycle.create(request(name, keyClass)));
    }

    /** Fingerprint of the secret that is loaded for this version, as a worker would load it. */
    int fingerprint(KeyFacts facts) {
        LivingKey key = keyring.find(facts.name().text(), facts.version().text());
        try (KeyringReader reader = keyring.reader()) {
            if (key == null || reader.enter(key.handle()) == null) {
                throw new AssertionError("no living key " + facts.name());
            }
            return ((CountingKey) reader.engineKey(key)).fingerprint();
        }
    }

    static <T> LifecycleAnswer<T> answer(CompletionStage<LifecycleAnswer<T>> stage) {
        return stage.toCompletableFuture().join();
    }

    static <T> T done(CompletionStage<LifecycleAnswer<T>> stage) {
        LifecycleAnswer<T> answer = answer(stage);
        if (answer instanceof LifecycleAnswer.Done<T> done) {
            return done.value();
        }
        throw new AssertionError(answer.toString());
    }

    static LifecycleRefusal refused(CompletionStage<? extends LifecycleAnswer<?>> stage) {
        LifecycleAnswer<?> answer = stage.toCompletableFuture().join();
        if (answer instanceof LifecycleAnswer.Refused<?> refused) {
            return refused.refusal();
        }
        throw new AssertionError("not refused");
    }

    @Override
    public void close() {
        lifecycle.close();
        keys.close();
        root.close();
    }
}
