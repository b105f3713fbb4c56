// SPDX-License-Identifier: Apache-2.0
/**
 * Crossing between an event loop and the ring, and back to the same event loop.
 *
 * <pre>
 *   SlotPool ──acquire──▶ slot ──▶ ring ──▶ worker ──offer──▶ CompletionQueue ──one wake-up──▶ event loop ──release──▶ SlotPool
 * </pre>
 */
@NullMarked
package dev.managedhsm.gateway.dispatch;

import org.jspecify.annotations.NullMarked;
