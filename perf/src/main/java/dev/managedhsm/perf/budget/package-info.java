// SPDX-License-Identifier: Apache-2.0
/**
 * Compares what was measured with what was promised.
 *
 * <pre>
 *   OpensslSpeed, JdkGcm ┐
 *   EngineCall           ├─ one slice each, in turn, round after round ─▶ Ratios ─▶ medians against perf/budgets ─▶ exit status
 *   RingLoop             ┘
 * </pre>
 */
@NullMarked
package dev.managedhsm.perf.budget;

import org.jspecify.annotations.NullMarked;
