// SPDX-License-Identifier: Apache-2.0
package dev.managedhsm.gateway.resource;

import dev.managedhsm.crypto.operation.OperationSlot;

/** Whoever has sent a slot into the machine. Called on its event loop. */
interface SlotUser {
    /** The slot has come back; it must be released. */
    void finished(OperationSlot slot);
}
