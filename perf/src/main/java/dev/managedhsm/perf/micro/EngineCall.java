// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.perf.micro;

import dev.managedhsm.crypto.engine.EngineKey;
import dev.managedhsm.crypto.engine.EngineWorker;
import dev.managedhsm.crypto.key.KeyFacts;
import dev.managedhsm.crypto.keyring.KeyringReader;
import dev.managedhsm.crypto.keyring.LivingKey;
import dev.managedhsm.crypto.operation.OperationSlot;
import dev.managedhsm.gateway.dispatch.SlotPool;

/** A slot that has been asked and the key it is about: the engine alone, without ring. Owned by one thread. */
public final class EngineCall implements AutoCloseable {
    private final SlotPool<EngineCall> slots = new SlotPool<>(1, Runnable::run, (slot, request) -> {});
    private final OperationSlot slot;
    private final EngineWorker worker;
    private final KeyringReader reader;
    private final EngineKey key;
    private final KeyFacts facts;

    /** Makes the workload's key and lends it until closed. */
    public EngineCall(LiveKeys keys, Workload workload) {
        Asking asking = keys.asking(workload);
        OperationSlot acquired = slots.acquire(this);
        reader = keys.keyring().reader();
        LivingKey living = reader.enter(asking.key());
        if (acquired == null || living == null) {
            throw new IllegalStateException("neither slot nor key can be missing here");
        }
        slot = acquired;
        asking.put(slot);
        worker = keys.engine().worker();
        key = reader.engineKey(living);
        facts = living.facts();
    }

    /** Executes once. The input stays in the slot, the output is overwritten by the next call. */
    public void run() {
        worker.execute(slot, key);
        LiveKeys.done(slot);
    }

    OperationSlot slot() {
        return slot;
    }

    KeyFacts facts() {
        return facts;
    }

    @Override
    public void close() {
        reader.exit();
        reader.close();
        worker.close();
        slots.release(slot);
        slots.close();
    }
}
