// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.dispatch;

import dev.managedhsm.crypto.memory.LockedMemory;
import dev.managedhsm.crypto.operation.Limits;
import dev.managedhsm.crypto.operation.OperationSlot;
import java.util.concurrent.Executor;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * The slots of one event loop, with the request that each of them serves. Used by the event loop's thread only, except
 * that workers hand slots back through the queue inside.
 *
 * @param <R> what a request is to the owner
 */
public final class SlotPool<R> implements AutoCloseable {
    private final LockedMemory memory;
    private final OperationSlot[] free;
    private final @Nullable Object[] requests;
    private int freeCount;

    /**
     * Allocates all slots.
     *
     * @param slots how many operations of this event loop can be in the machine at once
     * @param owner runs tasks on the event loop
     * @param onFinished called on the event loop for each slot that comes back; it must {@link #release} the slot
     */
    public SlotPool(int slots, Executor owner, BiConsumer<OperationSlot, R> onFinished) {
        this.memory = LockedMemory.allocate((long) slots * Limits.SLOT_LENGTH, "operation slots");
        this.free = new OperationSlot[slots];
        this.requests = new @Nullable Object[slots];
        CompletionQueue home = new CompletionQueue(slots, owner, slot -> onFinished.accept(slot, request(slot)));
        for (int i = 0; i < slots; i++) {
            long offset = (long) i * Limits.SLOT_LENGTH;
            free[i] = new OperationSlot(i, memory.segment().asSlice(offset, Limits.SLOT_LENGTH), home);
        }
        this.freeCount = slots;
    }

    /** A free slot, now serving the request, or null when all are out. */
    public @Nullable OperationSlot acquire(R request) {
        if (freeCount == 0) {
            return null;
        }
        OperationSlot slot = free[--freeCount];
        requests[slot.index()] = request;
        return slot;
    }

    /** Wipes a slot and takes it back. */
    public void release(OperationSlot slot) {
        slot.wipe();
        requests[slot.index()] = null;
        free[freeCount++] = slot;
    }

    /** How many slots are out. */
    public int out() {
        return free.length - freeCount;
    }

    @SuppressWarnings("unchecked") // only acquire() writes, and it takes an R
    private R request(OperationSlot slot) {
        Object request = requests[slot.index()];
        if (request == null) {
            throw new IllegalStateException("a slot that is out serves a request");
        }
        return (R) request;
    }

    /** Wipes and frees the memory; every slot must be back. */
    @Override
    public void close() {
        if (out() != 0) {
            throw new IllegalStateException("slots are still out");
        }
        memory.close();
    }
}
