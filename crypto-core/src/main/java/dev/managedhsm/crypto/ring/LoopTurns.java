// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.ring;

/**
 * The turns of an event loop: in each it reads what has come, then runs what is due at its end. Used by its event loop's thread only.
 */
public interface LoopTurns {
    /**
     * Has a task run when this turn is over.
     *
     * @throws java.util.concurrent.RejectedExecutionException if the event loop has ended
     */
    void atEnd(Runnable task);

    /**
     * Has a task run when the next turn is over, which begins at once even if nothing has come.
     *
     * @throws java.util.concurrent.RejectedExecutionException if the event loop has ended
     */
    void atEndOfNext(Runnable task);
}
