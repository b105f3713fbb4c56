// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.perf.micro;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import dev.managedhsm.crypto.engine.Engine;
import dev.managedhsm.crypto.engine.EngineWorker;
import dev.managedhsm.crypto.engine.NativeEngine;
import dev.managedhsm.crypto.key.KeyAttributes;
import dev.managedhsm.crypto.key.KeyHandle;
import dev.managedhsm.crypto.key.KeyName;
import dev.managedhsm.crypto.key.PermittedOperation;
import dev.managedhsm.crypto.keyring.Keyring;
import dev.managedhsm.crypto.keyring.KeyringReader;
import dev.managedhsm.crypto.keyring.LivingKey;
import dev.managedhsm.crypto.lifecycle.HsmCondition;
import dev.managedhsm.crypto.lifecycle.HsmState;
import dev.managedhsm.crypto.lifecycle.KeyLifecycle;
import dev.managedhsm.crypto.lifecycle.KeyRequest;
import dev.managedhsm.crypto.lifecycle.LifecycleAnswer;
import dev.managedhsm.crypto.lifecycle.LifecyclePolicy;
import dev.managedhsm.crypto.operation.Operation;
import dev.managedhsm.crypto.operation.OperationSlot;
import dev.managedhsm.crypto.operation.Outcome;
import dev.managedhsm.crypto.seal.RecordSeal;
import dev.managedhsm.crypto.seal.RootKey;
import dev.managedhsm.crypto.seal.SealingKeys;
import dev.managedhsm.gateway.dispatch.SlotPool;
import java.time.Clock;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Map;

/**
 * The native engine and a keyring with a key for each workload, made the way a caller's key is made. The journal alone
 * is in memory. Opened and closed by one thread; workers and readers of it are closed before.
 */
public final class LiveKeys implements AutoCloseable {
    private final Engine engine = NativeEngine.open();
    private final RootKey rootKey = RootKey.create(engine);
    private final SealingKeys sealingKeys = new SealingKeys(engine, rootKey, "perf");
    private final Keyring keyring;
    private final KeyLifecycle lifecycle;

    /** Opens the engine, which proves itself by its self-tests, and an empty keyring. */
    public LiveKeys() {
        RecordSeal seal = new RecordSeal(engine, sealingKeys);
        keyring = new Keyring(engine, seal, Keyring.HOT_MAX_DEFAULT, Keyring.READERS_MAX_DEFAULT);
        HsmState state = new HsmState(HsmCondition.OPERATIONAL);
        lifecycle = new KeyLifecycle(
                engine, seal, keyring, new HeapJournal(), state, LifecyclePolicy.DEFAULT, Clock.systemUTC());
    }

    /** What computes, in words: library and version. */
    public String description() {
        return engine.description();
    }

    Engine engine() {
        return engine;
    }

    Keyring keyring() {
        return keyring;
    }

    /** Makes the workload's key, and for one that decrypts something to decrypt. */
    Asking asking(Workload workload) {
        KeyHandle key = key(workload);
        byte[] value = new byte[workload.length()];
        if (workload.operation() != Operation.DECRYPT) {
            return new Asking(workload.operation(), workload.algorithm(), key, value);
        }
        Asking encrypting = new Asking(Operation.ENCRYPT, workload.algorithm(), key, value);
        return new Asking(Operation.DECRYPT, workload.algorithm(), key, answer(encrypting));
    }

    private KeyHandle key(Workload workload) {
        KeyName name = new KeyName(workload.name().toLowerCase(Locale.ROOT).replace('_', '-'));
        KeyRequest request = new KeyRequest(
                name,
                workload.keyClass(),
                EnumSet.of(workload.operation().needs(), PermittedOperation.ENCRYPT),
                true,
                KeyAttributes.NONE,
                KeyAttributes.NONE,
                Map.of());
        if (lifecycle.create(request).toCompletableFuture().join() instanceof LifecycleAnswer.Refused<?> refused) {
            throw new IllegalStateException("no key was made: " + refused.refusal());
        }
        LivingKey key = keyring.find(name.text());
        if (key == null) {
            throw new IllegalStateException("the key that was made is not found");
        }
        return key.handle();
    }

    private byte[] answer(Asking asking) {
        try (SlotPool<Asking> slots = new SlotPool<>(1, Runnable::run, (slot, request) -> {});
                EngineWorker worker = engine.worker();
                KeyringReader reader = keyring.reader()) {
            OperationSlot slot = slots.acquire(asking);
            LivingKey key = reader.enter(asking.key());
            if (slot == null || key == null) {
                throw new IllegalStateException("neither slot nor key can be missing here");
            }
            asking.put(slot);
            worker.execute(slot, reader.engineKey(key));
            byte[] answer = slot.memory()
                    .asSlice(OperationSlot.OUTPUT_VALUE, slot.outputValueLength())
                    .toArray(JAVA_BYTE);
            done(slot);
            reader.exit();
            slots.release(slot);
            return answer;
        }
    }

    /** Refuses to go on measuring an operation that does not end as it should. */
    static void done(OperationSlot slot) {
        if (slot.outcome() != Outcome.DONE) {
            throw new IllegalStateException("the operation ended with " + slot.outcome());
        }
    }

    @Override
    public void close() {
        lifecycle.close();
        sealingKeys.close();
        rootKey.close();
        engine.close();
    }
}
