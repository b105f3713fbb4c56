// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.perf.planner;

/** A stretch of a request's path that the model tells and an HSM measures, so that a prediction can be held against a run piece by piece. */
enum Stretch {
    /** Waiting in the ring for a worker. */
    QUEUE,
    /** In the engine. */
    EXECUTE,
    /** From the worker back to the event loop. */
    RETURN,
    /** From the encoded answer to its event being durable. */
    AUDIT,
    /** In the HSM: from the event loop's taking it in to the answer leaving. */
    TOTAL,
    /** From the intended sending to the whole answer. */
    CALLER
}
