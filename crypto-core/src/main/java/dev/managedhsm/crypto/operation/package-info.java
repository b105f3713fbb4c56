// SPDX-License-Identifier: Apache-2.0
/**
 * What can be asked of a key, how it can end, and the slot that carries one operation through the machine.
 *
 * <pre>
 *   event loop                         worker                     same event loop
 *   begin, put fields, admit   ->   execute, set outcome   ->   read output, wipe
 *   \________________________ one OperationSlot, off-heap _______________________/
 * </pre>
 */
@NullMarked
package dev.managedhsm.crypto.operation;

import org.jspecify.annotations.NullMarked;
