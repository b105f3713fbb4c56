// SPDX-License-Identifier: Apache-2.0
/**
 * Says how many cores and nodes a load needs, from what was measured on one machine.
 *
 * <pre>
 *   LiveHsm, 64 in flight ─┐
 *   LiveHsm, three loads ──┴▶ ServiceProfile (costs, stalls, forces) ─┐
 *   mix, rate, p99 wanted ────────────────────────────────────────────┴▶ QueueModel ─▶ Capacity ─▶ text, JSON, SVG
 * </pre>
 */
@NullMarked
package dev.managedhsm.perf.planner;

import org.jspecify.annotations.NullMarked;
