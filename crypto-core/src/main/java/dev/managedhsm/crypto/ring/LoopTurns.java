// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.ring;

/**
 * The turns of an event loop: in each it reads what has come, then runs the tasks that are due. Used by its event loop's thread only.
 */
public interface LoopTurns {
    /**
     * Has a task run in this turn, after what was read.
     *
     * @throws java.util.concurrent.RejectedExecutionException if the event loop has ended
     */
    void atEnd(Runnable task);

    /**
     * Has a task run in the next turn, which begins at once even if nothing has come, after what is read then. Where the event loop ends
     * before, the task runs at its end.
     *
     * @throws java.util.concurrent.RejectedExecutionException if the event loop has ended
     */
    void atEndOfNext(Runnable task);
}
