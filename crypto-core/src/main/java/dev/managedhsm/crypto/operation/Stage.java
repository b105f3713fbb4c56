// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.crypto.operation;

/** The named stretches of a request's path, in the order they are walked. Each ends where the next begins. */
public enum Stage {
    /** From the first byte of the request's head to the last byte of its body. */
    RECEIVE,
    /** Token to principal, principal to permit. */
    AUTHENTICATE,
    /** Body to operation, fields in the slot, slot in the ring. */
    DECODE,
    /** Waiting in the ring for a worker. */
    QUEUE,
    /** In the engine. */
    EXECUTE,
    /** From the worker back to the event loop. */
    RETURN,
    /** Slot to response bytes, handed to the connection. */
    ENCODE,
    /** From the encoded answer to its audit event being durable, which is when the answer leaves. */
    AUDIT
}
