// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.engine;

import dev.managedhsm.crypto.operation.OperationSlot;

/**
 * Executes operations for one worker thread. {@link #execute} and {@link #close} are called by that thread only.
 *
 * <p>Once warm, executing allocates nothing on the heap with the native engine, takes no lock, and throws nothing for
 * what a caller can cause.
 */
public interface EngineWorker extends AutoCloseable {
    /**
     * Executes what the slot asks with the given key, and ends the slot with an outcome.
     *
     * <p>Checks that the algorithm fits the key and serves the operation, and every length; it does not check the key's
     * permitted operations or period of use, which are the caller's.
     *
     * @param slot an asked slot; afterwards its outcome is never {@code PENDING}
     * @param key a key of the same engine
     * @throws EngineFailure if the library broke its promise; the HSM must move to failed
     */
    void execute(OperationSlot slot, EngineKey key);

    /**
     * Overwrites what executing left on the stack of the calling thread, and what native code left in registers. To be called by
     * the same thread when it has nothing to execute, from where it called {@link #execute} or a few frames nearer to its start.
     * Allocates nothing; takes no lock with AWS-LC.
     *
     * @throws EngineFailure if the library broke its promise; the HSM must move to failed
     */
    void forget();

    /**
     * Forgets, then wipes and frees this worker's scratch memory. Closing twice is the same as closing once.
     *
     * @throws EngineFailure as {@link #forget} does
     */
    @Override
    void close();
}
