// SPDX-License-Identifier: Apache-2.0
/**
 * What is remembered of refused tokens, for those who operate the HSM: records, counters, clock skew, alerts.
 *
 * <pre>
 *   event loops ──offer──&gt; queue (bounded) ──&gt; own thread ──┬─&gt; RefusalFiles      JSON lines, rotated
 *                  │                                        ├─&gt; RefusalHistory    the newest, in memory
 *                  └─ full: counted, and the count recorded ├─&gt; RefusalCounters   by issuer and reason, clock skew
 *                                                           └─&gt; RefusalAlerts     repeated refusals
 * </pre>
 */
@NullMarked
package dev.managedhsm.gateway.refusal;

import org.jspecify.annotations.NullMarked;
