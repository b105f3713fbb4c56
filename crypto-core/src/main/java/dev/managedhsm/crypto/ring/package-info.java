// SPDX-License-Identifier: Apache-2.0
/**
 * The doorway to the engine: two lanes of bounded rings, and the pinned workers behind them.
 *
 * <pre>
 *   event loops                   fast lane (EC, AES, HMAC, RSA-2048, public halves)
 *   Submitter   ───┬─ tryNext ──▶ [ s ][ s ][ s ][   ][   ] ──claim──▶ worker fast-0, fast-1, …
 *                  │              slow lane (secret halves of RSA of 3072 bits and more)
 *                  └─ tryNext ──▶ [ s ][   ][   ] ────────────claim──▶ worker slow-0, …
 *
 *   worker: claim a sequence ─▶ take the slot ─▶ deadline? ─▶ key still live and usable? ─▶ engine
 *           ─▶ slot.home().offer(slot), and one wake-up for many offers
 * </pre>
 *
 * <p>Workers of a lane share one ring and claim sequences one by one, so an expensive operation holds up its worker and
 * nobody else. The ring carries references to slots that their event loop owns: a sequence is released as soon as its
 * slot is taken, and the slot's memory stays with the operation until its event loop has encoded the answer. An event loop
 * submits through its own {@link dev.managedhsm.crypto.ring.Submitter}, which wakes sleeping workers once for several cheap operations.
 */
@NullMarked
package dev.managedhsm.crypto.ring;

import org.jspecify.annotations.NullMarked;
