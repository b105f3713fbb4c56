// SPDX-License-Identifier: Apache-2.0
/**
 * What operators and their tools see of the HSM: figures for Prometheus, and whether it is healthy. Everything here reads
 * what others count and measure anyway, when somebody asks, and off the event loops.
 *
 * <pre>
 *   LatencyBook ── OperationHistograms ──┐
 *   Edge counters ─────── EdgeFigures ───┤
 *   ring, keyring, tokens ─ HsmFigures ──┼── Metrics ── text, OpenMetrics, protobuf
 *   store, custody, health               │
 *   JVM, Vert.x pools ─── Micrometer ────┘
 * </pre>
 */
@NullMarked
package dev.managedhsm.gateway.observe;

import org.jspecify.annotations.NullMarked;
