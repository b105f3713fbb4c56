// SPDX-License-Identifier: Apache-2.0
/**
 * How the HSM does at this moment: instruments that each event loop reads for itself, and what gathers them once a second
 * while somebody looks.
 *
 * <pre>
 *   event loop 1 ── LoopPulse ── exemplars, statuses, costs ──┐
 *   event loop n ── LoopPulse ── exemplars, statuses, costs ──┼── Pulse, one thread ── an event a second ──▶ Lookers
 *   LatencyBook, lanes, collector, refusals ──────────────────┘   (there only while there are lookers)
 * </pre>
 */
@NullMarked
package dev.managedhsm.gateway.pulse;

import org.jspecify.annotations.NullMarked;
