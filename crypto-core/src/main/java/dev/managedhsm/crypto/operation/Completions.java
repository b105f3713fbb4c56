// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.operation;

/**
 * Where a worker hands back finished slots: one per event loop.
 *
 * <p>Workers offer many slots and wake the owner once for all of them, because waking a sleeping thread costs the waker
 * far more than an operation's hand-over.
 */
public interface Completions {
    /**
     * Puts a finished slot where its owner will find it. Called by any worker; never blocks, never allocates, never
     * fails: the queue is as long as the owner has slots.
     *
     * @param slot a slot with an outcome; the caller must not touch it afterwards
     */
    void offer(OperationSlot slot);

    /** Makes sure that the owner looks at what has been offered. Called by any worker, after one or more offers. */
    void wake();
}
