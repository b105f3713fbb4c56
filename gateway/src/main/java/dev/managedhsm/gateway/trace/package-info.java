// SPDX-License-Identifier: Apache-2.0
/**
 * Traces: what one request did and when, for whoever traces it through several services. Nothing of it runs before the answer
 * has left, and an event loop does no more for it than note what was seen.
 *
 * <pre>
 *   event loop: traceparent? ── sampled ──▶ RequestTrace ── the answer left ──▶ queue ── traces thread ──▶ spans ──▶ OTLP
 *                    └── not: nothing more                                      full: dropped, counted
 * </pre>
 */
@NullMarked
package dev.managedhsm.gateway.trace;

import org.jspecify.annotations.NullMarked;
