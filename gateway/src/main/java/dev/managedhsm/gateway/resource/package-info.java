// SPDX-License-Identifier: Apache-2.0
/**
 * One class per family of resources: which paths, which data action, which answer.
 *
 * <pre>
 *   Exchange ─▶ Routes ─┬─ POST /keys/{n}[/{v}]/{operation} ─▶ KeyOperations ─▶ ring       (hot path, hand-written)
 *                       ├─ {scope}/providers/Microsoft.Authorization/… ─▶ RoleRequests ─▶ RoleChanges (hand-written)
 *                       └─ everything else ─▶ Vert.x Router ─▶ Keys, Latency ─▶ life-cycle (control plane)
 * </pre>
 */
@NullMarked
package dev.managedhsm.gateway.resource;

import org.jspecify.annotations.NullMarked;
